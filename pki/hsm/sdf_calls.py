"""The functions of GM/T 0018 that we call, by ctypes. Handles stay numbers, fields stay octets.

Numbers in structures are unsigned, of 32 bits, in the machine's order; there is no padding. Values
stand right-aligned, big endian, in fields of a fixed size that differs between vendors.
"""

from __future__ import annotations

import ctypes
import struct
from ctypes import byref, c_char_p, c_uint32, c_void_p
from typing import TYPE_CHECKING, Any, NamedTuple

from pki.errors import TokenError
from pki.hsm.sdf_profiles import NO_KEY, NO_SUPPORT

if TYPE_CHECKING:
    from pathlib import Path

    from pki.hsm.sdf_profiles import SdfProfile

_ROOM = 4096  # octets for any answer, so that a profile with too small fields overwrites nothing
_COORDINATE = 32
_SM3, _SM3_SIZE = 1, 32
_INFO = struct.Struct("=40s16s16sIIIIIII")


class SdfError(TokenError):
    """What the device said; `kind` is one of the constants of `sdf_profiles`, or empty."""

    def __init__(self, reason: str, kind: str) -> None:
        rule = "token.unsupported" if kind == NO_SUPPORT else "token.device"
        super().__init__(rule, reason, permanent=kind in (NO_SUPPORT, NO_KEY))
        self.kind = kind


class Info(NamedTuple):
    """DEVICEINFO; the last five are sets of bits."""

    issuer: str
    name: str
    serial: str
    version: int
    standard: int  # 1: GM/T 0018-2012, 2: GM/T 0018-2023
    asymmetric: int
    asymmetric_sizes: int
    symmetric: int
    hashes: int
    storage: int


