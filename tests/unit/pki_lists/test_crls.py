"""Revocation lists: written as others write them, read strictly, verified, compared (CPS-7.2)."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from pki import crls, der, keys, oids
from pki.crls import REASONS, Entry
from pki.errors import PkiError
from pki.extensions import Extension
from pki.sm.sm3 import sm3
from tests.support.pki import (
    ALGORITHMS,
    AT,
    CRL_PLACE,
    DAY,
    Hierarchy,
    as_subscriber,
    certify,
    hierarchy,
    revocation_list,
)
from tests.unit.pki.refusing import rule_of

SECONDS = st.datetimes(datetime(1950, 1, 1), datetime(2149, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
ENTRIES = st.builds(
    Entry,
    st.integers(1, 2**159 - 1),
    SECONDS,
    st.sampled_from([None, *REASONS]),
    st.none() | SECONDS,
)


@pytest.fixture
def tree() -> Hierarchy:
    return hierarchy("ec-p256")


# -- writing ------------------------------------------------------------------------------------


def theirs(tree: Hierarchy, entries: list[Entry], number: int) -> bytes:
    """The same list by the builder of `cryptography`; its TBS."""
    issuer = x509.load_der_x509_certificate(tree.ca.certificate.der)
    builder = x509.CertificateRevocationListBuilder(
        issuer.subject, AT, AT + DAY, revoked_certificates=[their_entry(entry) for entry in entries]
    )
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    ).add_extension(x509.CRLNumber(number), critical=False)
    key = load_der_private_key(keys.private_key_to_pkcs8(tree.ca.key), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return builder.sign(key, hashes.SHA256()).tbs_certlist_bytes


def their_entry(entry: Entry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(entry.serial, entry.revoked_at)
    if entry.reason not in {None, "unspecified"}:
        flag = x509.ReasonFlags(entry.reason)
        builder = builder.add_extension(x509.CRLReason(flag), critical=False)
    if entry.invalidity_date:
        since = x509.InvalidityDate(entry.invalidity_date.replace(tzinfo=None))
        builder = builder.add_extension(since, critical=False)
    return builder.build()


@given(st.lists(ENTRIES, max_size=5), st.integers(0, 2**159 - 1))
def test_lists_are_written_like_elsewhere(entries, number):
    tree = hierarchy("ec-p256")
    ours = crls.parse(revocation_list(tree.ca, entries, number=number))
    assert ours.tbs == theirs(tree, entries, number)
    assert asn1_crl.CertificateList.load(ours.der).native  # every value decodes
    assert asn1_crl.CertificateList.load(ours.der).dump(force=True) == ours.der


def test_stored_entries_make_the_same_list(tree):
    entries = [Entry(serial, AT, "superseded") for serial in range(1, 50)]
    stored = [entry.der for entry in entries]
    one, other = (crls.parse(revocation_list(tree.ca, each)).tbs for each in (entries, stored))
    assert one == other


def test_the_reason_unspecified_is_left_out():
    assert Entry(5, AT, "unspecified").der == Entry(5, AT).der


def test_a_reason_nobody_knows_is_refused():
    assert rule_of(lambda: Entry(5, AT, "lost").der) == "crl.reason"


def test_the_issuer_is_copied_byte_for_byte(tree):
    name = b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02cn"
    tbs = crls.encode(name, 1, AT, AT + DAY, [], b"k" * 20, "sm2-sm3")
    assert crls.parse_tbs(tbs).issuer.der == name


def test_a_partition_is_for_users_or_for_cas(tree):
    refused = rule_of(crls.issuing_distribution_point, CRL_PLACE, only_users=True, only_cas=True)
    assert refused == "crl.scope"


# -- reading ------------------------------------------------------------------------------------


@given(st.lists(ENTRIES, max_size=6), st.none() | st.integers(0, 2**64))
def test_what_is_written_comes_back(entries, base):
    tree = hierarchy("sm2")
    more = [] if base is None else [crls.delta_indicator(base)]
    crl = crls.parse(revocation_list(tree.ca, entries, number=9, more=more))
    said = [
        entry._replace(reason=None if entry.reason == "unspecified" else entry.reason)
        for entry in entries
    ]
    assert list(crl.entries) == said
    assert (crl.number, crl.base_number) == (9, base)
    assert (crl.this_update, crl.next_update) == (AT, AT + DAY)
    assert crl.issuer.der == tree.ca.name.der
    assert crl.authority_key_identifier == tree.ca.key_id
    assert crl.signature_algorithm == "sm2-sm3"


def test_a_list_by_cryptography_is_read(tree):
    entries = [Entry(7, AT - DAY, "keyCompromise", AT - 2 * DAY), Entry(8, AT)]
    crl = crls.parse_tbs(theirs(tree, entries, 3))
    assert crl.entries == tuple(entries)
    assert crl.by_serial[7].reason == "keyCompromise"


def test_an_explicit_unspecified_is_read():
    tagged = Extension(oids.CRL_REASON, False, der.enumerated(0)).der
    entry = der.sequence(der.integer(5), der.time(AT), der.sequence(tagged))
    assert (
        crls.parse(revocation_list(hierarchy("sm2").ca, [entry])).entries[0].reason == "unspecified"
    )


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_refused(data):
    assert rule_of(crls.parse, data)


@cache
def two_entries() -> bytes:
    return revocation_list(hierarchy("sm2").ca, [Entry(7, AT, "superseded", AT), Entry(8, AT)])


@given(st.data())
def test_a_damaged_list_is_never_taken_for_another_one(data):
    whole = two_entries()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(whole)))])
    for one in (bytes(damaged), cut):
        try:
            crl = crls.parse(one)
            crls.verify(crl, hierarchy("sm2").ca.certificate, AT)
        except PkiError:
            assert one != whole
        else:
            assert crl.tbs == crls.parse(whole).tbs


def with_entry(entry: bytes) -> bytes:
    return revocation_list(hierarchy("sm2").ca, [entry])


def with_extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    said = Extension(oid, critical, value).der
    return with_entry(der.sequence(der.integer(5), der.time(AT), der.sequence(said)))


def test_a_list_of_version_one_is_refused():
    v1 = revocation_list(hierarchy("sm2").ca).replace(der.integer(1), der.integer(0), 1)
    assert rule_of(crls.parse, v1) == "crl.version"


def test_bytes_after_the_list_are_refused():
    assert rule_of(crls.parse, revocation_list(hierarchy("sm2").ca) + b"\x00") == "crl.not_der"


def test_a_list_with_an_extension_twice_is_refused():
    number = Extension(oids.CRL_NUMBER, False, der.integer(1))
    twice = revocation_list(hierarchy("sm2").ca, more=[number])
    assert rule_of(crls.parse, twice) == "crl.extension_twice"


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        (der.sequence(der.integer(5), der.generalized_time(AT)), "crl.time_form"),
        (der.sequence(der.integer(5)), "crl.not_der"),
        (der.sequence(der.integer(5), der.time(AT), der.sequence(), der.NULL), "crl.not_der"),
        (der.sequence(b"\x02\x02\x00\x05", der.time(AT)), "crl.not_der"),
        (der.octet_string(b"x"), "crl.not_der"),
        (b"\x30\x80\x00\x00", "crl.not_der"),
    ],
)
def test_an_entry_in_another_form_is_refused(entry, rule):
    assert rule_of(crls.parse, with_entry(entry)) == rule


@pytest.mark.parametrize(
    "moment", ["260230080000", "261301080000", "260601240000", "260601086000", "260601080060"]
)
def test_an_entry_at_a_moment_that_does_not_exist_is_refused(moment):
    entry = der.sequence(der.integer(5), der.tlv(der.UTC_TIME, f"{moment}Z".encode()))
    assert rule_of(crls.parse, with_entry(entry)) == "crl.not_der"


@pytest.mark.parametrize(
    ("oid", "value", "critical", "rule"),
    [
        (oids.CRL_REASON, der.enumerated(7), False, "crl.reason"),
        (oids.CRL_REASON, der.enumerated(11), False, "crl.reason"),
        (oids.CRL_REASON, der.integer(1), False, "crl.not_der"),
        (oids.INVALIDITY_DATE, der.utc_time(AT), False, "crl.not_der"),
        (oids.CRL_REASON, der.enumerated(1) + b"\x00", False, "crl.not_der"),
        (oids.CERTIFICATE_ISSUER, der.sequence(), True, "crl.entry_extension"),
    ],
)
def test_an_entry_with_a_wrong_extension_is_refused(oid, value, critical, rule):
    assert rule_of(crls.parse, with_extension(oid, value, critical=critical)) == rule


def test_an_unknown_extension_of_an_entry_is_skipped():
    assert crls.parse(with_extension("1.2.3.4", b"\xff\xff")).entries == (Entry(5, AT),)


def test_two_algorithms_in_one_list_are_refused():
    crl = crls.parse(revocation_list(hierarchy("sm2").ca))
    absent = der.sequence(der.oid(oids.SM2_WITH_SM3))
    mixed = der.sequence(crl.tbs, absent, der.bit_string(crl.signature))
    assert rule_of(crls.parse, mixed) == "crl.algorithms_differ"


def test_an_empty_list_of_entries_is_refused():
    tbs = crls.parse(revocation_list(hierarchy("sm2").ca)).tbs
    head, tail = der.only(tbs).rest().split(b"\xa0", 1)
    assert rule_of(crls.parse_tbs, der.sequence(head, der.sequence(), b"\xa0" + tail)) == (
        "crl.empty_sequence"
    )


# -- verifying ----------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_ca_signed_its_list(algorithm):
    ca = hierarchy(algorithm).ca
    crls.verify(crls.parse(revocation_list(ca, [Entry(5, AT)])), ca.certificate, AT)


def verdict(crl: bytes, issuer, at: datetime | None = AT) -> str:
    return rule_of(crls.verify, crls.parse(crl), issuer, at)


def test_a_list_holds_from_its_update_to_the_next(tree):
    crl, ca = revocation_list(tree.ca), tree.ca.certificate
    assert verdict(crl, ca, AT - timedelta(seconds=1)) == "crl.not_yet_valid"
    assert verdict(crl, ca, AT + DAY) == ""
    assert verdict(crl, ca, AT + DAY + timedelta(seconds=1)) == "crl.stale"
    assert verdict(crl, ca, None) == ""


def test_a_list_of_somebody_else_is_refused(tree):
    assert verdict(revocation_list(tree.root), tree.ca.certificate) == "crl.wrong_issuer"


def test_a_list_of_the_same_name_and_another_key_is_refused():
    crl = revocation_list(hierarchy("sm2").ca)
    assert verdict(crl, hierarchy("ec-p256").ca.certificate) == "crl.wrong_issuer"


def test_a_key_that_only_certifies_signs_no_list(tree):
    weak = certify(tree.ca.key, tree.ca.name, as_subscriber("keyCertSign"), issuer=tree.root)
    assert verdict(revocation_list(tree.ca), weak.certificate) == "crl.issuer_may_not_sign"


def test_a_critical_extension_nobody_knows_is_refused(tree):
    crl = revocation_list(tree.ca, more=[Extension("1.2.3.4", True, der.NULL)])
    assert verdict(crl, tree.ca.certificate) == "crl.unknown_critical_extension"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_changed_signature_is_refused(algorithm):
    ca = hierarchy(algorithm).ca
    crl = crls.parse(revocation_list(ca, [Entry(5, AT)]))
    other = crls.encode(ca.name, 8, AT, AT + DAY, [], ca.key_id, ca.key.signature_algorithm)
    assert verdict(crls.assemble(other, crl.signature), ca.certificate) == "crl.bad_signature"


def test_an_sm2_signature_without_z_is_told_by_name():
    ca = hierarchy("sm2").ca
    tbs = crls.parse(revocation_list(ca)).tbs
    crl = crls.assemble(tbs, ca.key.key.sign_digest(sm3(tbs)))
    assert verdict(crl, ca.certificate) == "crl.sm2_without_z"


def test_a_list_says_what_it_speaks_about(tree):
    partial = crls.issuing_distribution_point(CRL_PLACE, only_users=True)
    scope = crls.scope_of(crls.parse(revocation_list(tree.ca, more=[partial])))
    assert scope == crls.Scope((("uri", CRL_PLACE),), only_users=True, only_cas=False)
    assert crls.scope_of(crls.parse(revocation_list(tree.ca))) == crls.Scope()
    of_cas = crls.issuing_distribution_point(tree.ca.name, only_cas=True)
    scope = crls.scope_of(crls.parse(revocation_list(tree.ca, more=[of_cas])))
    assert scope == crls.Scope((("directory", tree.ca.name.text),), only_cas=True)


@pytest.mark.parametrize(
    "limit",
    [
        der.implicit(3, b"\x00\x40"),  # some reasons only
        der.implicit(4, b"\xff"),  # certificates of other CAs
        der.implicit(5, b"\xff"),  # attribute certificates
    ],
)
def test_a_list_for_less_than_our_certificates_is_refused(tree, limit):
    said = Extension(oids.ISSUING_DISTRIBUTION_POINT, True, der.sequence(limit))
    assert verdict(revocation_list(tree.ca, more=[said]), tree.ca.certificate) == "crl.scope"


# -- comparing ----------------------------------------------------------------------------------


def test_the_difference_names_who_came_and_who_went(tree):
    frozen = Entry(2, AT, "certificateHold")
    old = crls.parse(revocation_list(tree.ca, [Entry(1, AT), frozen]))
    new = crls.parse(revocation_list(tree.ca, [Entry(1, AT), Entry(3, AT, "superseded")]))
    assert crls.difference(old, new) == (frozenset({3}), frozenset({2}))
    assert crls.difference(old, old) == (frozenset(), frozenset())
