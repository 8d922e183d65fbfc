"""SM2 keys inside a device whose vendor has mechanisms for them."""

import json
from pathlib import Path

import pytest

from pki import certificates, keys
from pki.errors import PkiError
from pki.hsm import vendors
from pki.hsm.examination import ABSENT, PASSED
from tests.oracles.refusals import missing
from tests.signer.conftest import SOFTHSM, compiled
from tests.signer.test_clients import together
from tests.signer.test_examination import opening, told
from tests.support.signer import NOW, SignerProcess, found

USER = keys.generate("sm2").public
SOURCE = Path(__file__).with_name("vendor_device.c")


@pytest.fixture(scope="module")
def module(tmp_path_factory) -> Path:
    if not Path("/usr/include/openssl/ec.h").exists():
        missing("openssl/ec.h, for the vendor's device,", "libssl-dev")
    return compiled(SOURCE, tmp_path_factory.mktemp("module"), "-w", f'-DBELOW="{SOFTHSM}"')


@pytest.fixture
def vendor_signer(hsm_signer, module):
    """vendor_signer(*options, **environment) -> a signer with that device, not started."""

    def prepare(*options: str, **environment: str) -> SignerProcess:
        one = hsm_signer()
        one.options = (*one.options, "--module", str(module), *options)
        one.environment |= environment
        return one

    return prepare


@pytest.mark.parametrize("form", ["bare", "der"])
def test_sm2_keys_are_made_and_used_in_the_device(vendor_signer, form):
    one = vendor_signer("--vendor", "sansec", **({"VENDOR_DER": "1"} if form == "der" else {}))
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


@pytest.mark.parametrize(
    "vendor", sorted(name for name, one in vendors.PROFILES.items() if one.sm2)
)
def test_every_vendor_is_spoken_to_in_its_own_numbers(vendor_signer, vendor):
    numbers = vendors.PROFILES[vendor].sm2
    spoken = f"{numbers.key_type},{numbers.generate},{numbers.sign_digest}"
    one = vendor_signer("--vendor", vendor, VENDOR_NUMBERS=spoken)

    office = found(one.start().client(), "issuing", "sm2")

    certificates.verify(office.certificate, office.certificate, NOW)
    assert office.key.custody == "emulated device"


def test_a_device_in_no_table_gets_its_numbers_from_a_file(vendor_signer, tmp_path):
    numbers = {"key_type": "0x80001111", "generate": "0x80002222", "sign_digest": "0x80003333"}
    place = tmp_path / "device.json"
    place.write_text(json.dumps({"sm2": numbers}))
    one = vendor_signer("--device", str(place), VENDOR_NUMBERS=",".join(numbers.values()))

    office = found(one.start().client(), "issuing", "sm2")

    certificates.verify(office.certificate, office.certificate, NOW)
    assert office.key.custody == "emulated device"
    one.terminate()
    place.write_text(json.dumps({"sm2": numbers | {"verify": 1}}))
    with pytest.raises(PkiError) as refused:
        one.start()  # and opened by two shares
    assert refused.value.rule == "token.device_file"


def test_the_self_test_examines_keys_of_a_vendor(vendor_signer, softhsm, module):
    one = vendor_signer("--vendor", "sansec")
    found(one.start().client(), "issuing", "sm2")
    one.terminate()
    options = (*softhsm.options, "--module", str(module), "--vendor", "sansec")
    opened = ("--home", str(one.home), "--secret-file", str(opening(one)))

    done = told(*options, *opened, "--json", **one.environment)

    checks = {(one["about"], one["name"]): one for one in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0, done
    assert checks["key", "issuing"]["outcome"] == PASSED
    assert checks["device", "SM3"]["outcome"] == ABSENT
    assert checks["device", "SM3"]["rule"] == "token.unsupported"


def test_other_algorithms_work_beside_it(vendor_signer):
    client = vendor_signer("--vendor", "sansec").start().client()

    for algorithm, name in (("ec-p256", "ecdsa-sha256"), ("rsa-2048", "rsa-sha256")):
        office = found(client, algorithm, algorithm)
        tbs = office.tbs(USER)
        assert office.public.verify(tbs, client.sign_one(algorithm, "certificate", tbs), name)
