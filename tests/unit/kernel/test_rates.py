"""Who counts as one who asks."""

import pytest

from anxin.kernel.rates import counted_as


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("", "nonsense"),
    ],
)
def test_one_line_is_counted_once(one, other):
    assert counted_as(one) == counted_as(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8:1:2::1", "2001:db8:1:3::1"), ("198.51.100.1", "198.51.100.2")],
)
def test_neighbours_are_counted_apart(one, other):
    assert counted_as(one) != counted_as(other)
