"""DER: what is written can be read, and nothing else can."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from pki import der
from pki.errors import Malformed
from tests.unit.pki.refusing import rule_of

ARCS = st.integers(0, 2**40)
DOTTED = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39), ARCS),
    st.tuples(st.just(2), ARCS, ARCS),
).map(lambda arcs: ".".join(map(str, arcs)))


@given(st.integers(-(2**200), 2**200))
def test_integers_come_back_and_are_encoded_like_elsewhere(number):
    encoded = der.integer(number)

    assert der.Reader(encoded).integer() == number
    assert encoded == core.Integer(number).dump()


@given(DOTTED)
def test_object_identifiers_come_back_and_are_encoded_like_elsewhere(dotted):
    encoded = der.oid(dotted)

    assert der.Reader(encoded).oid() == dotted
    assert encoded == core.ObjectIdentifier(dotted).dump()


@given(st.sets(st.integers(0, 40)))
def test_named_bits_come_back_without_trailing_zeros(positions):
    encoded = der.named_bits(positions)

    octets, unused = der.decode_bit_string(der.Reader(encoded).take(der.BIT_STRING))
    bits = "".join(f"{octet:08b}" for octet in octets)
    assert {place for place, bit in enumerate(bits) if bit == "1"} == positions
    assert not bits or bits[: len(bits) - unused].endswith("1")


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_values_come_back_in_their_order(contents):
    encoded = der.sequence(*map(der.octet_string, contents))

    reader = der.only(encoded)
    assert [reader.octet_string() for _ in contents] == contents
    reader.finish()


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536, 2**24])
def test_lengths_are_as_short_as_they_can_be(size):
    encoded = der.octet_string(bytes(size))

    assert encoded == core.OctetString(bytes(size)).dump()
    assert der.Reader(encoded).octet_string() == bytes(size)


def test_members_of_a_set_are_sorted():
    assert der.set_of(b"\x05\x00", b"\x02\x01\x01") == der.set_of(b"\x02\x01\x01", b"\x05\x00")


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)).map(
        lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
    )
)
def test_times_come_back(moment):
    assert der.Reader(der.time(moment)).time() == moment
    assert der.Reader(der.generalized_time(moment)).time() == moment


def test_utc_time_ends_with_2049():
    last = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert der.time(last) == der.tlv(der.UTC_TIME, b"491231235959Z")
    assert der.time(last + timedelta(seconds=1)) == der.tlv(
        der.GENERALIZED_TIME, b"20500101000000Z"
    )


def test_utc_time_starts_with_1950():
    assert der.Reader(b"\x17\x0d500101000000Z").time().year == 1950
    assert der.Reader(b"\x17\x0d491231235959Z").time().year == 2049


def test_times_of_other_zones_are_written_in_utc():
    beijing = timezone(timedelta(hours=8))

    assert der.time(datetime(2050, 1, 1, 7, 0, 0, tzinfo=beijing)).startswith(b"\x17")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "truncated"),
        ("30", "truncated"),
        ("3005", "truncated"),
        ("308102 0500", "length"),
        ("30820002 0500", "length"),
        ("3080 0500 0000", "length"),
        ("3085 0000000002 0500", "length"),
        ("3084ffffffff", "truncated"),
        ("1f8101 00", "tag"),
        ("0500", "unexpected"),
        ("3000 00", "trailing_bytes"),
    ],
)
def test_other_encodings_than_der_are_not_read(text, reason):
    with pytest.raises(Malformed) as caught:
        der.only(bytes.fromhex(text))

    assert caught.value.rule == f"der.{reason}"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        ("integer", "0200"),
        ("integer", "02020001"),
        ("integer", "0202ffff"),
        ("boolean", "010101"),
        ("boolean", "0100"),
        ("boolean", "0102ffff"),
        ("oid", "0600"),
        ("oid", "0602 2a80"),
        ("oid", "0603 2a8001"),
        ("oid", "0641" + "01" * 65),
        ("bit_string", "0300"),
        ("bit_string", "030108"),
        ("bit_string", "030101"),
        ("bit_string", "03020101"),
        ("bit_string", "03020102"),
        ("time", "170b 3530303130313030303030 5a"),
        ("time", "170d 3530303130313030303030305a"[:-2] + "58"),
        ("time", "170d 3530303130313234303030305a"),
        ("time", "170d 3530313330313030303030305a"),
        ("time", "180f 30303030303130313030303030305a"),
        ("time", "1611 3230353030313031303030303030 2e305a"),
        ("time", "1717 3530303130313030303030302b30383030" + "20" * 6),
    ],
)
def test_values_with_a_second_spelling_are_not_read(read, text):
    with pytest.raises(Malformed, match=r"der\."):
        getattr(der.Reader(bytes.fromhex(text)), read)()


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (der.UTF8, b"\xff"),
        (der.PRINTABLE, b"\xe4"),
        (der.BMP, b"\x00"),
        (der.UNIVERSAL, b"\x00\x00\xd8\x00"),
        (der.OCTET_STRING, b"text"),
    ],
)
def test_text_against_its_own_type_is_not_read(tag, content):
    with pytest.raises(Malformed, match=r"der\.text"):
        der.decode_text(tag, content)


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (der.UTF8, "安信".encode()),
        (der.BMP, "安信".encode("utf-16-be")),
        (der.UNIVERSAL, "安信".encode("utf-32-be")),
    ],
)
def test_every_string_type_in_use_is_read(tag, content):
    assert der.decode_text(tag, content) == "安信"


@pytest.mark.parametrize("text", ["安信", "a@b", "a_b", "a*"])
def test_what_does_not_fit_a_printable_string_is_not_written(text):
    with pytest.raises(Malformed, match=r"der\.not_printable"):
        der.printable(text)


def test_what_is_not_ascii_is_not_written_as_ia5():
    with pytest.raises(Malformed, match=r"der\.not_ascii"):
        der.ia5("安信")


@pytest.mark.parametrize("text", ["", "1", "3.1", "1.40", "1.2.", "1.2.x", "-1.2", "1.2.٣"])
def test_no_object_identifier_is_made_of_other_text(text):
    with pytest.raises(Malformed, match=r"der\.oid"):
        der.oid(text)


def test_an_optional_value_that_is_absent_moves_nothing():
    reader = der.Reader(der.NULL)

    assert reader.optional(der.INTEGER) is None
    assert reader.optional(der.NULL_TAG) == b""
    assert not reader


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(noise):
    reads = (
        der.Reader.any,
        der.Reader.integer,
        der.Reader.oid,
        der.Reader.bit_string,
        der.Reader.time,
        der.Reader.boolean,
    )
    for read in reads:
        assert rule_of(read, der.Reader(noise)).partition(".")[0] in ("", "der")
