"""Known answers that must come out right before a process may use the national algorithms."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pki.errors import Malformed, SelfTestFailed
from pki.sm import libcrypto, sm2, sm4
from pki.sm.sm3 import sm3

if TYPE_CHECKING:
    from collections.abc import Iterator

# GM/T 0003.5-2012 Annex A and C (the recommended curve)
_SCALAR = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
_POINT = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_MESSAGE = b"message digest"
_E = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
_SIGNATURE = bytes.fromhex(
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
_PLAINTEXT = b"encryption standard"
_CIPHERTEXT = bytes.fromhex(
    "307c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
    "022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
    "042059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
    "041321886ca989ca9c7d58087307ca93092d651efa"
)
SM3_OF_ABC = bytes.fromhex(  # GM/T 0004-2012 A.1
    "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
)
_SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")  # GM/T 0002-2012 A.1: key = plaintext
_SM4_BLOCK = bytes.fromhex("681edf34d206965e86b3e94f536e4246")


class Sm2Answer(NamedTuple):
    """A signature that a standard prints: over `digest` (e), as r‖s."""

    point: bytes
    digest: bytes
    pair: bytes


SM2_ANSWER = Sm2Answer(_POINT, _E, _SIGNATURE[5:37] + _SIGNATURE[40:])


def self_test() -> None:
    """Raises SelfTestFailed, naming the first answer that came out wrong."""
    for name, problem in known_answers():
        if problem:
            raise SelfTestFailed(f"{name}: {problem} ({libcrypto.version()})")


def known_answers() -> Iterator[tuple[str, str]]:
    """Each question and what is wrong with the answer; an empty text if nothing is."""
    for name, holds in (
        ("SM3", _sm3_holds),
        ("SM4", _sm4_holds),
        ("SM2 key", _sm2_key_holds),
        ("SM2 verification", _sm2_verification_holds),
        ("SM2 signature", _sm2_signature_holds),
        ("SM2 encryption", _sm2_encryption_holds),
    ):
        try:
            yield name, "" if holds() else "a known answer came out wrong"
        except (libcrypto.LibcryptoError, Malformed, ValueError) as problem:
            yield name, str(problem) or type(problem).__name__


def _sm3_holds() -> bool:
    return sm3(b"abc") == SM3_OF_ABC


def _sm4_holds() -> bool:
    block = sm4.encrypt_ecb(_SM4_KEY, _SM4_KEY)
    return block == _SM4_BLOCK and sm4.decrypt_ecb(_SM4_KEY, block) == _SM4_KEY


def _sm2_key_holds() -> bool:
    key = sm2.PrivateKey.from_scalar(_SCALAR)
    return key.public.point == _POINT and key.scalar == _SCALAR


def _sm2_verification_holds() -> bool:
    public = sm2.PublicKey(_POINT)
    return (
        public.digest(_MESSAGE) == _E
        and public.verify(_MESSAGE, _SIGNATURE)
        and not public.verify(_MESSAGE + b".", _SIGNATURE)
        and not public.verify(_MESSAGE, _SIGNATURE, identity=b"")
    )


def _sm2_signature_holds() -> bool:
    key = sm2.PrivateKey.generate()
    return key.public.verify(_MESSAGE, key.sign(_MESSAGE))


def _sm2_encryption_holds() -> bool:
    key = sm2.PrivateKey.from_scalar(_SCALAR)
    return (
        key.decrypt(_CIPHERTEXT) == _PLAINTEXT
        and key.decrypt(key.public.encrypt(_PLAINTEXT)) == _PLAINTEXT
    )
