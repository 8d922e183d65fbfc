"""Revocation lists of 100,000 and a million entries; OCSP requests and responses."""

import secrets
from datetime import timedelta

from cryptography import x509

from pki import crls, ocsp
from pki.crls import REASONS, Entry
from pki.ocsp import Single
from tests.benchmarks.harness import milliseconds, per_second
from tests.support.pki import AT, DAY, hierarchy, ocsp_response

MANY = 100_000


def measure() -> None:
    """Lists first, then OCSP; SM2 throughout."""
    _lists()
    _answers()


def _lists() -> None:
    ca, reasons = hierarchy("sm2").ca, [*REASONS][1:6]
    entries = [
        Entry(secrets.randbits(126) | 1 << 126, AT - timedelta(seconds=place), reasons[place % 5])
        for place in range(MANY)
    ]
    stored = [entry.der for entry in entries]
    million = [entry for entry in stored for _ in range(10)]

    def encode(some: list[bytes] | list[Entry]) -> bytes:
        return crls.encode(ca.name, 7, AT, AT + DAY, some, ca.key_id, "sm2-sm3")

    tbs = encode(stored)
    signed = crls.assemble(tbs, ca.key.sign(tbs))
    milliseconds("CRL, 100,000 stored entries: encode", lambda: encode(stored), times=5)
    milliseconds("CRL, 1,000,000 stored entries: encode", lambda: encode(million), times=3)
    milliseconds("CRL, 100,000 entries from scratch: encode", lambda: encode(entries), times=3)
    milliseconds("CRL, 100,000 entries: parse, every value", lambda: crls.parse(signed), times=5)
    milliseconds(
        "CRL, 100,000 entries: bare cryptography, parse, serials",
        lambda: [each.serial_number for each in x509.load_der_x509_crl(signed)],
        times=5,
    )


def _answers() -> None:
    tree = hierarchy("sm2")
    cert_id = ocsp.cert_id_for(tree.ca.certificate, tree.signing.certificate.serial)
    request = ocsp.encode_request([cert_id], b"n" * 16)
    single = Single(cert_id, "revoked", AT, AT + DAY, AT - DAY, "superseded")
    response = ocsp_response(tree.responder, [single], nonce=b"n" * 16)
    key_hash = tree.responder.key_id

    def encode() -> bytes:
        return ocsp.encode_response_data(key_hash, AT, [single], b"n" * 16)

    def verify() -> None:
        ocsp.verify_response(ocsp.parse_response(response), tree.ca.certificate, AT)

    per_second("OCSP request: parse", lambda: ocsp.parse_request(request), times=5000)
    per_second("OCSP response: encode what is signed", encode, times=5000)
    per_second(
        "OCSP response, SM2: encode, sign, assemble",
        lambda: ocsp_response(tree.responder, [single], nonce=b"n" * 16),
        times=500,
    )
    per_second("OCSP response: parse", lambda: ocsp.parse_response(response), times=5000)
    per_second("OCSP response, SM2: parse, verify response and delegate", verify, times=500)
