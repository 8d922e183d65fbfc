"""PKCS#10: proof of possession, and a refusal of its own for everything else (CPS-3.2.1)."""

import base64
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pki import der, extensions, keys, names, oids, pem, requests, signatures
from pki.sm.sm3 import sm3
from tests.unit.pki.refusing import rule_of

WANG = names.build([("C", "CN"), ("O", "晨星有限公司"), ("CN", "王小明")])
SM2, RSA, P256 = KEYS = [keys.generate(algorithm) for algorithm in ("sm2", "rsa-2048", "ec-p256")]
each_key = pytest.mark.parametrize("key", KEYS, ids=["sm2", "rsa", "ec"])
NO_ATTRIBUTES = der.explicit(0, b"")


def request_body(
    *,
    version: bytes = der.integer(0),
    subject: bytes = WANG.der,
    spki: bytes = SM2.public.spki,
    attributes: bytes = NO_ATTRIBUTES,
) -> bytes:
    return der.sequence(version, subject, spki, attributes)


def signed(
    body: bytes, signature: bytes | None = None, algorithm: bytes = signatures.identifier("sm2-sm3")
) -> bytes:
    return der.sequence(body, algorithm, der.bit_string(signature or SM2.sign(body)))


def attribute(oid: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of(*values))


def wishing(*wishes: extensions.Extension) -> bytes:
    return signed(
        request_body(
            attributes=der.explicit(
                0, attribute(oids.EXTENSION_REQUEST, extensions.encode_all(wishes))
            )
        )
    )


def read_and_verify(data: bytes) -> requests.Request:
    request = requests.parse(data)
    requests.verify(request)
    return request


@each_key
def test_the_holder_of_a_key_proves_it(key):
    request = read_and_verify(requests.build(WANG, key))

    assert request.subject == WANG
    assert request.public_key == key.public
    assert request.signature_algorithm == key.signature_algorithm
    assert request.requested_extensions == ()


@each_key
def test_openssl_finds_the_proof_good_too(key, tmp_path):
    path = tmp_path / "request.der"
    path.write_bytes(requests.build(WANG, key))

    command = ["openssl", "req", "-verify", "-noout", "-inform", "DER", "-in", path]
    option = ["-vfyopt", "distid:1234567812345678"] if key is SM2 else []
    shown = subprocess.run([*command, *option], check=True, capture_output=True, text=True)

    assert "self-signature verify OK" in shown.stdout + shown.stderr


def test_a_request_made_by_openssl_is_read(tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes(pem.write("PRIVATE KEY", keys.private_key_to_pkcs8(SM2)))

    make = ["openssl", "req", "-new", "-key", key, "-subj", "/C=CN/CN=Wang", "-sm3"]
    option = ["-sigopt", "distid:1234567812345678"]
    made = subprocess.run([*make, *option], check=True, capture_output=True)

    assert read_and_verify(made.stdout).subject.text == "CN=Wang, C=CN"


def test_a_request_made_by_cryptography_is_read_with_its_wishes():
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name.from_rfc4514_string("CN=Wang,C=CN"))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("example.cn")]), critical=False)
        .sign(RSA.key, hashes.SHA256())
    )

    request = read_and_verify(made.public_bytes(Encoding.DER))

    wish = extensions.subject_alternative_name(dns=["example.cn"])
    assert request.requested_extensions == (wish,)


