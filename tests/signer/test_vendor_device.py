"""SM2 keys inside a device whose vendor has mechanisms for them (numbers of 三未信安)."""

from pathlib import Path

import pytest

from pki import certificates, keys
from tests.signer.conftest import SOFTHSM, compiled
from tests.signer.test_clients import together
from tests.support.signer import NOW, found

USER = keys.generate("sm2").public
SOURCE = Path(__file__).with_name("vendor_device.c")


@pytest.fixture(scope="module")
def module(tmp_path_factory) -> Path:
    if not Path("/usr/include/openssl/ec.h").exists():
        pytest.skip("no headers for the vendor's device: apt-get install libssl-dev")
    return compiled(SOURCE, tmp_path_factory.mktemp("module"), "-w", f'-DBELOW="{SOFTHSM}"')


@pytest.mark.parametrize("form", ["bare", "der"])
def test_sm2_keys_are_made_and_used_in_the_device(hsm_signer, module, form):
    one = hsm_signer()
    one.options = (*one.options, "--module", str(module), "--vendor", "sansec")
    one.environment = one.environment | ({"VENDOR_DER": "1"} if form == "der" else {})
    client = one.start().client()

    office = found(client, "issuing", "sm2")
    tbs = office.tbs(USER)
    signature = client.sign_one("issuing", "certificate", tbs)

    certificates.verify(office.certificate, office.certificate, NOW)
    assert office.public.verify(tbs, signature, "sm2-sm3")
    assert office.key.custody == "emulated device"
    assert not (one.home / "wrapped").exists()
    one.kill()
    one.start()
    assert client.keys() == [office.key]
    batch = [tbs] * 20
    assert together(4, lambda _: len(client.sign("issuing", "certificate", batch))) == [20] * 4
    assert client.health()["last_error"] is None


def test_other_algorithms_work_beside_it(hsm_signer, module):
    one = hsm_signer()
    one.options = (*one.options, "--module", str(module), "--vendor", "sansec")
    client = one.start().client()

    for algorithm, name in (("ec-p256", "ecdsa-sha256"), ("rsa-2048", "rsa-sha256")):
        office = found(client, algorithm, algorithm)
        tbs = office.tbs(USER)
        assert office.public.verify(tbs, client.sign_one(algorithm, "certificate", tbs), name)
