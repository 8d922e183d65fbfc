"""SM2 (GM/T 0003, GB/T 32918): signatures and public-key encryption over libcrypto.

Signatures are SM2Signature, ciphertexts SM2Cipher of GM/T 0009, both DER. A point is 65 octets,
04‖X‖Y. The signer's identity is always set: e = SM3(Z(identity, key) ‖ message).
"""

from __future__ import annotations

from functools import cached_property

from pki.errors import Malformed, Refused
from pki.sm import libcrypto
from pki.sm.sm3 import sm3

DEFAULT_ID = b"1234567812345678"  # GM/T 0009 10
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_CURVE = bytes.fromhex(  # a, b, xG, yG of GM/T 0003.5, as they enter Z
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)
_DIGEST_SIZE, _SCALAR_SIZE = 32, 32


class PublicKey:
    """A point of the curve. Immutable; threads may share it."""

    def __init__(self, point: bytes, key: libcrypto.Key | None = None) -> None:
        """Raises Malformed `key.point_off_curve`, also for anything but 04‖X‖Y."""
        try:
            self._key = key or libcrypto.load_key(_uncompressed(point))
        except libcrypto.LibcryptoError:
            raise Malformed("key.point_off_curve", "The point is not on the SM2 curve.") from None
        self.point = point

    @cached_property
    def _z(self) -> bytes:
        return self.z(DEFAULT_ID)

    def z(self, identity: bytes) -> bytes:
        """Z of GM/T 0003.2 5.5."""
        return sm3((8 * len(identity)).to_bytes(2, "big"), identity, _CURVE, self.point[1:])

    def digest(self, message: bytes, identity: bytes = DEFAULT_ID) -> bytes:
        """e, the 32 octets that are signed."""
        return sm3(self._z if identity == DEFAULT_ID else self.z(identity), message)

    def verify(self, message: bytes, signature: bytes, identity: bytes = DEFAULT_ID) -> bool:
        return self.verify_digest(self.digest(message, identity), signature)

    def verify_digest(self, digest: bytes, signature: bytes) -> bool:
        """`digest` is e. Anything but strict DER is False."""
        return len(digest) == _DIGEST_SIZE and libcrypto.verify_digest(self._key, digest, signature)

    def encrypt(self, plaintext: bytes) -> bytes:
        """SM2Cipher of GM/T 0009 (C1, C3, C2) for at least one octet."""
        if not plaintext:
            raise Refused("sm2.empty", "SM2 encrypts at least one octet.")
        return libcrypto.encrypt(self._key, plaintext)


class PrivateKey:
    """A scalar d in [1, n-2] and its point."""

    def __init__(self, key: libcrypto.Key, point: bytes) -> None:
        self._key = key
        self.public = PublicKey(point, key)

    @classmethod
    def generate(cls) -> PrivateKey:
        key = libcrypto.generate_key()
        return cls(key, libcrypto.point_of(key))

    @classmethod
    def from_scalar(cls, scalar: bytes) -> PrivateKey:
        """From 32 octets, big endian. Raises Malformed `key.scalar_out_of_range`."""
        if len(scalar) != _SCALAR_SIZE or not 1 <= int.from_bytes(scalar, "big") <= ORDER - 2:
            # n-1 would make 1+d zero, and signing divides by it
            raise Malformed("key.scalar_out_of_range", "An SM2 private key is 1 to n-2.")
        point = libcrypto.multiply_base(scalar)
        return cls(libcrypto.load_key(point, scalar), point)

    @property
    def scalar(self) -> bytes:
        """The secret itself, 32 octets."""
        return libcrypto.scalar_of(self._key)

    def sign(self, message: bytes, identity: bytes = DEFAULT_ID) -> bytes:
        return self.sign_digest(self.public.digest(message, identity))

    def sign_digest(self, digest: bytes) -> bytes:
        """`digest` is e, 32 octets."""
        if len(digest) != _DIGEST_SIZE:
            raise Malformed("sm2.digest", "SM2 signs a digest of 32 octets.")
        return libcrypto.sign_digest(self._key, digest)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Raises Malformed `sm2.ciphertext` for a wrong form, point, key or checksum alike."""
        try:
            return libcrypto.decrypt(self._key, ciphertext)
        except libcrypto.LibcryptoError:
            raise Malformed("sm2.ciphertext", "The ciphertext does not open.") from None


def _uncompressed(point: bytes) -> bytes:
    if len(point) != 65 or point[0] != 4:  # noqa: PLR2004 - 04‖X‖Y
        raise libcrypto.LibcryptoError("not an uncompressed point")
    return point
