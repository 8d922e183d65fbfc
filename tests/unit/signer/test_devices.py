"""What devices hand out, in whichever form their vendor chose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import der, durable
from pki.errors import Refused, TokenError
from pki.hsm import vendors
from pki.hsm.pkcs11 import signature_der

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


def test_vendors_are_known_by_name():
    assert vendors.profile("standard").sm2 is None
    sansec = vendors.profile("sansec").sm2
    assert sansec is not None
    assert (sansec.key_type, sansec.generate, sansec.sign_digest) == (
        0x80000004,
        0x80008001,
        0x80008104,
    )
    with pytest.raises(Refused) as refused:
        vendors.profile("acme")
    assert refused.value.rule == "token.vendor"


def test_a_replaced_file_is_whole_and_private(tmp_path):
    place = tmp_path / "register"
    durable.replace(place, b"old")
    place.chmod(0o600)
    durable.replace(place, b"new" * 1000)

    assert place.read_bytes() == b"new" * 1000
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["register"]
