"""What devices hand out, in whichever form their vendor chose."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import der, durable
from pki.errors import Refused, TokenError
from pki.hsm import sdf_profiles, vendors
from pki.hsm.device_file import DeviceFile
from pki.hsm.forms import signature_der

NUMBERS = st.integers(min_value=1, max_value=2**256 - 1)


@given(NUMBERS, NUMBERS)
def test_bare_and_encoded_signatures_become_the_same(r, s):
    encoded = der.sequence(der.integer(r), der.integer(s))
    bare = r.to_bytes(32, "big") + s.to_bytes(32, "big")

    assert signature_der(bare) == encoded
    assert signature_der(encoded) == encoded


@pytest.mark.parametrize("odd", [b"", bytes(63), bytes(65), b"\x30\x00", bytes(128)])
def test_other_forms_are_no_signatures(odd):
    with pytest.raises(TokenError) as refused:
        signature_der(odd)

    assert refused.value.rule == "token.signature"


def device_file(tmp_path, content: object) -> DeviceFile:
    path = tmp_path / "device.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return DeviceFile(path)


def rule_of(act) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.rule


NOTHING = DeviceFile(None)


def test_vendors_are_known_by_name():
    assert vendors.profile("standard", NOTHING).sm2 is None
    sansec = vendors.profile("sansec", NOTHING).sm2
    assert sansec is not None
    assert (sansec.key_type, sansec.generate, sansec.sign_digest) == (
        0x80000004,
        0x80008001,
        0x80008104,
    )
    assert sdf_profiles.profile("standard", NOTHING).ecc_bits == 512
    for known in (vendors, sdf_profiles):
        assert rule_of(lambda known=known: known.profile("acme", NOTHING)) == "token.vendor"


def test_a_site_names_the_numbers_of_its_own_device(tmp_path):
    own = {"sm2": {"key_type": "0x80000011", "generate": 0x80000012, "sign_digest": "0x80000013"}}

    assert vendors.profile("standard", device_file(tmp_path, own)).sm2 == vendors.Sm2Numbers(
        0x80000011, 0x80000012, 0x80000013
    )
    one = vendors.profile("sansec", device_file(tmp_path, {"sm2": {"sign_digest": "0x80008105"}}))
    assert one.sm2 == vendors.Sm2Numbers(0x80000004, 0x80008001, 0x80008105, 0x80009001)


def test_a_site_names_the_sizes_and_errors_of_its_own_machine(tmp_path):
    own = {"ecc_bits": 256, "rsa_bits": 4096, "errors": {"0x01000100": "the password is wrong"}}

    found = sdf_profiles.profile("standard", device_file(tmp_path, own))

    assert (found.ecc_bits, found.rsa_bits) == (256, 4096)
    assert found.words(0x01000100) == "the password is wrong"
    assert found.words(0x01000008) == "there is no such key"
    assert "nor this profile" in found.words(0x01000101)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        {"ecc_bits": 384},
        {"ecc_bits": True},
        {"ecc_bits": "256 bits"},
        {"errors": []},
        {"errors": {"PARDENY": "no right"}},
    ],
)
def test_a_device_file_that_makes_no_sense_is_refused(tmp_path, content):
    def act():
        sdf_profiles.profile("standard", device_file(tmp_path, content))

    assert rule_of(act) == "token.device_file"


@pytest.mark.parametrize("own", [{"keytype": 1}, {"key_type": 1}, {"key_type": -1}])
def test_sm2_numbers_are_all_there_or_refused(tmp_path, own):
    def act():
        vendors.profile("standard", device_file(tmp_path, {"sm2": own}))

    assert rule_of(act) == "token.device_file"


def test_a_misspelt_setting_is_not_passed_over(tmp_path):
    file = device_file(tmp_path, {"ecc_bit": 256})
    sdf_profiles.profile("standard", file)

    assert rule_of(file.finish) == "token.device_file"
    assert rule_of(lambda: DeviceFile(tmp_path / "nowhere.json")) == "token.device_file"


def test_a_replaced_file_is_whole_and_private(tmp_path):
    place = tmp_path / "register"
    durable.replace(place, b"old")
    place.chmod(0o600)
    durable.replace(place, b"new" * 1000)

    assert place.read_bytes() == b"new" * 1000
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["register"]
