"""One row that cannot be read keeps no other waiting."""

from anxin.kernel.jobs import each


def test_what_one_raises_stops_no_other(caplog):
    def act(number: int) -> int:
        return 6 // number

    assert each(act, [1, 0, 2]) == 9
    assert "left 0 as it was" in caplog.text
