"""SM4 (GM/T 0002, GB/T 32907) by `cryptography`: keys and blocks of 16 octets.

ECB without padding and CBC are there because GM/T 0009, GM/T 0014 and PKCS#8 prescribe them; what
is ours alone is sealed by `kmc.envelopes`.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.padding import PKCS7

from pki.errors import Malformed

BLOCK = 16


def encrypt_ecb(key: bytes, plaintext: bytes) -> bytes:
    """Whole blocks, no padding (SM2EnvelopedKey, GM/T 0009)."""
    _check_blocks(plaintext)
    encryptor = Cipher(SM4(key), ECB()).encryptor()  # noqa: S305 - the standard's own choice
    return encryptor.update(plaintext) + encryptor.finalize()


def decrypt_ecb(key: bytes, ciphertext: bytes) -> bytes:
    _check_blocks(ciphertext)
    decryptor = Cipher(SM4(key), ECB()).decryptor()  # noqa: S305 - the standard's own choice
    return decryptor.update(ciphertext) + decryptor.finalize()


def encrypt_cbc(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """With PKCS#7 padding."""
    padder, encryptor = PKCS7(8 * BLOCK).padder(), Cipher(SM4(key), CBC(iv)).encryptor()
    return encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()


def decrypt_cbc(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Raises Malformed `sm4.padding` (a wrong key shows itself this way)."""
    _check_blocks(ciphertext)
    decryptor, unpadder = Cipher(SM4(key), CBC(iv)).decryptor(), PKCS7(8 * BLOCK).unpadder()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise Malformed("sm4.padding", "The padding is wrong; so is the key, probably.") from None


def _check_blocks(data: bytes) -> None:
    if len(data) % BLOCK:
        raise Malformed("sm4.blocks", "The data is not a whole number of SM4 blocks.")
