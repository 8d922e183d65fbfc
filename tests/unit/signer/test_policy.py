"""What each kind of key puts its name to, and what it refuses."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import certificates, crls, der, extensions, keys, names, ocsp, oids, requests, timestamps
from pki.errors import Malformed, PkiError, Refused
from pki.extensions import Extension
from pki.signer import policy
from pki.signer.policy import Authority, Terms
from pki.signer.protocol import CA_CERTIFICATE, CERTIFICATE, CRL, OCSP, REQUEST, TIME_STAMP
from tests.support import signer as made
from tests.support.signer import DAY, NOW, Office

CA_KEY, RESPONDER_KEY, STAMPER_KEY, USER_KEY = (keys.generate("sm2") for _ in range(4))
NAME = made.ca_name("issuing")
CA_TBS = certificates.encode(made.ca_plan(CA_KEY.public, NAME))
OFFICE = Office(
    key=None,
    name=NAME,
    public=CA_KEY.public,
    certificate=certificates.parse(certificates.assemble(CA_TBS, CA_KEY.sign(CA_TBS))),
)
LIST_LIFE = timedelta(days=8)
TERMS = Terms(
    kinds=frozenset({CERTIFICATE, CRL, CA_CERTIFICATE}),
    algorithm="sm2-sm3",
    spki=CA_KEY.public.spki,
    key_identifier=CA_KEY.public.key_identifier,
    authority=Authority(NAME.der, NOW - DAY, NOW + 3650 * DAY, is_ca=True, is_responder=False),
    crl_life=LIST_LIFE,
    responders=frozenset({RESPONDER_KEY.public.spki}),
    stampers=frozenset({STAMPER_KEY.public.spki}),
    in_ceremony=False,
)
RESPONDER_NAME = names.build([("C", "CN"), ("CN", "OCSP")])
RESPONDER_TERMS = replace(
    TERMS,
    kinds=frozenset({OCSP}),
    spki=RESPONDER_KEY.public.spki,
    key_identifier=RESPONDER_KEY.public.key_identifier,
    authority=Authority(RESPONDER_NAME.der, NOW, NOW + DAY, is_ca=False, is_responder=True),
)

STAMPER_TERMS = replace(
    TERMS,
    kinds=frozenset({TIME_STAMP}),
    spki=STAMPER_KEY.public.spki,
    authority=Authority(
        RESPONDER_NAME.der,
        NOW - DAY,
        NOW + DAY,
        is_ca=False,
        is_responder=False,
        is_stamper=True,
    ),
)


def refusal(kind: str, tbs: bytes, terms: Terms = TERMS) -> str:
    """The rule that refuses; the test fails when none does."""
    with pytest.raises(PkiError) as refused:
        policy.check(kind, tbs, terms, at=NOW)
    assert isinstance(refused.value, Refused | Malformed)
    assert refused.value.reason
    return refused.value.rule


def user_tbs(*said: Extension, **changes: object) -> bytes:
    return OFFICE.tbs(USER_KEY.public, *said, **changes)


# -- certificates -------------------------------------------------------------------------------


def test_a_ca_certifies_a_person():
    policy.check(CERTIFICATE, user_tbs(), TERMS, at=NOW)


def test_both_forms_of_the_sm2_identifier_are_in_use():
    with_null = der.sequence(der.oid(oids.SM2_WITH_SM3), der.NULL)
    without = der.sequence(der.oid(oids.SM2_WITH_SM3))
    content = der.only(user_tbs()).rest()

    assert with_null in content
    policy.check(CERTIFICATE, der.sequence(content.replace(with_null, without)), TERMS, at=NOW)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"issuer": made.ca_name("another").der}, "policy.issuer"),
        ({"not_before": NOW - 2 * DAY}, "policy.validity"),
        ({"not_after": NOW + 3651 * DAY}, "policy.validity"),
        ({"not_before": NOW + DAY, "not_after": NOW}, "policy.validity"),
        ({"signature_algorithm": "rsa-sha256"}, "policy.algorithm"),
        ({"signature_algorithm": "ecdsa-sha256"}, "policy.algorithm"),
        ({"serial": 1}, "policy.serial"),
    ],
)
def test_a_certificate_that_is_not_this_cas_is_refused(changes, rule):
    assert refusal(CERTIFICATE, user_tbs(**changes)) == rule


def test_a_certificate_may_last_exactly_as_long_as_its_issuer():
    tbs = user_tbs(not_before=NOW - DAY, not_after=NOW + 3650 * DAY)

    policy.check(CERTIFICATE, tbs, TERMS, at=NOW)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ((extensions.basic_constraints(True),), "policy.ca"),
        ((extensions.basic_constraints(True, 0),), "policy.ca"),
        ((extensions.key_usage({"keyCertSign"}),), "policy.key_usage"),
        ((extensions.key_usage({"digitalSignature", "cRLSign"}),), "policy.key_usage"),
        ((extensions.basic_constraints(False),), "policy.key_usage"),
        (made.AS_RESPONDER, "policy.responder"),
        (made.AS_STAMPER, "policy.stamper"),
        ((extensions.ocsp_no_check(), extensions.ocsp_no_check()), "policy.extensions"),
    ],
)
def test_no_subscriber_gets_the_powers_of_a_ca(said, rule):
    assert refusal(CERTIFICATE, user_tbs(*said)) == rule


def test_a_ca_hidden_behind_a_harmless_first_extension_is_refused():
    harmless, power = extensions.basic_constraints(False), extensions.basic_constraints(True)

    assert refusal(CERTIFICATE, user_tbs(harmless, power)) == "policy.extensions"


def test_a_responder_is_certified_if_its_key_is_in_this_signer():
    tbs = OFFICE.tbs(RESPONDER_KEY.public, *made.AS_RESPONDER)

    policy.check(CERTIFICATE, tbs, TERMS, at=NOW)


def test_a_key_for_time_stamps_is_certified_as_such_and_as_no_responder():
    stamping = OFFICE.tbs(STAMPER_KEY.public, *made.AS_STAMPER)
    answering = OFFICE.tbs(STAMPER_KEY.public, *made.AS_RESPONDER)

    policy.check(CERTIFICATE, stamping, TERMS, at=NOW)
    assert refusal(CERTIFICATE, answering) == "policy.responder"


def test_a_plain_end_entity_may_say_that_it_is_no_ca():
    said = extensions.key_usage({"digitalSignature"}), extensions.basic_constraints(False)

    policy.check(CERTIFICATE, user_tbs(*said), TERMS, at=NOW)


def spelt_long(tbs: bytes, dotted: str) -> bytes:
    """The same, the OID with a leading octet that DER forbids and some readers skip."""
    return rewritten(tbs, der.oid(dotted), der.tlv(der.OID, b"\x80" + der.oid(dotted)[2:]))


def rewritten(encoded: bytes, old: bytes, new: bytes) -> bytes:
    """`old` replaced wherever it stands, all lengths around it corrected."""
    if encoded == old:
        return new
    if old not in encoded:
        return encoded
    outer, parts = der.Reader(encoded).any(), []
    inner = outer.enter()
    while inner:
        parts.append(rewritten(inner.any().der, old, new))
    return der.tlv(outer.tag, b"".join(parts))


@pytest.mark.parametrize(
    ("power", "dotted"),
    [
        (extensions.basic_constraints(True), oids.BASIC_CONSTRAINTS),
        (extensions.key_usage({"keyCertSign"}), oids.KEY_USAGE),
        (extensions.extended_key_usage(["OCSPSigning"]), oids.OCSP_SIGNING),
    ],
)
def test_powers_do_not_hide_behind_another_spelling(power, dotted):
    harmless = [] if dotted == oids.KEY_USAGE else [extensions.key_usage({"digitalSignature"})]

    assert refusal(CERTIFICATE, spelt_long(user_tbs(*harmless, power), dotted)) == "der.oid"


@pytest.mark.parametrize("octets", [b"\x00" + b"\x7f" * 20, b"\x80" * 16, b"\x00", b""])
def test_serial_numbers_are_positive_and_of_8_to_20_octets(octets):
    good = der.integer(made.SERIAL + 1)
    tbs = user_tbs()
    content = der.only(tbs).rest().replace(good, der.tlv(der.INTEGER, octets), 1)

    assert refusal(CERTIFICATE, der.sequence(content)) in {"policy.serial", "der.integer"}


def test_other_versions_and_torn_bytes_are_refused():
    tbs = user_tbs()
    content = der.only(tbs).rest()
    version_1 = der.sequence(content[5:])
    version_2 = der.sequence(der.explicit(0, der.integer(1)), content[5:])

    assert refusal(CERTIFICATE, version_1) == "policy.version"
    assert refusal(CERTIFICATE, version_2) == "policy.version"
    assert refusal(CERTIFICATE, tbs + b"\x00") == "der.trailing_bytes"
    assert refusal(CERTIFICATE, tbs[:-1]) == "der.truncated"
    assert refusal(CERTIFICATE, b"") == "der.truncated"
    assert refusal(CERTIFICATE, bytes(policy.MAX_TBS + 1)) == "policy.size"


def test_a_key_without_a_certificate_certifies_nobody():
    assert refusal(CERTIFICATE, user_tbs(), replace(TERMS, authority=None)) == (
        "policy.no_certificate"
    )


def test_a_key_signs_only_its_kinds():
    tbs, listed = user_tbs(), OFFICE.list_tbs()

    assert refusal(CERTIFICATE, tbs, replace(TERMS, kinds=frozenset({CRL}))) == "policy.kind"
    assert refusal(CRL, listed, replace(TERMS, kinds=frozenset({CERTIFICATE}))) == "policy.kind"
    assert refusal("firmware", tbs) == "policy.kind"


# -- certificates of CAs ------------------------------------------------------------------------


def test_ca_certificates_are_signed_during_set_up_only():
    in_ceremony = replace(TERMS, in_ceremony=True)

    assert refusal(CA_CERTIFICATE, CA_TBS) == "policy.ceremony"
    policy.check(CA_CERTIFICATE, CA_TBS, in_ceremony, at=NOW)
    policy.check(CA_CERTIFICATE, CA_TBS, replace(in_ceremony, authority=None), at=NOW)


def test_a_subordinate_ca_is_certified_within_its_superior():
    in_ceremony = replace(TERMS, in_ceremony=True)
    below = made.ca_name("below")
    wish = made.ca_plan(USER_KEY.public, below, issuer=NAME.der)
    foreign = replace(wish, issuer=below.der)
    longer = replace(wish, not_after=NOW + 3651 * DAY)
    person = user_tbs()

    policy.check(CA_CERTIFICATE, certificates.encode(wish), in_ceremony, at=NOW)
    assert refusal(CA_CERTIFICATE, certificates.encode(foreign), in_ceremony) == "policy.issuer"
    assert refusal(CA_CERTIFICATE, certificates.encode(longer), in_ceremony) == "policy.validity"
    assert refusal(CA_CERTIFICATE, person, in_ceremony) == "policy.not_ca"


# -- revocation lists ---------------------------------------------------------------------------


def test_a_ca_signs_its_revocation_lists():
    policy.check(CRL, OFFICE.list_tbs(), TERMS, at=NOW)
    policy.check(CRL, OFFICE.list_tbs(entries=[]), TERMS, at=NOW)
    policy.check(CRL, OFFICE.list_tbs(more=[crls.delta_indicator(1)]), TERMS, at=NOW)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"issuer": made.ca_name("another")}, "policy.issuer"),
        ({"signature_algorithm": "rsa-sha256"}, "policy.algorithm"),
        ({"this_update": NOW + policy.SKEW + timedelta(seconds=1)}, "policy.this_update"),
        ({"next_update": NOW + LIST_LIFE + timedelta(seconds=1)}, "policy.next_update"),
        ({"next_update": NOW}, "policy.next_update"),
    ],
)
def test_a_list_that_is_not_this_cas_or_lives_too_long_is_refused(changes, rule):
    assert refusal(CRL, OFFICE.list_tbs(**changes)) == rule


def test_a_list_may_live_exactly_as_long_as_agreed():
    latest = {"this_update": NOW + policy.SKEW, "next_update": NOW + policy.SKEW + LIST_LIFE}

    policy.check(CRL, OFFICE.list_tbs(**latest), TERMS, at=NOW)


def test_a_list_without_a_number_is_refused():
    number = Extension(oids.CRL_NUMBER, False, der.integer(1)).der
    other = Extension(oids.ISSUER_ALT_NAME, False, der.integer(1)).der

    assert refusal(CRL, OFFICE.list_tbs().replace(number, other)) == "policy.crl_number"


# -- OCSP ---------------------------------------------------------------------------------------


def test_a_responder_signs_its_answers():
    tbs = made.answer_tbs(OFFICE, RESPONDER_KEY.public)
    with_nonce = made.answer_tbs(OFFICE, RESPONDER_KEY.public, nonce=bytes(32))

    policy.check(OCSP, tbs, RESPONDER_TERMS, at=NOW)
    policy.check(OCSP, with_nonce, RESPONDER_TERMS, at=NOW)


def test_a_responder_may_be_named_by_its_name():
    by_key = der.explicit(2, der.octet_string(RESPONDER_KEY.public.key_identifier))
    by_name = der.explicit(1, RESPONDER_NAME.der)
    content = der.only(made.answer_tbs(OFFICE, RESPONDER_KEY.public)).rest()

    policy.check(OCSP, der.sequence(content.replace(by_key, by_name)), RESPONDER_TERMS, at=NOW)


def test_an_answer_in_anothers_name_is_refused():
    tbs = made.answer_tbs(OFFICE, CA_KEY.public)

    assert refusal(OCSP, tbs, RESPONDER_TERMS) == "policy.responder"


def test_a_key_that_is_certified_for_something_else_answers_nothing():
    tbs = made.answer_tbs(OFFICE, RESPONDER_KEY.public)
    as_ca = replace(RESPONDER_TERMS, authority=TERMS.authority)
    uncertified = replace(RESPONDER_TERMS, authority=None)

    assert refusal(OCSP, tbs, as_ca) == "policy.responder"
    assert refusal(OCSP, tbs, uncertified) == "policy.no_certificate"


def test_answers_about_the_future_are_refused():
    soon = NOW + policy.SKEW + timedelta(seconds=1)
    single = ocsp.Single(ocsp.cert_id_for(OFFICE.certificate, 1), "good", NOW)
    later = single._replace(this_update=soon, next_update=soon + DAY / 2)
    forever = single._replace(next_update=NOW + policy.MAX_ANSWER_LIFE + timedelta(seconds=1))

    def wish(**changes: object) -> bytes:
        return made.answer_tbs(OFFICE, RESPONDER_KEY.public, **changes)

    assert refusal(OCSP, wish(produced_at=soon), RESPONDER_TERMS) == "policy.produced_at"
    assert refusal(OCSP, wish(singles=[later]), RESPONDER_TERMS) == "policy.this_update"
    assert refusal(OCSP, wish(singles=[forever]), RESPONDER_TERMS) == "policy.next_update"
    assert refusal(OCSP, wish(singles=[single]), RESPONDER_TERMS) == "policy.next_update"


@pytest.mark.parametrize("count", [0, policy.MAX_ANSWERS + 1])
def test_an_answer_is_about_one_certificate_at_least_and_few_at_most(count):
    of = ocsp.cert_id_for(OFFICE.certificate, 1)
    single = ocsp.Single(of, "good", NOW, next_update=NOW + DAY / 2)
    tbs = made.answer_tbs(OFFICE, RESPONDER_KEY.public, singles=[single] * count)

    assert refusal(OCSP, tbs, RESPONDER_TERMS) == "policy.size"


UNTIL = der.generalized_time(NOW + DAY / 2)
SINCE = der.generalized_time(NOW)
EXTENSION = Extension(oids.OCSP_NONCE, False, der.octet_string(bytes(8))).der


def answer(**changes: bytes) -> bytes:
    """ResponseData about one certificate, part by part."""
    of = ocsp.cert_id_for(OFFICE.certificate, 1).der
    said = {"produced": SINCE, "status": der.implicit(0, b""), "until": UNTIL} | changes
    single = der.sequence(
        of, said["status"], SINCE, der.explicit(0, said["until"]), said.get("about_one", b"")
    )
    return der.sequence(
        der.explicit(2, der.octet_string(RESPONDER_KEY.public.key_identifier)),
        said["produced"],
        der.sequence(single),
        said.get("about_all", b""),
    )


def revoked(*reason: bytes, at: datetime = NOW) -> dict[str, bytes]:
    since = der.generalized_time(at)
    why = der.explicit(0, b"".join(reason)) if reason else b""
    return {"status": der.explicit(1, since + why)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": der.implicit(2, b"")},
        revoked(),
        revoked(at=NOW + policy.SKEW),
        *(revoked(der.enumerated(code)) for code in (0, 6, 8, 10)),
        {"about_one": der.explicit(1, der.sequence(EXTENSION))},
        {"about_all": der.explicit(1, der.sequence(EXTENSION))},
    ],
)
def test_answers_say_good_unknown_or_revoked_and_perhaps_why(changes):
    policy.check(OCSP, answer(**changes), RESPONDER_TERMS, at=NOW)


SPELT_OUT = der.sequence(der.oid(oids.OCSP_NONCE), b"\x01\x01\x05", der.octet_string(b""))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"until": UNTIL * 2}, "der.trailing_bytes"),
        ({"until": der.utc_time(NOW + DAY / 2)}, "der.unexpected"),
        ({"produced": der.utc_time(NOW)}, "der.unexpected"),
        ({"status": der.implicit(4, b"x")}, "policy.status"),
        ({"status": der.implicit(0, b"x")}, "der.trailing_bytes"),
        ({"status": der.explicit(1, b"")}, "der.truncated"),
        ({"status": der.explicit(1, der.utc_time(NOW))}, "der.unexpected"),
        ({"status": der.explicit(1, SINCE * 2)}, "der.trailing_bytes"),
        (revoked(b"junk"), "der.truncated"),
        (revoked(b""), "der.truncated"),
        (revoked(der.integer(1)), "der.unexpected"),
        (revoked(der.enumerated(1), der.enumerated(0)), "der.trailing_bytes"),
        (revoked(der.tlv(der.ENUMERATED, b"\x00\x01")), "der.integer"),
        *((revoked(der.enumerated(code)), "crl.reason") for code in (-1, 7, 11)),
        (revoked(at=NOW + policy.SKEW + timedelta(seconds=1)), "policy.revoked_at"),
        *(
            ({place: der.explicit(1, junk)}, rule)
            for place in ("about_one", "about_all")
            for junk, rule in (
                (b"junk!", "der.truncated"),
                (der.sequence(EXTENSION) * 2, "der.trailing_bytes"),
                (der.sequence(EXTENSION * 2), "policy.extensions"),
                (der.sequence(der.octet_string(b"")), "der.unexpected"),
                (der.sequence(SPELT_OUT), "der.boolean"),
            )
        ),
    ],
)
def test_answers_have_the_form_of_the_standard(changes, rule):
    """RFC 6960 4.2.1: what others might read otherwise is not signed."""
    assert refusal(OCSP, answer(**changes), RESPONDER_TERMS) == rule


# -- time stamps --------------------------------------------------------------------------------

SECOND, INSTANT = timedelta(seconds=1), timedelta(microseconds=1)


def stamp(**changes: object) -> bytes:
    return timestamps.encode(made.stamp(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"nonce": None},
        {"at": NOW + SECOND},
        {"at": NOW - SECOND},
        {"accuracy": timedelta(milliseconds=20), "at": NOW - timedelta(microseconds=19_999)},
    ],
)
def test_the_time_is_stamped_as_the_signers_clock_has_it(changes):
    """CPS-6.8"""
    policy.check(TIME_STAMP, stamp(**changes), STAMPER_TERMS, at=NOW)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"at": NOW + SECOND + INSTANT}, "policy.gen_time"),
        ({"at": NOW - SECOND - INSTANT}, "policy.gen_time"),
        ({"accuracy": timedelta(milliseconds=20), "at": NOW - SECOND}, "policy.gen_time"),
        ({"accuracy": None}, "policy.accuracy"),
        ({"accuracy": timedelta(0)}, "policy.accuracy"),
        ({"accuracy": SECOND + INSTANT}, "policy.accuracy"),
        ({"ordering": True}, "policy.ordering"),
        ({"serial": 0}, "timestamp.serial"),
        ({"imprint": timestamps.imprint(oids.SHA1, bytes(20))}, "timestamp.digest"),
    ],
)
def test_another_time_and_what_nobody_can_keep_is_not_stamped(changes, rule):
    """CPS-6.8"""
    assert refusal(TIME_STAMP, stamp(**changes), STAMPER_TERMS) == rule


def test_a_key_stamps_while_its_certificate_for_that_alone_is_valid():
    """CPS-6.8"""
    authority = STAMPER_TERMS.authority

    def held(changed: Authority | None) -> Terms:
        return replace(STAMPER_TERMS, authority=changed)

    ended, coming = replace(authority, not_after=NOW - SECOND), replace(authority, not_before=NOW)
    assert refusal(TIME_STAMP, stamp(), held(ended)) == "policy.validity"
    assert refusal(TIME_STAMP, stamp(at=NOW - INSTANT), held(coming)) == "policy.validity"
    policy.check(TIME_STAMP, stamp(), held(coming), at=NOW)
    assert refusal(TIME_STAMP, stamp(), held(TERMS.authority)) == "policy.stamper"
    assert refusal(TIME_STAMP, stamp(), held(None)) == "policy.no_certificate"
    assert refusal(TIME_STAMP, stamp()) == "policy.kind"


def test_a_key_asks_for_a_certificate_of_itself_during_set_up():
    """CPS-6.1.1a: for a CA elsewhere to sign."""
    setting_up = replace(TERMS, kinds=frozenset({REQUEST}), in_ceremony=True, authority=None)
    own = requests.encode_body(NAME, CA_KEY.public)
    foreign = requests.encode_body(NAME, USER_KEY.public)

    policy.check(REQUEST, own, setting_up, at=NOW)
    assert refusal(REQUEST, own, replace(setting_up, in_ceremony=False)) == "policy.ceremony"
    assert refusal(REQUEST, foreign, setting_up) == "policy.request_key"
    assert refusal(REQUEST, own) == "policy.kind"
    assert refusal(REQUEST, own[:-1], setting_up).startswith("der.")
    later = own.replace(der.integer(0), der.integer(1), 1)
    assert refusal(REQUEST, later, setting_up) == "policy.version"


def test_no_bytes_pass_for_two_kinds():
    every = replace(
        TERMS,
        kinds=frozenset({CERTIFICATE, CRL, CA_CERTIFICATE, OCSP, TIME_STAMP}),
        in_ceremony=True,
    )
    responder = replace(RESPONDER_TERMS, kinds=every.kinds)
    right = {
        CERTIFICATE: (user_tbs(), every),
        CA_CERTIFICATE: (CA_TBS, every),
        CRL: (OFFICE.list_tbs(), every),
        OCSP: (made.answer_tbs(OFFICE, RESPONDER_KEY.public), responder),
        TIME_STAMP: (stamp(), replace(STAMPER_TERMS, kinds=every.kinds)),
    }

    for wanted, (tbs, terms) in right.items():
        policy.check(wanted, tbs, terms, at=NOW)
        for other in right.keys() - {wanted}:
            assert refusal(other, tbs, terms)


WHOLE = {
    CERTIFICATE: (user_tbs(*made.AS_RESPONDER[:1], extensions.basic_constraints(False)), TERMS),
    CA_CERTIFICATE: (CA_TBS, replace(TERMS, in_ceremony=True)),
    CRL: (OFFICE.list_tbs(), TERMS),
    OCSP: (made.answer_tbs(OFFICE, RESPONDER_KEY.public, nonce=bytes(8)), RESPONDER_TERMS),
    TIME_STAMP: (stamp(), STAMPER_TERMS),
}


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damaged_bytes_are_judged_or_refused_but_never_a_surprise(kind, data):
    tbs, terms = WHOLE[kind]
    places = st.integers(min_value=0, max_value=len(tbs) - 1)
    damaged = bytearray(tbs)
    for place, octet in data.draw(st.dictionaries(places, st.integers(0, 255), max_size=4)).items():
        damaged[place] = octet
    cut = data.draw(st.none() | places)

    with suppress(Refused, Malformed):
        policy.check(kind, bytes(damaged[:cut]), terms, at=NOW)
        assert damaged[:1] == b"\x30"


@given(st.sampled_from(sorted(WHOLE)), st.binary(max_size=200))
def test_arbitrary_bytes_are_never_signed(kind, noise):
    assert refusal(kind, noise, WHOLE[kind][1])
