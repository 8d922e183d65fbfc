"""OCSP: requests and responses, and who may speak for whom (CPS-7.3, CPS-4.9.9/10)."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as their_ocsp
from hypothesis import given
from hypothesis import strategies as st

from pki import crls, der, extensions, keys, ocsp, oids
from pki.errors import PkiError
from pki.extensions import Extension
from pki.ocsp import CertId, Single
from tests.support.pki import (
    ALGORITHMS,
    AT,
    DAY,
    Hierarchy,
    as_responder,
    certify,
    hierarchy,
    ocsp_response,
)
from tests.unit.pki.refusing import rule_of

HASHES = ("sha1", "sha256", "sm3")
SERIALS = st.integers(1, 2**159 - 1)
SECONDS = st.datetimes(datetime(1970, 1, 1), datetime(2149, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
NONCES = st.none() | st.binary(min_size=1, max_size=128)


def cert_id(serial: int, hash_algorithm: str = "sha1", algorithm: str = "sm2") -> CertId:
    return ocsp.cert_id_for(hierarchy(algorithm).ca.certificate, serial, hash_algorithm)


def good(serial: int = 11, algorithm: str = "sm2") -> Single:
    return Single(cert_id(serial, algorithm=algorithm), "good", AT, AT + DAY)


GOOD_OR_UNKNOWN = st.builds(
    Single,
    st.builds(cert_id, SERIALS, st.sampled_from(HASHES)),
    st.sampled_from(["good", "unknown"]),
    SECONDS,
    st.none() | SECONDS,
)
REVOKED = st.builds(
    Single,
    st.builds(cert_id, SERIALS, st.sampled_from(HASHES)),
    st.just("revoked"),
    SECONDS,
    st.none() | SECONDS,
    SECONDS,
    st.sampled_from([None, *crls.REASONS]),
)


@pytest.fixture
def tree() -> Hierarchy:
    return hierarchy("sm2")


# -- requests -----------------------------------------------------------------------------------


@given(st.lists(st.builds(cert_id, SERIALS, st.sampled_from(HASHES)), min_size=1), NONCES)
def test_a_request_comes_back(cert_ids, nonce):
    request = ocsp.parse_request(ocsp.encode_request(cert_ids, nonce))
    assert (list(request.cert_ids), request.nonce) == (cert_ids, nonce)
    assert [asked.der for asked in request.cert_ids] == [asked.der for asked in cert_ids]


@pytest.mark.parametrize("hash_algorithm", ["sha1", "sha256"])
@pytest.mark.parametrize("nonce", [None, b"12345678"])
def test_requests_are_written_like_elsewhere(hash_algorithm, nonce):
    tree = hierarchy("ec-p256")
    leaf, ca = (
        x509.load_der_x509_certificate(holder.certificate.der) for holder in (tree.signing, tree.ca)
    )
    named = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}[hash_algorithm]
    builder = their_ocsp.OCSPRequestBuilder().add_certificate(leaf, ca, named)
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    theirs = builder.build().public_bytes(Encoding.DER)
    ours = cert_id(tree.signing.certificate.serial, hash_algorithm, "ec-p256")
    assert ocsp.encode_request([ours], nonce) == theirs


def test_hash_parameters_may_be_absent_and_go_back_as_they_came():
    asked = cert_id(7)
    absent = der.sequence(der.sequence(der.oid(oids.SHA1)), *_rest())
    request = der.sequence(der.sequence(der.sequence(der.sequence(absent))))
    (found,) = ocsp.parse_request(request).cert_ids
    assert found == asked
    assert found.der == absent != asked.der
    response = ocsp.encode_response_data(b"k" * 20, AT, [Single(found, "good", AT)])
    assert absent in response


def _rest() -> list[bytes]:
    return [
        der.octet_string(cert_id(7).issuer_name_hash),
        der.octet_string(cert_id(7).issuer_key_hash),
        der.integer(7),
    ]


def test_a_hash_nobody_knows_belongs_to_no_ca(tree):
    sha384 = der.sequence(der.oid(oids.SHA384), der.NULL)
    encoded = der.sequence(sha384, *_rest())
    (found,) = ocsp.parse_request(
        der.sequence(der.sequence(der.sequence(der.sequence(encoded))))
    ).cert_ids
    assert found.hash_algorithm == oids.SHA384
    assert not ocsp.issued_by(found, tree.ca.certificate)


@pytest.mark.parametrize("hash_algorithm", HASHES)
def test_a_ca_knows_its_own(tree, hash_algorithm):
    assert ocsp.issued_by(cert_id(7, hash_algorithm), tree.ca.certificate)
    assert not ocsp.issued_by(cert_id(7, hash_algorithm), tree.root.certificate)
    assert not ocsp.issued_by(cert_id(7, hash_algorithm), hierarchy("ec-p256").ca.certificate)


def test_signed_requests_with_a_name_are_read(tree):
    version = der.explicit(0, der.integer(0))
    requestor = der.explicit(1, der.explicit(4, tree.signing.name.der))
    body = der.sequence(version, requestor, der.sequence(der.sequence(cert_id(7).der)))
    signed = der.sequence(der.sequence(der.oid(oids.SM2_WITH_SM3)), der.bit_string(b"sig"))
    request = ocsp.parse_request(der.sequence(body, der.explicit(0, signed)))
    assert request.cert_ids == (cert_id(7),)


def with_extension(extension: Extension) -> bytes:
    body = der.sequence(der.sequence(cert_id(7).der))
    said = der.explicit(2, extensions.encode_all((extension,)))
    return der.sequence(der.sequence(body, said))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "ocsp.not_der"),
        (ocsp.encode_request([cert_id(7)]) + b"\x00", "ocsp.not_der"),
        (ocsp.encode_request([]), "ocsp.empty"),
        (b"\x30" * (64 * 1024 + 1), "ocsp.too_large"),
        (with_extension(Extension("1.2.3.4", True, b"")), "ocsp.extension"),
        (with_extension(Extension(oids.OCSP_NONCE, False, der.octet_string(b""))), "ocsp.nonce"),
        (ocsp.encode_request([cert_id(7)], b"n" * 129), "ocsp.nonce"),
        (with_extension(Extension(oids.OCSP_NONCE, False, b"raw nonce")), "ocsp.not_der"),
        (
            der.sequence(der.sequence(der.explicit(0, der.integer(1)), der.sequence())),
            "ocsp.version",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else f"{len(one)} octets",  # the keys are new ones
)
def test_other_requests_are_refused(data, rule):
    assert rule_of(ocsp.parse_request, data) == rule


def test_an_extension_that_is_not_critical_is_skipped():
    assert ocsp.parse_request(with_extension(Extension("1.2.3.4", False, b""))).nonce is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(data):
    assert rule_of(ocsp.parse_request, data)


@given(st.data())
def test_a_damaged_request_is_read_or_refused(data):
    whole = ocsp.encode_request([cert_id(7), cert_id(8, "sm3")], b"n" * 16)
    rule_of(ocsp.parse_request, damaged(data, whole))  # no other exception


def damaged(data, whole: bytes) -> bytes:
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    return bytes(changed[: data.draw(st.integers(0, len(whole)))])


# -- responses ----------------------------------------------------------------------------------


@given(st.lists(GOOD_OR_UNKNOWN | REVOKED, max_size=4), NONCES)
def test_a_response_comes_back(singles, nonce):
    tree = hierarchy("sm2")
    basic = ocsp.parse_response(ocsp_response(tree.responder, singles, nonce=nonce)).basic
    said = [
        single._replace(reason=None if single.reason == "unspecified" else single.reason)
        for single in singles
    ]
    assert list(basic.singles) == said
    assert (basic.nonce, basic.produced_at) == (nonce, AT)
    assert basic.responder == tree.responder.key_id
    assert basic.certificates == (tree.responder.certificate.der,)
    assert basic.signature_algorithm == "sm2-sm3"


STATUSES = {
    "good": (their_ocsp.OCSPCertStatus.GOOD, None, None),
    "unknown": (their_ocsp.OCSPCertStatus.UNKNOWN, None, None),
    "superseded": (their_ocsp.OCSPCertStatus.REVOKED, AT - DAY, x509.ReasonFlags.superseded),
    "certificateHold": (
        their_ocsp.OCSPCertStatus.REVOKED,
        AT - DAY,
        x509.ReasonFlags.certificate_hold,
    ),
    None: (their_ocsp.OCSPCertStatus.REVOKED, AT - DAY, None),
}


@pytest.mark.parametrize("said", list(STATUSES))
@pytest.mark.parametrize("nonce", [None, b"n" * 32])
@pytest.mark.parametrize("until", [None, AT + DAY])
def test_responses_are_written_like_elsewhere(said, nonce, until):
    tree = hierarchy("ec-p256")
    status, since, reason = STATUSES[said]
    responder = x509.load_der_x509_certificate(tree.responder.certificate.der)
    builder = (
        their_ocsp.OCSPResponseBuilder()
        .add_response(
            x509.load_der_x509_certificate(tree.signing.certificate.der),
            x509.load_der_x509_certificate(tree.ca.certificate.der),
            *(hashes.SHA1(), status, AT, until, since, reason),
        )
        .responder_id(their_ocsp.OCSPResponderEncoding.HASH, responder)
        .certificates([responder])
    )
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    theirs = builder.sign(tree.responder.key.key, hashes.SHA256())
    serial = tree.signing.certificate.serial
    plain = said if said in {"good", "unknown"} else "revoked"
    single = Single(
        cert_id(serial, algorithm="ec-p256"), plain, AT, until, since, said if since else None
    )
    ours = ocsp.encode_response_data(tree.responder.key_id, theirs.produced_at_utc, [single], nonce)
    assert ours == theirs.tbs_response_bytes
    whole = ocsp.assemble_response(
        ours, theirs.signature, "ecdsa-sha256", [tree.responder.certificate.der]
    )
    assert whole == theirs.public_bytes(Encoding.DER)
    assert asn1_ocsp.OCSPResponse.load(whole).native
    assert asn1_ocsp.OCSPResponse.load(whole).dump(force=True) == whole


@pytest.mark.parametrize(
    "status", ["malformedRequest", "internalError", "tryLater", "sigRequired", "unauthorized"]
)
def test_a_refusal_is_five_octets_and_says_why(status):
    encoded = ocsp.error_response(status)
    theirs = their_ocsp.load_der_ocsp_response(encoded)
    assert len(encoded) == 5
    assert theirs.response_status.value == ocsp.STATUSES[status]
    assert ocsp.parse_response(encoded) == ocsp.Response(status)


@pytest.mark.parametrize("status", ["successful", "busy"])
def test_there_are_no_other_refusals(status):
    assert rule_of(ocsp.error_response, status) == "ocsp.status"


@pytest.mark.parametrize(
    "single",
    [
        good()._replace(status="fine"),
        good()._replace(status="revoked"),
        good()._replace(revoked_at=AT),
    ],
)
def test_half_a_status_is_not_written(single):
    assert rule_of(ocsp.encode_response_data, b"k" * 20, AT, [single]) == "ocsp.status"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "ocsp.not_der"),
        (der.sequence(der.enumerated(0)), "ocsp.status"),
        (der.sequence(der.enumerated(4)), "ocsp.status"),
        (der.sequence(der.enumerated(1), der.explicit(0, der.sequence())), "ocsp.status"),
        (
            der.sequence(
                der.enumerated(0),
                der.explicit(0, der.sequence(der.oid("1.2.3"), der.octet_string(b""))),
            ),
            "ocsp.type",
        ),
    ],
)
def test_other_responses_are_refused(data, rule):
    assert rule_of(ocsp.parse_response, data) == rule


@given(st.binary(max_size=200))
def test_any_bytes_are_a_response_or_refused(data):
    assert rule_of(ocsp.parse_response, data)


@cache
def one_response() -> bytes:
    return ocsp_response(hierarchy("sm2").responder, [good()], nonce=b"n" * 16)


@given(st.data())
def test_a_damaged_response_is_never_taken_for_another_one(data):
    whole = one_response()
    broken = damaged(data, whole)
    try:
        response = ocsp.parse_response(broken)
        ocsp.verify_response(response, hierarchy("sm2").ca.certificate, AT)
    except PkiError:
        assert broken != whole
    else:
        assert response.basic.tbs == ocsp.parse_response(whole).basic.tbs


# -- verifying ----------------------------------------------------------------------------------


def verdict(response: bytes, issuer, at: datetime | None = AT, **more) -> str:
    return rule_of(ocsp.verify_response, ocsp.parse_response(response), issuer, at, **more)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_delegate_or_the_ca_may_answer(algorithm):
    tree = hierarchy(algorithm)
    delegated = ocsp.parse_response(ocsp_response(tree.responder, [good(algorithm=algorithm)]))
    own = ocsp.parse_response(ocsp_response(tree.ca, [good(algorithm=algorithm)], sent=()))
    ca = tree.ca.certificate
    assert ocsp.verify_response(delegated, ca, AT) == tree.responder.certificate
    assert ocsp.verify_response(own, ca, AT) == ca


def test_a_responder_may_give_its_name(tree):
    by_key = ocsp.encode_response_data(tree.responder.key_id, AT, [good()])
    named = der.explicit(1, tree.responder.name.der)
    tbs = der.sequence(by_key_replaced(by_key, named))
    response = ocsp.assemble_response(
        tbs, tree.responder.key.sign(tbs), "sm2-sm3", [tree.responder.certificate.der]
    )
    assert verdict(response, tree.ca.certificate) == ""


def by_key_replaced(tbs: bytes, responder: bytes) -> bytes:
    reader = der.only(tbs)
    reader.any()
    return responder + reader.rest()


def test_nobody_else_may_answer(tree):
    ca = tree.ca.certificate
    stranger = certify(keys.generate("sm2"), tree.responder.name, as_responder(), issuer=tree.root)
    forged = certify(keys.generate("sm2"), tree.responder.name, as_responder())
    assert verdict(ocsp_response(tree.signing, [good()]), ca) == "ocsp.responder_purpose"
    assert verdict(ocsp_response(stranger, [good()]), ca) == "certificate.wrong_issuer"
    assert verdict(ocsp_response(forged, [good()]), ca) == "certificate.wrong_issuer"
    assert verdict(ocsp_response(tree.responder, [good()], sent=()), ca) == (
        "ocsp.unknown_responder"
    )


def test_a_delegate_needs_its_purpose_its_usage_and_no_check(tree):
    usage, purpose, no_check = as_responder()
    encrypts = extensions.key_usage({"keyEncipherment"})
    for said, rule in [
        ((usage, no_check), "ocsp.responder_purpose"),
        ((encrypts, purpose, no_check), "ocsp.responder_purpose"),
        ((usage, purpose), "ocsp.responder_check"),
    ]:
        delegate = certify(tree.responder.key, tree.responder.name, said, issuer=tree.ca)
        assert verdict(ocsp_response(delegate, [good()]), tree.ca.certificate) == rule


def test_a_delegate_answers_while_its_certificate_is_valid(tree):
    old = certify(
        tree.responder.key,
        tree.responder.name,
        as_responder(),
        issuer=tree.ca,
        not_after=AT - DAY,
    )
    response = ocsp_response(old, [good()])
    assert verdict(response, tree.ca.certificate) == "certificate.expired"
    assert verdict(response, tree.ca.certificate, None) == ""


def test_an_answer_holds_from_its_update_to_the_next(tree):
    response, ca = ocsp_response(tree.responder, [good()]), tree.ca.certificate
    assert verdict(response, ca, AT - timedelta(seconds=1)) == "ocsp.not_yet_valid"
    assert verdict(response, ca, AT + DAY) == ""
    assert verdict(response, ca, AT + DAY + timedelta(seconds=1)) == "ocsp.stale"


def test_a_ca_does_not_speak_for_another(tree):
    about_root = Single(ocsp.cert_id_for(tree.root.certificate, 7), "good", AT)
    response = ocsp_response(tree.responder, [good(), about_root])
    assert verdict(response, tree.ca.certificate) == "ocsp.other_issuer"


def test_a_refusal_proves_nothing(tree):
    refusal = ocsp.error_response("tryLater")
    assert verdict(refusal, tree.ca.certificate) == "ocsp.not_successful"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_changed_answer_is_refused(algorithm):
    tree = hierarchy(algorithm)
    response = ocsp_response(tree.responder, [good(algorithm=algorithm)])
    changed = response.replace(b"20260602", b"20260603")
    assert changed != response
    assert verdict(changed, tree.ca.certificate) == "ocsp.bad_signature"


def test_an_answer_must_fit_the_question(tree):
    asked = ocsp.Request((cert_id(11), cert_id(12, "sm3")), b"n" * 16)
    ca, both = tree.ca.certificate, [good(), Single(cert_id(12, "sm3"), "unknown", AT)]
    answer = ocsp_response(tree.responder, both, nonce=asked.nonce)
    assert verdict(answer, ca, request=asked) == ""
    replayed = ocsp_response(tree.responder, both, nonce=b"m" * 16)
    assert verdict(replayed, ca, request=asked) == "ocsp.other_nonce"
    half = ocsp_response(tree.responder, both[:1], nonce=asked.nonce)
    assert verdict(half, ca, request=asked) == "ocsp.not_answered"


def test_an_answer_signed_ahead_leaves_the_nonce_unanswered_and_holds(tree):
    """RFC 9654 2.1, RFC 5019 4: who asks is told, and looks at thisUpdate instead."""
    asked = ocsp.Request((cert_id(11),), b"n" * 16)
    stored = ocsp_response(tree.responder, [good()])
    echoed = ocsp_response(tree.responder, [good()], nonce=asked.nonce)

    assert verdict(stored, tree.ca.certificate, request=asked) == ""
    assert not ocsp.answers_nonce(ocsp.parse_response(stored), asked)
    assert ocsp.answers_nonce(ocsp.parse_response(echoed), asked)
