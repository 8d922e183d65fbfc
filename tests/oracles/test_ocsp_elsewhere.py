"""Our OCSP responses, read by BouncyCastle, OpenSSL and pkilint; OpenSSL's requests, read by us.

CPS-7.3, CPS-4.9.9.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pki import keys, ocsp, pem
from pki.ocsp import Single
from tests.oracles.openssl import OpenSsl
from tests.oracles.refusals import OracleRefused
from tests.support.pki import ALGORITHMS, AT, DAY, Hierarchy, hierarchy, ocsp_response

HASHES = ("sha1", "sha256", "sm3")
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
every_hash = pytest.mark.parametrize("hash_algorithm", HASHES)


def three_singles(tree, hash_algorithm="sha1") -> list[Single]:
    ids = [ocsp.cert_id_for(tree.ca.certificate, serial, hash_algorithm) for serial in (11, 12, 13)]
    return [
        Single(ids[0], "good", AT, AT + DAY),
        Single(ids[1], "revoked", AT, AT + DAY, AT - 5 * DAY, "certificateHold"),
        Single(ids[2], "unknown", AT, AT + DAY),
    ]


@every_algorithm
@every_hash
def test_others_verify_a_response(bouncycastle, openssl, pkilint, algorithm, hash_algorithm):
    tree = hierarchy(algorithm)
    issuer, responder = tree.ca.certificate.der, tree.responder.certificate.der
    response = ocsp_response(tree.responder, three_singles(tree, hash_algorithm))
    assert bouncycastle.verify_ocsp(response, issuer) == {
        "statuses": "11:good,12:revoked@2026-05-27T08:00:00Z/6,13:unknown",
        "delegated": "true",
    }
    text = openssl.verify_ocsp(response, issuer, responder)
    assert "Revocation Reason: certificateHold (0x6)" in text
    pkilint.verify_ocsp(response)


@every_algorithm
def test_others_take_a_response_signed_by_the_ca_itself(bouncycastle, algorithm):
    tree = hierarchy(algorithm)
    response = ocsp_response(tree.ca, three_singles(tree), sent=())
    facts = bouncycastle.verify_ocsp(response, tree.ca.certificate.der)
    assert facts["delegated"] == "false"


@every_algorithm
def test_others_refuse_a_tampered_response(bouncycastle, openssl, algorithm):
    tree = hierarchy(algorithm)
    issuer, responder = tree.ca.certificate.der, tree.responder.certificate.der
    response = ocsp_response(tree.responder, three_singles(tree))
    bad = response.replace(b"20260527080000Z", b"20260528080000Z")
    assert bad != response
    with pytest.raises(OracleRefused, match="signature does not verify"):
        bouncycastle.verify_ocsp(bad, issuer)
    with pytest.raises(OracleRefused, match="Signature Verification Failure"):
        openssl.verify_ocsp(bad, issuer, responder)


def test_others_refuse_a_responder_without_the_purpose(bouncycastle):
    tree = hierarchy("sm2")
    impostor = tree.signing
    response = ocsp_response(impostor, three_singles(tree))
    with pytest.raises(OracleRefused, match="may not sign OCSP"):
        bouncycastle.verify_ocsp(response, tree.ca.certificate.der)


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256"])
def test_openssl_asks_and_takes_our_answer(openssl, algorithm, tmp_path):
    """The whole exchange by OpenSSL's own client; it cannot do so for SM2 (no user ID)."""
    tree = hierarchy(algorithm)
    request = ocsp.parse_request(openssl_request(openssl, tmp_path, tree, "sha256"))
    (cert_id,) = request.cert_ids
    good = Single(cert_id, "good", AT, AT + DAY)
    answer = ocsp_response(tree.responder, [good], nonce=request.nonce)
    file = tmp_path / "answer.der"
    file.write_bytes(answer)
    said = openssl.run(
        *("ocsp", "-reqin", str(tmp_path / "request.der"), "-respin", str(file)),
        *("-CAfile", str(tmp_path / "root.pem"), "-verify_other", str(tmp_path / "ca.pem")),
        *(
            "-no_nonce",
            "-sha256",
            "-issuer",
            str(tmp_path / "ca.pem"),
            "-serial",
            str(cert_id.serial),
        ),
        *("-attime", str(int(AT.timestamp())), "-validity_period", "999999999"),
    )
    assert "Response verify OK" in said
    assert f"{cert_id.serial}: good" in said


