"""SM2 among three: ours over OpenSSL, `gmssl` in pure Python, GmSSL's C library.

BouncyCastle and the openssl command line read whole certificates and requests in `tests/oracles`.
"""

import gmssl_pyx
import pytest
from gmssl import sm2 as pure
from gmssl import sm3 as pure_sm3
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import der
from pki.sm import sm2
from pki.sm.sm3 import sm3
from tests.support.pki import Hierarchy, Holder, hierarchy

SCALAR = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
KEY = sm2.PrivateKey.from_scalar(SCALAR)  # `gmssl` misreads points that begin with 04: this one not
POINT = KEY.public.point[1:]
PURE = pure.CryptSM2(SCALAR.hex(), POINT.hex(), mode=1)
few = settings(max_examples=20, deadline=None)  # pure Python takes its time
MESSAGES = st.binary(min_size=1, max_size=200)


def raw(signature: bytes) -> str:
    reader = der.only(signature)
    return "".join(f"{reader.integer():064x}" for _ in "rs")


def in_der(signature: str) -> bytes:
    return der.sequence(*(der.integer(int(half, 16)) for half in (signature[:64], signature[64:])))


@few
@given(MESSAGES)
def test_gmssl_verifies_our_signatures(message):
    signature = KEY.sign(message)

    assert PURE.verify_with_sm3(raw(signature), message)
    assert not PURE.verify_with_sm3(raw(signature), message + b".")


@few
@given(MESSAGES)
def test_we_verify_the_signatures_of_gmssl(message):
    signature = in_der(PURE.sign_with_sm3(message))

    assert KEY.public.verify(message, signature)
    assert not KEY.public.verify(message + b".", signature)


@given(MESSAGES, st.binary(min_size=1, max_size=32))
def test_gmssl_s_c_library_verifies_our_signatures(message, identity):
    assert gmssl_pyx.sm2_verify(POINT, message, KEY.sign(message))
    assert gmssl_pyx.sm2_verify(POINT, message, KEY.sign(message, identity), signer_id=identity)
    assert not gmssl_pyx.sm2_verify(POINT, message, KEY.sign(message, b"somebody"))


@few
@given(MESSAGES)
def test_we_verify_the_signatures_of_gmssl_s_c_library(message):
    signature = gmssl_pyx.sm2_sign(SCALAR, POINT, message)

    assert KEY.public.verify(message, signature)
    assert not KEY.public.verify(message, signature, identity=b"")


@given(MESSAGES)
def test_what_we_encrypt_gmssl_s_c_library_opens(message):
    assert gmssl_pyx.sm2_decrypt(SCALAR, KEY.public.encrypt(message)) == message


@given(MESSAGES)
def test_what_gmssl_s_c_library_encrypts_we_open(message):
    assert KEY.decrypt(gmssl_pyx.sm2_encrypt(POINT, message)) == message


@given(st.binary(max_size=300))
def test_digests_are_the_same(message):
    assert sm3(message).hex() == pure_sm3.sm3_hash(list(message))
    assert sm3(message) == gmssl_pyx.sm3_hash(message)


def links(people: Hierarchy) -> list[tuple[Holder, Holder]]:
    return [
        (people.root, people.root),
        (people.ca, people.root),
        (people.signing, people.ca),
        (people.encryption, people.ca),
    ]


@pytest.mark.parametrize(
    ("lower", "upper"), links(hierarchy("sm2")), ids=["root", "ca", "sign", "enc"]
)
def test_gmssl_s_c_library_verifies_every_link_of_our_path(lower, upper):
    certificate, point = lower.certificate, upper.key.public.key[1:]

    assert gmssl_pyx.sm2_verify(point, certificate.tbs, certificate.signature)
    assert not gmssl_pyx.sm2_verify(point, certificate.tbs[:-1] + b"\xff", certificate.signature)