class Calls:
    """One library. Not safe for threads: `sdf_device` lets one call wait for another."""

    def __init__(self, module: Path, profile: SdfProfile) -> None:
        """Raises TokenError `token.module`."""
        try:
            self._library = ctypes.CDLL(str(module))
        except OSError as error:
            raise TokenError(
                "token.module", f"The library cannot be loaded: {error}.", permanent=True
            ) from error
        self._profile = profile
        self._ecc, self._rsa = profile.ecc_bits // 8, profile.rsa_bits // 8

    # -- device and session ------------------------------------------------------------------

    def open_device(self) -> int:
        return self._handle("SDF_OpenDevice")

    def close_device(self, device: int) -> None:
        self._call("SDF_CloseDevice", c_void_p(device))

    def open_session(self, device: int) -> int:
        return self._handle("SDF_OpenSession", c_void_p(device))

    def close_session(self, session: int) -> None:
        self._call("SDF_CloseSession", c_void_p(session))

    def info(self, session: int) -> Info:
        room = ctypes.create_string_buffer(_ROOM)
        self._call("SDF_GetDeviceInfo", c_void_p(session), room)
        issuer, name, serial, *numbers = _INFO.unpack_from(room)
        return Info(_text(issuer), _text(name), _text(serial), *numbers)

    def get_right(self, session: int, index: int, password: bytearray) -> None:
        room = (ctypes.c_char * len(password)).from_buffer(password)
        size = c_uint32(len(password))
        self._call("SDF_GetPrivateKeyAccessRight", c_void_p(session), c_uint32(index), room, size)

    def release_right(self, session: int, index: int) -> None:
        self._call("SDF_ReleasePrivateKeyAccessRight", c_void_p(session), c_uint32(index))

    def random(self, session: int, size: int) -> bytes:
        room = ctypes.create_string_buffer(size)
        self._call("SDF_GenerateRandom", c_void_p(session), c_uint32(size), room)
        return room.raw

    # -- keys ---------------------------------------------------------------------------------

    def ecc_key(self, session: int, index: int) -> bytes:
        """The public signing key as a point, 04‖X‖Y."""
        room = ctypes.create_string_buffer(_ROOM)
        self._call("SDF_ExportSignPublicKey_ECC", c_void_p(session), c_uint32(index), room)
        return b"\x04" + self._pair(room.raw[4:])

    def rsa_key(self, session: int, index: int) -> tuple[int, int]:
        """The public signing key: modulus and exponent."""
        room = ctypes.create_string_buffer(_ROOM)
        self._call("SDF_ExportSignPublicKey_RSA", c_void_p(session), c_uint32(index), room)
        modulus, exponent = (
            int.from_bytes(room.raw[at : at + self._rsa], "big") for at in (4, 4 + self._rsa)
        )
        return modulus, exponent

    def sign(self, session: int, index: int, digest: bytes) -> bytes:
        """An SM2 signature over e, r‖s."""
        room, size = ctypes.create_string_buffer(_ROOM), c_uint32(len(digest))
        self._call(
            "SDF_InternalSign_ECC", c_void_p(session), c_uint32(index), c_char_p(digest), size, room
        )
        return self._pair(room.raw)

    def rsa_private(self, session: int, index: int, block: bytes) -> bytes:
        """The bare operation on a block as long as the modulus."""
        room, size = ctypes.create_string_buffer(_ROOM), c_uint32(_ROOM)
        self._call(
            "SDF_InternalPrivateKeyOperation_RSA",
            *(c_void_p(session), c_uint32(index)),
            *(c_char_p(block), c_uint32(len(block))),
            *(room, byref(size)),
        )
        return room.raw[: size.value]

    # -- known answers ------------------------------------------------------------------------

    def verify(self, session: int, point: bytes, digest: bytes, signature: bytes) -> None:
        """An SM2 signature r‖s under a public key given; raises SdfError if it does not hold."""
        key = struct.pack("=I", 8 * _COORDINATE) + self._fields(point[1:])
        self._call(
            "SDF_ExternalVerify_ECC",
            *(c_void_p(session), c_uint32(self._profile.sm2_sign), c_char_p(key)),
            *(c_char_p(digest), c_uint32(len(digest)), c_char_p(self._fields(signature))),
        )

    def sm3(self, session: int, message: bytes) -> bytes:
        room, size = ctypes.create_string_buffer(_ROOM), c_uint32(_SM3_SIZE)
        where = c_void_p(session)
        self._call("SDF_HashInit", where, c_uint32(_SM3), None, None, c_uint32(0))
        self._call("SDF_HashUpdate", where, c_char_p(message), c_uint32(len(message)))
        self._call("SDF_HashFinal", where, room, byref(size))
        return room.raw[:_SM3_SIZE]

    # -- inside -------------------------------------------------------------------------------

    def _call(self, name: str, *arguments: Any) -> None:
        try:
            function = self._library[name]
        except AttributeError:
            raise SdfError(f"The library has no {name}.", NO_SUPPORT) from None
        function.restype = c_uint32
        if answer := function(*arguments):
            words, kind = self._profile.words(answer), self._profile.kind(answer)
            raise SdfError(f"{name} answered {answer:#010x}: {words}.", kind)

    def _handle(self, name: str, *arguments: Any) -> int:
        handle = c_void_p()
        self._call(name, *arguments, byref(handle))
        return handle.value or 0

    def _pair(self, fields: bytes) -> bytes:
        """Two values of 32 octets out of two fields."""
        pair = [fields[at : at + self._ecc] for at in (0, self._ecc)]
        if any(any(value[:-_COORDINATE]) for value in pair) or not all(map(any, pair)):
            raise TokenError(
                "token.fields",
                "Values do not stand where the profile has them: is `ecc_bits` right?",
                permanent=True,
            )
        return b"".join(value[-_COORDINATE:] for value in pair)

    def _fields(self, pair: bytes) -> bytes:
        first, second = pair[:_COORDINATE], pair[_COORDINATE:]
        return first.rjust(self._ecc, b"\0") + second.rjust(self._ecc, b"\0")


def _text(octets: bytes) -> str:
    return octets.partition(b"\0")[0].decode("utf-8", "replace").strip()
