"""Public certificates, requests and keys of other people's systems, where a copy is at hand.

Not part of this repository; see `tests/vectors/README.md`.
"""

import os
from pathlib import Path

import pytest

from pki import certificates, describing, keys, requests
from tests.unit.pki.refusing import rule_of

HERE = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("ANXIN_VECTORS", HERE.parent / "shared" / "vectors"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no artefacts at {FOLDER}")

ROOTCA, SHECA = "03_real_ca/ROOTCA_NRCAC.der", "03_real_ca/SHECA_SM2_by_ROOTCA.der"
ROOT, SUB = "06_chains/tongsuo_root_ca.der", "06_chains/tongsuo_sub_ca.der"


def certificate(name: str) -> certificates.Certificate:
    return certificates.parse((FOLDER / name).read_bytes())


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (ROOTCA, ROOTCA),
        (SHECA, ROOTCA),
        (ROOT, ROOT),
        (SUB, ROOT),
        ("06_chains/tongsuo_client_sign.der", SUB),
        ("06_chains/tongsuo_client_enc.der", SUB),
    ],
)
def test_real_paths_hold(lower, upper):
    certificates.verify(certificate(lower), certificate(upper))


def test_the_state_s_root_is_read_as_it_is():
    root = certificate(ROOTCA)

    assert root.subject.text == "CN=ROOTCA, O=NRCAC, C=CN"
    assert root.serial == 0x69E2FEC0170AC67B
    assert (root.not_before.date().isoformat(), root.not_after.date().isoformat()) == (
        "2012-07-14",
        "2042-07-07",
    )
    assert root.is_ca
    assert root.key_usage == {"keyCertSign", "cRLSign"}
    assert root.key_identifier == root.public_key.key_identifier == root.authority_key_identifier


def test_a_certificate_signed_without_z_is_refused_by_name():
    noza = certificate("06_chains/tongsuo_noza_root.der")

    assert rule_of(certificates.verify, noza, noza) == "certificate.sm2_without_z"


@pytest.mark.parametrize(
    ("name", "rule"),
    [("05_csr/csr_ok_tongsuo.der", ""), ("05_csr/csr_noza.der", "request.sm2_without_z")],
)
def test_real_requests_are_judged_right(name, rule):
    request = requests.parse((FOLDER / name).read_bytes())

    assert rule_of(requests.verify, request) == rule


@pytest.mark.parametrize("name", ["02_keys/sm2_bad_0.der", "02_keys/sm2_bad_neg1.der"])
def test_scalars_out_of_range_are_refused(name):
    data = (FOLDER / name).read_bytes()

    assert rule_of(keys.parse_pkcs8, data) == "key.scalar_out_of_range"


@pytest.mark.parametrize(
    ("stored", "of"),
    [
        ("06_chains/tongsuo_client_sign_key.der", "06_chains/tongsuo_client_sign.der"),
        ("06_chains/tongsuo_client_enc_key.der", "06_chains/tongsuo_client_enc.der"),
        ("09_envelopes/gmcert_sign_private_key.der", "09_envelopes/gmcert_sign_cert.der"),
        ("09_envelopes/gmcert_enc_private_key_expected.der", "09_envelopes/gmcert_enc_cert.der"),
    ],
)
def test_real_keys_belong_to_their_certificates(stored, of):
    key = keys.parse_pkcs8((FOLDER / stored).read_bytes())

    assert key.public == certificate(of).public_key


@pytest.mark.parametrize("folder", ["03_real_ca", "06_chains", "09_envelopes"])
def test_every_real_certificate_can_be_described(folder):
    described = 0
    for path in sorted((FOLDER / folder).glob("*.der")):
        if "key" in path.name or path.name.startswith(("env_", "kmc_")):
            continue
        facts = describing.describe(certificates.parse(path.read_bytes()))
        assert facts["public_key"]["algorithm"] == "sm2"
        assert all(e["name"] for e in facts["extensions"])
        described += 1
    assert described
