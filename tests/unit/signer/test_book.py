"""The signer's own record: a chain that shows what was changed, dropped or put in."""

import errno
import json
import os

import pytest

from pki.__main__ import main
from pki.errors import Refused, TokenError
from pki.signer import book
from pki.signer.book import Book
from tests.support.signer import NOW


@pytest.fixture
def kept(tmp_path):
    one = Book(tmp_path)
    for number in range(5):
        one.note("signed", at=NOW, lasting=number % 2 == 0, signed=number)
    yield one
    one.close()


def content(tmp_path) -> bytes:
    return (tmp_path / "book.lines").read_bytes()


def test_every_line_follows_the_one_before(kept, tmp_path):
    """CPS-5.4.1"""
    assert book.check(content(tmp_path)) == kept.head
    assert kept.head.number == 5
    again = Book(tmp_path)
    assert again.head == kept.head
    again.note("stopped", at=NOW)
    assert book.check(content(tmp_path)) == again.head
    again.close()


def test_what_was_changed_dropped_put_in_or_moved_is_named(kept, tmp_path):
    lines = content(tmp_path).split(b"\n")
    other = lines[:]
    other[2] = other[2].replace(b'"signed": 1', b'"signed": 9')
    cases = {
        "book.digest": [other],
        "book.chain": [
            [*lines[:2], *lines[3:]],
            [*lines[:3], lines[2], *lines[3:]],
            [*lines[:2], lines[3], lines[2], *lines[4:]],
        ],
    }
    for rule, spoilt in cases.items():
        for one in spoilt:
            with pytest.raises(Refused) as refused:
                book.check(b"\n".join(one))
            assert refused.value.rule == rule


def test_an_end_that_was_cut_off_contradicts_the_head(kept, tmp_path):
    shorter = b"\n".join(content(tmp_path).split(b"\n")[:-1])

    assert book.check(shorter) != kept.head


def test_half_a_line_of_a_lost_power_supply_is_no_line(kept, tmp_path):
    with (tmp_path / "book.lines").open("ab") as file:
        file.write(b'\n{"number": 6, "at": "20')
    again = Book(tmp_path)
    again.note("started", at=NOW)

    assert again.head.number == 6
    assert book.check(content(tmp_path)) == again.head
    again.close()


def test_a_line_the_disk_may_have_lost_is_followed_all_the_same(kept, tmp_path, monkeypatch):
    """What was refused for it stands in the file, and the next line does not take its place."""

    def fail(_file: int) -> None:
        raise OSError(errno.EIO, "of a disk")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="of a disk"):
            kept.note("generated", at=NOW, lasting=True)
    kept.note("started", at=NOW)

    assert book.check(content(tmp_path)) == kept.head
    assert kept.head.number == 7


def test_whatever_is_said_can_be_written_down(kept, tmp_path):
    kept.note("refused", at=NOW, name="\ud800")

    assert book.check(content(tmp_path)) == kept.head


def test_a_file_that_is_no_book_stops_the_start(tmp_path):
    (tmp_path / "book.lines").write_text("notes of somebody\n")

    with pytest.raises(TokenError) as refused:
        Book(tmp_path)

    assert refused.value.rule == "signer.book"


def test_the_command_line_proves_a_book(kept, tmp_path, capsys):
    assert main(["verify", "book", str(tmp_path / "book.lines")]) == 0
    said = capsys.readouterr().out
    assert kept.head.digest in said

    spoilt = tmp_path / "spoilt"
    spoilt.write_bytes(content(tmp_path).replace(b'"signed": 3', b'"signed": 4'))
    assert main(["verify", "book", str(spoilt)]) != 0
    assert "book.digest" in json.dumps(capsys.readouterr()._asdict())
