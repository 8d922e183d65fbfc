"""Counts are never lost and never doubled, wherever the process dies."""

import os
import threading

import pytest

from pki.errors import TokenError
from pki.signer import counters
from pki.signer.counters import Counters


def ever(found: Counters) -> dict:
    return {
        (label, kind): (slot["signed_ever"], slot["refused_ever"])
        for label, kinds in found.report().items()
        for kind, slot in kinds.items()
    }


def test_counts_add_up_across_starts(tmp_path):
    first = Counters(tmp_path)
    first.add("issuing", "certificate", signed=3, refused=1)
    first.close()
    second = Counters(tmp_path)
    second.add("issuing", "certificate", signed=2, refused=0)

    assert second.report() == {
        "issuing": {"certificate": {"signed": 2, "signed_ever": 5, "refused": 0, "refused_ever": 1}}
    }
    second.close()


def test_a_killed_process_loses_nothing(tmp_path):
    killed = Counters(tmp_path)
    killed.add("issuing", "crl", signed=1, refused=0)
    os.close(killed._lines)

    assert ever(Counters(tmp_path)) == {("issuing", "crl"): (1, 0)}


def test_half_a_line_spoils_no_other(tmp_path):
    torn = Counters(tmp_path)
    torn.add("issuing", "crl", signed=1, refused=0)
    os.write(torn._lines, b"\nissuing crl 12")
    torn.add("issuing", "crl", signed=2, refused=0)

    assert ever(Counters(tmp_path)) == {("issuing", "crl"): (3, 0)}


def test_snapshots_neither_lose_nor_double(tmp_path, monkeypatch):
    monkeypatch.setattr(counters, "_LINES_BEFORE_SNAPSHOT", 3)
    counting = Counters(tmp_path)
    for _ in range(10):
        counting.add("issuing", "ocsp", signed=1, refused=2)

    assert ever(counting) == {("issuing", "ocsp"): (10, 20)}
    assert len(list(tmp_path.glob("*.lines"))) == 1
    assert ever(Counters(tmp_path)) == {("issuing", "ocsp"): (10, 20)}


def test_lines_that_a_snapshot_holds_already_are_not_counted_again(tmp_path):
    counting = Counters(tmp_path)
    counting.add("issuing", "ocsp", signed=1, refused=0)
    left_over = counting._path(counting._number)
    content = left_over.read_bytes()
    counting.close()
    left_over.write_bytes(content)

    assert ever(Counters(tmp_path)) == {("issuing", "ocsp"): (1, 0)}


def test_threads_count_together(tmp_path):
    counting = Counters(tmp_path)

    def work() -> None:
        for _ in range(500):
            counting.add("issuing", "certificate", signed=1, refused=0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ever(counting) == {("issuing", "certificate"): (2000, 0)}
    assert ever(Counters(tmp_path)) == {("issuing", "certificate"): (2000, 0)}


def test_a_damaged_snapshot_stops_the_start(tmp_path):
    (tmp_path / "counters.json").write_text("{")

    with pytest.raises(TokenError) as refused:
        Counters(tmp_path)

    assert refused.value.rule == "signer.counters"
    assert refused.value.permanent