@every_algorithm
@every_hash
def test_we_read_what_openssl_asks(openssl, bouncycastle, tmp_path, algorithm, hash_algorithm):
    tree = hierarchy(algorithm)
    asked = openssl_request(openssl, tmp_path, tree, hash_algorithm)
    request = ocsp.parse_request(asked)
    (cert_id,) = request.cert_ids
    assert cert_id.hash_algorithm == hash_algorithm
    assert cert_id.serial == tree.signing.certificate.serial
    assert ocsp.issued_by(cert_id, tree.ca.certificate)
    assert request.nonce is not None
    good = Single(cert_id, "good", AT, AT + DAY)
    answer = ocsp_response(tree.responder, [good], nonce=request.nonce)
    bouncycastle.verify_ocsp(answer, tree.ca.certificate.der, asked)
    with pytest.raises(OracleRefused, match="nonce"):
        bouncycastle.verify_ocsp(
            ocsp_response(tree.responder, [good]), tree.ca.certificate.der, asked
        )


def openssl_request(openssl: OpenSsl, folder: Path, tree: Hierarchy, hash_algorithm: str) -> bytes:
    for name in ("root", "ca", "signing"):
        (folder / f"{name}.der").write_bytes(getattr(tree, name).certificate.der)
        file, pem = str(folder / f"{name}.der"), str(folder / f"{name}.pem")
        openssl.run("x509", "-inform", "DER", "-in", file, "-out", pem)
    openssl.run(
        *("ocsp", f"-{hash_algorithm}", "-issuer", str(folder / "ca.pem")),
        *("-cert", str(folder / "signing.pem"), "-nonce"),
        *("-reqout", str(folder / "request.der")),
    )
    return (folder / "request.der").read_bytes()


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256"])
@pytest.mark.parametrize("responder_id", [(), ("-resp_key_id",)])
def test_we_verify_what_openssl_answers(openssl, tmp_path, algorithm, responder_id):
    """OpenSSL as the responder, from an index of one revoked certificate."""
    tree = hierarchy(algorithm)
    asked = openssl_request(openssl, tmp_path, tree, "sha256")
    serial = tree.signing.certificate.serial
    key, responder = tmp_path / "responder.key", tmp_path / "responder.pem"
    key.write_bytes(pem.write("PRIVATE KEY", keys.private_key_to_pkcs8(tree.responder.key)))
    responder.write_bytes(pem.write("CERTIFICATE", tree.responder.certificate.der))
    (tmp_path / "index").write_text(
        f"R\t300101000000Z\t260520080000Z,superseded\t{serial:032X}\tunknown\t/CN=x\n"
    )
    openssl.run(
        *("ocsp", "-index", str(tmp_path / "index"), "-CA", str(tmp_path / "ca.pem")),
        *("-rsigner", str(responder), "-rkey", str(key), *responder_id),
        *("-reqin", str(tmp_path / "request.der"), "-respout", str(tmp_path / "answer.der")),
        *("-ndays", "1"),
    )
    response = ocsp.parse_response((tmp_path / "answer.der").read_bytes())
    request = ocsp.parse_request(asked)
    signer = ocsp.verify_response(response, tree.ca.certificate, request=request)
    (single,) = response.basic.singles
    assert signer == tree.responder.certificate
    assert (single.status, single.reason) == ("revoked", "superseded")
    assert single.revoked_at == datetime(2026, 5, 20, 8, 0, 0, tzinfo=UTC)
