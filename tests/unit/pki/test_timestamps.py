"""What a time stamp says (RFC 3161 2.4.2), read back and by another library. CPS-6.8."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import cms, tsp
from hypothesis import given
from hypothesis import strategies as st

from pki import der, oids, timestamps
from pki.errors import Malformed, Refused
from tests.support.pki import hierarchy
from tests.support.signer import NOW, SERIAL, stamp
from tests.unit.pki.refusing import rule_of

MILLISECOND, MICROSECOND = timedelta(milliseconds=1), timedelta(microseconds=1)
WHOLE = timestamps.encode(stamp())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"nonce": None, "accuracy": None},
        {"nonce": 0, "ordering": True},
        {"nonce": (1 << 255) - 1, "serial": (1 << 159) - 1},
        {"serial": 1, "at": NOW + 120 * MILLISECOND},
        {"at": NOW + MICROSECOND, "accuracy": MICROSECOND},
        {"accuracy": timedelta(seconds=3, milliseconds=250, microseconds=999)},
        {"imprint": timestamps.imprint(oids.SHA512, bytes(64))},
    ],
)
def test_what_is_written_is_read_the_same_by_us_and_by_others(changes):
    """CPS-6.8"""
    said = stamp(**changes)
    encoded = timestamps.encode(said)

    assert timestamps.read(encoded) == said
    other = tsp.TSTInfo.load(encoded, strict=True)
    exact = other["accuracy"].native or {}
    assert other["gen_time"].native == said.at
    assert other["serial_number"].native == said.serial
    assert other["nonce"].native == said.nonce
    assert other["ordering"].native == said.ordering
    assert other["message_imprint"].dump() == said.imprint
    assert timedelta(
        seconds=exact.get("seconds") or 0,
        milliseconds=exact.get("millis") or 0,
        microseconds=exact.get("micros") or 0,
    ) == (said.accuracy or timedelta(0))


def test_the_imprint_is_kept_as_the_request_has_it():
    """RFC 3161 2.4.2: with or without NULL beside the digest, both are in use."""
    with_null = der.sequence(
        der.sequence(der.oid(oids.SHA256), der.NULL), der.octet_string(bytes(32))
    )

    assert timestamps.read(timestamps.encode(stamp(imprint=with_null))).imprint == with_null


def imprint(algorithm: bytes, value: bytes = bytes(32), more: bytes = b"") -> bytes:
    return der.sequence(algorithm, der.octet_string(value), more)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"serial": 0}, "timestamp.serial"),
        ({"serial": -SERIAL}, "timestamp.serial"),
        ({"serial": 1 << 159}, "timestamp.serial"),
        ({"nonce": 1 << 255}, "timestamp.nonce"),
        ({"imprint": timestamps.imprint(oids.SHA1, bytes(20))}, "timestamp.digest"),
        ({"imprint": timestamps.imprint(oids.SM3, bytes(31))}, "timestamp.imprint"),
        ({"imprint": timestamps.imprint(oids.SHA384, bytes(32))}, "timestamp.imprint"),
        (
            {"imprint": imprint(der.sequence(der.oid(oids.SM3), der.integer(1)))},
            "timestamp.imprint",
        ),
        (
            {"imprint": imprint(der.sequence(der.oid(oids.SM3)), more=der.NULL)},
            "der.trailing_bytes",
        ),
    ],
)
def test_numbers_and_digests_that_are_not_stamped(changes, rule):
    """CPS-6.8"""
    assert rule_of(timestamps.read, timestamps.encode(stamp(**changes))) == rule


VERSION, POLICY, IMPRINT, NUMBER, TIME = range(5)
PLAIN = stamp(accuracy=None, nonce=None)


def parts() -> list[bytes]:
    reader, found = der.only(timestamps.encode(PLAIN)), []
    while reader:
        found.append(reader.any().der)
    return found


def at(text: str) -> bytes:
    return der.tlv(der.GENERALIZED_TIME, text.encode())


@pytest.mark.parametrize(
    ("place", "wrong", "rule"),
    [
        (VERSION, der.integer(2), "timestamp.version"),
        (POLICY, der.tlv(der.OID, b"\x80\x2a"), "der.oid"),
        (TIME, at("20261122101112"), "der.time"),
        (TIME, at("20261122101112+0800"), "der.time"),
        (TIME, at("20261122101112,5Z"), "der.time"),
        (TIME, at("20261122101112.Z"), "der.time"),
        (TIME, at("20261122101112.1234567Z"), "der.time"),
        (TIME, at("20261322101112Z"), "der.time"),
        (TIME, at("20261122101112.50Z"), "timestamp.not_der"),
        (TIME, at("20261122101112.0Z"), "timestamp.not_der"),
        (TIME, der.utc_time(datetime(2026, 11, 22, 10, 11, 12, tzinfo=UTC)), "der.unexpected"),
    ],
)
def test_other_forms_of_what_every_time_stamp_has(place, wrong, rule):
    changed = parts()
    changed[place] = wrong

    assert rule_of(timestamps.read, der.sequence(*changed)) == rule


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        (der.sequence(der.integer(0)), "timestamp.not_der"),
        (der.sequence(der.implicit(0, b"\x00")), "timestamp.not_der"),
        (der.sequence(der.integer(-1)), "timestamp.accuracy"),
        (der.sequence(der.integer(1 << 31)), "timestamp.accuracy"),
        (der.sequence(der.implicit(0, b"\x03\xe8")), "timestamp.accuracy"),
        (der.sequence(der.implicit(1, b"\xff"), der.implicit(0, b"\x01")), "der.trailing_bytes"),
        (der.boolean(False), "timestamp.not_der"),
        (der.explicit(0, der.explicit(4, der.sequence())), "timestamp.more"),
        (der.explicit(1, der.sequence()), "timestamp.more"),
        (der.NULL, "timestamp.more"),
    ],
    ids=[
        *("0 seconds", "0 milliseconds", "-1 second", "68 years", "1000 milliseconds"),
        *("order of parts", "false written out", "tsa", "extensions", "something else"),
    ],
)
def test_other_forms_of_what_may_follow(more, rule):
    assert rule_of(timestamps.read, der.sequence(*parts(), more)) == rule


@pytest.mark.parametrize(
    ("algorithm", "digest", "signed_with"),
    [
        ("sm2", oids.SM3, oids.SM2_WITH_SM3),
        ("rsa-2048", oids.SHA256, oids.RSA_WITH_SHA256),
        ("ec-p256", oids.SHA256, oids.ECDSA_WITH_SHA256),
    ],
)
def test_a_token_has_the_form_of_rfc_3161_for_every_algorithm(algorithm, digest, signed_with):
    """CPS-6.8: also for SM2; the certificate goes with it only if somebody asked."""
    by = hierarchy(algorithm).signing
    bare = timestamps.assemble(WHOLE, b"signature", by.certificate)
    full = timestamps.assemble(WHOLE, b"signature", by.certificate, sent=[by.certificate.der])

    signed = cms.ContentInfo.load(bare, strict=True)["content"]
    assert signed["version"].native == "v3"
    assert signed["encap_content_info"]["content_type"].native == "tst_info"
    assert signed["encap_content_info"]["content"].contents == WHOLE
    (signer,) = signed["signer_infos"]
    assert signer["digest_algorithm"]["algorithm"].dotted == digest
    assert signer["signature_algorithm"]["algorithm"].dotted == signed_with
    kinds = {one["type"].dotted for one in signer["signed_attrs"]}
    assert kinds == {oids.CONTENT_TYPE, oids.MESSAGE_DIGEST, oids.SIGNING_CERTIFICATE_V2}
    assert not signed["certificates"]
    sent = cms.ContentInfo.load(full)["content"]["certificates"]
    assert [one.dump() for one in sent] == [by.certificate.der]


def test_torn_bytes():
    assert rule_of(timestamps.read, b"") == "der.truncated"
    assert rule_of(timestamps.read, WHOLE[:-1]) == "der.truncated"
    assert rule_of(timestamps.read, WHOLE + b"\x00") == "der.trailing_bytes"


@given(st.data())
def test_damaged_bytes_are_read_as_what_they_are_or_refused(data):
    places = st.integers(min_value=0, max_value=len(WHOLE) - 1)
    damaged = bytearray(WHOLE)
    for place, octet in data.draw(st.dictionaries(places, st.integers(0, 255), max_size=4)).items():
        damaged[place] = octet
    cut = bytes(damaged[: data.draw(st.none() | places)])

    with suppress(Refused, Malformed):
        assert timestamps.encode(timestamps.read(cut)) == cut