@pytest.mark.parametrize("label", ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"])
def test_pem_is_read_under_both_labels(label):
    data = requests.build(WANG, SM2)

    assert requests.parse(pem.write(label, data)).der == data


def test_pem_with_windows_line_ends_is_read():
    armoured = pem.write("CERTIFICATE REQUEST", requests.build(WANG, SM2))

    assert requests.parse(armoured.replace(b"\n", b"\r\n")).subject == WANG


def test_missing_attributes_and_version_1_are_read():
    read_and_verify(signed(request_body(attributes=b"")))
    read_and_verify(signed(request_body(version=der.integer(1))))


def test_absent_signature_parameters_are_read():
    absent = der.sequence(der.oid(oids.SM2_WITH_SM3))

    assert (
        read_and_verify(signed(request_body(), algorithm=absent)).signature_algorithm == "sm2-sm3"
    )


def test_a_country_in_utf8_is_read():
    pair = der.sequence(der.oid(oids.COUNTRY), der.utf8("CN"))

    request = read_and_verify(signed(request_body(subject=der.sequence(der.set_of(pair)))))

    assert request.subject.text == "C=CN"


def test_other_attributes_are_passed_over():
    password = attribute("1.2.840.113549.1.9.7", der.utf8("secret"))

    read_and_verify(signed(request_body(attributes=der.explicit(0, password))))


GOOD = requests.build(WANG, SM2)
BODY = request_body()
TWICE = extensions.key_usage(["digitalSignature"])
PARSING = {
    "nothing": (b"", "request.not_pem_or_der"),
    "text": (b"hello", "request.not_pem_or_der"),
    "bare base64": (base64.b64encode(GOOD), "request.not_pem_or_der"),
    "a certificate's label": (pem.write("CERTIFICATE", GOOD), "request.not_pem_or_der"),
    "two in one": (2 * pem.write("CERTIFICATE REQUEST", GOOD), "request.not_pem_or_der"),
    "broken base64": (
        b"-----BEGIN CERTIFICATE REQUEST-----\nMII\n-----END CERTIFICATE REQUEST-----\n",
        "request.not_pem_or_der",
    ),
    "too large": (b"\x30" + bytes(16 * 1024), "request.too_large"),
    "trailing byte": (GOOD + b"\x00", "request.trailing_bytes"),
    "trailing byte in PEM": (
        pem.write("CERTIFICATE REQUEST", GOOD + b"\x00"),
        "request.trailing_bytes",
    ),
    "cut off": (GOOD[:-1], "request.not_der"),
    "indefinite length": (b"\x30\x80" + GOOD[4:] + b"\x00\x00", "request.not_der"),
    "fourth member": (der.sequence(BODY, BODY, der.bit_string(b""), der.NULL), "request.not_der"),
    "version 2": (signed(request_body(version=der.integer(2))), "request.version"),
    "attribute twice": (
        signed(request_body(attributes=der.explicit(0, 2 * attribute("1.2.3.4", der.NULL)))),
        "request.attributes",
    ),
    "wish twice": (wishing(TWICE, TWICE), "request.attributes"),
    "SPKI of base64 text": (
        signed(request_body(spki=der.sequence(der.octet_string(b"MFkwEwYHKoZI")))),
        "key.not_der",
    ),
    "point off the curve": (
        signed(request_body(spki=SM2.public.spki[:-1] + bytes([SM2.public.spki[-1] ^ 1]))),
        "key.point_off_curve",
    ),
    "name that is none": (
        signed(request_body(subject=der.sequence(der.set_of()))),
        "name.empty_rdn",
    ),
    "unknown algorithm": (
        signed(BODY, algorithm=der.sequence(der.oid("1.2.840.113549.1.1.10"))),
        "signature.unknown_algorithm",
    ),
}


@pytest.mark.parametrize("name", PARSING)
def test_what_is_no_request_is_refused_by_its_own_rule(name):
    data, rule = PARSING[name]

    assert rule_of(requests.parse, data) == rule


def test_16384_octets_are_not_too_many():
    filled = signed(
        request_body(
            attributes=der.explicit(0, attribute("1.2.3.4", der.octet_string(bytes(16000))))
        )
    )

    assert 16000 < len(filled) <= requests.MAX_SIZE
    read_and_verify(filled)


def raw(signature: bytes) -> bytes:
    reader = der.only(signature)
    return b"".join(reader.integer().to_bytes(32, "big") for _ in "rs")


VERIFYING = {
    "somebody else's signature": (
        signed(BODY, keys.generate("sm2").sign(BODY)),
        "request.bad_signature",
    ),
    "signature of another request": (signed(BODY, SM2.sign(b"")), "request.bad_signature"),
    "without Z": (signed(BODY, SM2.key.sign_digest(sm3(BODY))), "request.sm2_without_z"),
    "with an empty identity": (signed(BODY, SM2.key.sign(BODY, b"")), "request.sm2_empty_id"),
    "r and s bare": (signed(BODY, raw(SM2.sign(BODY))), "request.sm2_raw_signature"),
    "r and s bare, without Z": (
        signed(BODY, raw(SM2.key.sign_digest(sm3(BODY)))),
        "request.sm2_raw_signature",
    ),
    "an SM2 key, signed with RSA": (
        signed(BODY, RSA.sign(BODY), signatures.identifier("rsa-sha256")),
        "request.algorithm_mismatch",
    ),
    "CA:TRUE": (wishing(extensions.basic_constraints(True)), "request.ca_requested"),
    "CA:TRUE, path length 0": (
        wishing(extensions.basic_constraints(True, 0)),
        "request.ca_requested",
    ),
    "keyCertSign": (wishing(extensions.key_usage(["keyCertSign"])), "request.ca_requested"),
    "cRLSign": (wishing(extensions.key_usage(["cRLSign"])), "request.ca_requested"),
    "unreadable constraints": (
        wishing(extensions.Extension(oids.BASIC_CONSTRAINTS, False, b"\x30\x01")),
        "request.ca_requested",
    ),
}


@pytest.mark.parametrize("name", VERIFYING)
def test_a_request_without_a_good_proof_is_refused_by_its_own_rule(name):
    data, rule = VERIFYING[name]

    assert rule_of(requests.verify, requests.parse(data)) == rule


def test_modest_wishes_are_no_reason_to_refuse():
    request = read_and_verify(
        wishing(extensions.basic_constraints(False), extensions.key_usage(["digitalSignature"]))
    )

    assert len(request.requested_extensions) == 2
    assert not requests.asks_for_ca(request)


def test_ca_false_spelt_out_is_no_wish_for_a_ca():
    not_der = extensions.Extension(oids.BASIC_CONSTRAINTS, False, bytes.fromhex("3003010100"))

    assert not requests.asks_for_ca(requests.parse(wishing(not_der)))


@pytest.mark.parametrize(
    ("digest", "oid"),
    [(hashes.SHA1(), oids.RSA_WITH_SHA1), (hashes.MD5(), oids.RSA_WITH_MD5)],
    ids=["sha1", "md5"],
)
def test_a_proof_over_a_weak_digest_is_refused(digest, oid):
    body = request_body(spki=RSA.public.spki)
    signature = RSA.key.sign(body, padding.PKCS1v15(), digest)

    data = signed(body, signature, der.sequence(der.oid(oid), der.NULL))

    assert rule_of(requests.verify, requests.parse(data)) == "request.weak_signature"


AREAS = ("request", "key", "name", "signature")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(noise):
    for data in (noise, der.sequence(noise), signed(noise), signed(der.sequence(noise))):
        assert rule_of(requests.parse, data).partition(".")[0] in AREAS


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_request_with_one_octet_changed_is_refused(place, change):
    data = bytearray(GOOD)
    data[place] ^= change

    assert rule_of(read_and_verify, bytes(data)).partition(".")[0] in AREAS


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=8))
def test_a_request_with_a_piece_replaced_is_refused(start, end, piece):
    data = GOOD[:start] + piece + GOOD[end:]

    if data != GOOD:
        assert rule_of(read_and_verify, data).partition(".")[0] in AREAS
