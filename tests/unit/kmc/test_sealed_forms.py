"""The byte forms of sealed things (WP-6): what is altered in any way does not open."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmc.envelopes import formats
from kmc.envelopes.rules import folded

KEY = bytes(range(32))
PLACE = b"ra.evidence:7"
MIB = formats.CHUNK


def sealed_file(plaintext, key=KEY, place=PLACE):
    return b"".join(formats.seal_chunks(key, place, [plaintext]))


def opened_file(*chunks, key=KEY, place=PLACE):
    return b"".join(formats.open_chunks(key, place, chunks))


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB])
def test_a_file_of_any_size_comes_back(size):
    plaintext = bytes(index % 251 for index in range(size))

    assert opened_file(sealed_file(plaintext)) == plaintext


@given(cuts=st.lists(st.integers(min_value=0, max_value=2 * MIB + 200), max_size=6))
@settings(max_examples=20, deadline=None)
def test_the_sizes_in_which_bytes_arrive_do_not_matter(cuts):
    plaintext = b"evidence" * (MIB // 4)
    stops = [0, *sorted(cuts), None]
    pieces = [plaintext[start:stop] for start, stop in itertools.pairwise(stops)]

    sealed = b"".join(formats.seal_chunks(KEY, PLACE, pieces))
    arriving = [sealed[start:stop] for start, stop in itertools.pairwise(stops)]

    assert opened_file(*arriving) == plaintext


@pytest.mark.parametrize("keep", [0, 3, 19, 20, 30, 20 + MIB + 16, 2 * MIB, -1])
def test_a_cut_file_does_not_open(keep):
    sealed = sealed_file(b"x" * (2 * MIB + 5))

    with pytest.raises(formats.Broken):
        opened_file(sealed[:keep])


def test_a_file_cut_at_the_edge_of_a_chunk_does_not_open():
    sealed = sealed_file(b"x" * (2 * MIB))

    with pytest.raises(formats.Broken):
        opened_file(sealed[: 20 + MIB + formats.TAG])


def test_chunks_that_changed_places_do_not_open():
    sealed = sealed_file(b"a" * MIB + b"b" * MIB + b"c")
    head, size = sealed[:20], MIB + formats.TAG
    first, second, third = sealed[20 : 20 + size], sealed[20 + size : 20 + 2 * size], sealed[-17:]

    with pytest.raises(formats.Broken):
        opened_file(head + second + first + third)


def test_the_chunk_of_another_file_does_not_fit():
    size = MIB + formats.TAG
    one, other = sealed_file(b"a" * MIB + b"c"), sealed_file(b"a" * MIB + b"c")

    with pytest.raises(formats.Broken):
        opened_file(one[:20] + other[20 : 20 + size] + one[20 + size :])


def test_a_file_does_not_open_in_the_place_of_another():
    with pytest.raises(formats.Broken):
        opened_file(sealed_file(b"licence"), place=b"ra.evidence:8")


@pytest.mark.parametrize("position", [0, 4, 20, 40, -1])
def test_one_changed_bit_is_noticed(position):
    sealed = bytearray(sealed_file(b"licence of a firm that does not exist"))
    sealed[position] ^= 1

    with pytest.raises(formats.Broken):
        opened_file(bytes(sealed))


def test_bytes_added_at_the_end_are_noticed():
    with pytest.raises(formats.Broken):
        opened_file(sealed_file(b"licence") + b"\0")


def test_the_same_text_never_looks_the_same_twice():
    first = formats.seal_message(KEY, PLACE, "林知夏".encode())
    second = formats.seal_message(KEY, PLACE, "林知夏".encode())

    assert first != second
    assert formats.open_message(KEY, PLACE, first) == "林知夏".encode()


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + b"\0" * 28, b"\x02" + b"\0" * 40])
def test_what_is_no_sealed_message_is_refused(sealed):
    with pytest.raises(formats.Broken):
        formats.open_message(KEY, PLACE, sealed)


@pytest.mark.parametrize(
    "text", ["11010519491231002X", "１１０１０５１９４９１２３１００２ｘ", " 11010519491231002x "]
)
def test_one_number_written_three_ways_is_one_number(text):
    assert folded(text) == "11010519491231002X"
