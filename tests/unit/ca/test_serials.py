"""Serial numbers as people type them, and what is none."""

import pytest

from ca.issuing.rules import serial_of


@pytest.mark.parametrize("typed", ["0x0A:BC", " a bc ", "00ABC", "abc"])
def test_a_serial_number_is_read_however_it_was_typed(typed):
    assert serial_of(typed) == "abc"


@pytest.mark.parametrize("typed", ["", "0", "\0", "abc\0", "xyz", "林", "ab-c"])
def test_what_is_not_hexadecimal_is_no_serial_number(typed):
    assert serial_of(typed) == ""
