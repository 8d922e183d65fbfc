"""Codes that are told once (CPS-4.3.1)."""

from datetime import UTC, datetime, timedelta

import pytest

from anxin.kernel import codes as told
from ra.handover import rules

AT = datetime(2026, 11, 20, tzinfo=UTC)
PEPPER = b"pepper of this test"


def test_codes_have_the_promised_length_and_no_letters_that_look_alike():
    code = told.code_from(bytes(range(0, 256, 16)), rules.AUTHORISATION_LENGTH)

    assert len(code) == 16 + 3
    assert set(code.replace("-", "")) <= set(told.ALPHABET)
    assert not set("ILOU") & set(told.ALPHABET)


def test_every_character_is_equally_likely():
    made = [told.code_from(bytes([byte]), 1) for byte in range(256)]

    assert {made.count(character) for character in told.ALPHABET} == {8}


@pytest.mark.parametrize("typed", ["7K2Q-01AB", "7k2q01ab", " 7K2Q OIAB ", "7K2Q-olab"])
def test_a_code_is_read_as_it_was_meant(typed):
    kept = told.fingerprint(PEPPER, rules.ACCESS, "RA20261120-0001", "7K2Q-01AB")

    assert told.fits(kept, told.fingerprint(PEPPER, rules.ACCESS, "RA20261120-0001", typed))


@pytest.mark.parametrize(
    ("purpose", "name", "code"),
    [
        (rules.ACCESS, "RA20261120-0001", "7K2Q-01AC"),
        (rules.ACCESS, "RA20261120-0002", "7K2Q-01AB"),
        (rules.DOWNLOAD, "RA20261120-0001", "7K2Q-01AB"),
        (rules.ACCESS, "RA20261120-0001", ""),
    ],
)
def test_a_code_opens_its_own_door_only(purpose, name, code):
    kept = told.fingerprint(PEPPER, rules.ACCESS, "RA20261120-0001", "7K2Q-01AB")

    assert not told.fits(kept, told.fingerprint(PEPPER, purpose, name, code))


def test_what_is_kept_does_not_show_the_code():
    assert b"7K2Q" not in told.fingerprint(PEPPER, rules.ACCESS, "RA20261120-0001", "7K2Q-01AB")


def test_the_fifth_wrong_access_code_makes_everybody_wait():
    assert rules.after_wrong_access(3, at=AT) == (4, None)
    assert rules.after_wrong_access(4, at=AT) == (0, AT + timedelta(minutes=15))


def test_reference_numbers_are_ten_digits():
    assert rules.reference_from(bytes(16)) == "0000000000"
    assert len(rules.reference_from(b"\xff" * 16)) == 10


@pytest.mark.parametrize("typed", ["RA20261120-0001", "ra202611200001", " RA20261120 0001 "])
def test_a_number_is_read_however_it_was_typed(typed):
    assert rules.number_as_printed(typed) == "RA20261120-0001"
