"""The few functions of the system's libcrypto (OpenSSL 3.x) that SM2 needs, by ctypes.

Every function has its argument and result types here; nobody else touches ctypes. `CDLL` releases
the interpreter lock during each call. Keys (`EVP_PKEY`) are only read after they are made, so
threads may share them; operation contexts live for one call.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint, c_ulong, c_void_p
from typing import Any

from pki.errors import SelfTestFailed

NID_SM2 = 1172
_EVP_PKEY_PUBLIC_KEY, _EVP_PKEY_KEYPAIR = 0x86, 0x87
_UNSIGNED_INTEGER, _UTF8_STRING, _OCTET_STRING = 2, 4, 5  # OSSL_PARAM data types
_POINT_UNCOMPRESSED = 4
_BN_CONSTANT_TIME = 4
_SIGNATURE_ROOM = 80

try:
    _lib = ctypes.CDLL("libcrypto.so.3")
except OSError as missing:
    raise SelfTestFailed("libcrypto.so.3 (OpenSSL 3) is not installed.") from missing


class _Param(Structure):
    _fields_ = (
        ("key", c_char_p),
        ("data_type", c_uint),
        ("data", c_void_p),
        ("data_size", c_size_t),
        ("return_size", c_size_t),
    )


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_lib, name)
    function.restype, function.argtypes = result, arguments
    return function


_P, _I, _Z, _S = c_void_p, c_int, c_size_t, c_char_p
_version = _declare("OpenSSL_version", _S, _I)
_clear_errors = _declare("ERR_clear_error", None)
_get_error = _declare("ERR_get_error", c_ulong)
_error_string = _declare("ERR_error_string_n", None, c_ulong, _S, _Z)
_context_by_name = _declare("EVP_PKEY_CTX_new_from_name", _P, _P, _S, _S)
_context = _declare("EVP_PKEY_CTX_new", _P, _P, _P)
_context_free = _declare("EVP_PKEY_CTX_free", None, _P)
_key_free = _declare("EVP_PKEY_free", None, _P)
_fromdata_init = _declare("EVP_PKEY_fromdata_init", _I, _P)
_fromdata = _declare("EVP_PKEY_fromdata", _I, _P, POINTER(_P), _I, POINTER(_Param))
_keygen_init = _declare("EVP_PKEY_keygen_init", _I, _P)
_keygen = _declare("EVP_PKEY_keygen", _I, _P, POINTER(_P))
_octets_of = _declare("EVP_PKEY_get_octet_string_param", _I, _P, _S, _S, _Z, POINTER(_Z))
_number_of = _declare("EVP_PKEY_get_bn_param", _I, _P, _S, POINTER(_P))
_sign_init = _declare("EVP_PKEY_sign_init", _I, _P)
_sign = _declare("EVP_PKEY_sign", _I, _P, _S, POINTER(_Z), _S, _Z)
_verify_init = _declare("EVP_PKEY_verify_init", _I, _P)
_verify = _declare("EVP_PKEY_verify", _I, _P, _S, _Z, _S, _Z)
_encrypt_init = _declare("EVP_PKEY_encrypt_init", _I, _P)
_encrypt = _declare("EVP_PKEY_encrypt", _I, _P, _S, POINTER(_Z), _S, _Z)
_decrypt_init = _declare("EVP_PKEY_decrypt_init", _I, _P)
_decrypt = _declare("EVP_PKEY_decrypt", _I, _P, _S, POINTER(_Z), _S, _Z)
_group_by_nid = _declare("EC_GROUP_new_by_curve_name", _P, _I)
_point_new = _declare("EC_POINT_new", _P, _P)
_point_free = _declare("EC_POINT_clear_free", None, _P)
_point_multiply = _declare("EC_POINT_mul", _I, _P, _P, _P, _P, _P, _P)
_point_octets = _declare("EC_POINT_point2oct", _Z, _P, _P, _I, _S, _Z, _P)
_number_from = _declare("BN_bin2bn", _P, _S, _I, _P)
_number_to = _declare("BN_bn2binpad", _I, _P, _S, _I)
_number_flag = _declare("BN_set_flags", None, _P, _I)
_number_free = _declare("BN_clear_free", None, _P)

_group = _group_by_nid(NID_SM2)


class LibcryptoError(Exception):
    """OpenSSL said no; the message holds its words."""


def _last_error() -> LibcryptoError:
    lines, room = [], ctypes.create_string_buffer(256)
    while code := _get_error():
        _error_string(code, room, len(room))
        lines.append(room.value.decode(errors="replace"))
    return LibcryptoError("; ".join(lines) or "no reason given")


def _check(result: int | None) -> None:
    if result is None or result <= 0:
        raise _last_error()


def version() -> str:
    text: bytes = _version(0)
    return text.decode()


class Key:
    """One EVP_PKEY on the SM2 curve. Made once, then only read."""

    __slots__ = ("_free", "handle")

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self._free = _key_free  # still there when the module is torn down

    def __del__(self) -> None:
        self._free(self.handle)


class _Context:
    """An EVP_PKEY_CTX for the length of a `with`."""

    __slots__ = ("_handle",)

    def __init__(self, key: Key | None) -> None:
        made = _context(key.handle, None) if key else _context_by_name(None, b"SM2", None)
        if not made:
            raise _last_error()
        self._handle: int = made

    def __enter__(self) -> int:
        return self._handle

    def __exit__(self, *_: object) -> None:
        _context_free(self._handle)


def _param(name: bytes, kind: int, buffer: ctypes.Array[Any], size: int) -> _Param:
    return _Param(name, kind, ctypes.addressof(buffer), size, _Z(-1).value)


def load_key(point: bytes, scalar: bytes | None = None) -> Key:
    """A key from its uncompressed point (65 octets) and, for a private key, its scalar (32).

    OpenSSL refuses a point that is not on the curve.
    """
    group, public = ctypes.create_string_buffer(b"SM2"), ctypes.create_string_buffer(point, 65)
    params = [
        _param(b"group", _UTF8_STRING, group, 3),
        _param(b"pub", _OCTET_STRING, public, len(point)),
    ]
    native = scalar and (scalar if sys.byteorder == "big" else scalar[::-1])
    secret = ctypes.create_string_buffer(native, 32) if native else None
    if secret:
        params.append(_param(b"priv", _UNSIGNED_INTEGER, secret, 32))
    array = (_Param * (len(params) + 1))(*params)
    selection = _EVP_PKEY_KEYPAIR if secret else _EVP_PKEY_PUBLIC_KEY
    made = _P()
    try:
        with _Context(None) as context:
            _check(_fromdata_init(context))
            _check(_fromdata(context, byref(made), selection, array))
    finally:
        if secret:
            ctypes.memset(secret, 0, 32)
    return Key(_handle(made))


def generate_key() -> Key:
    made = _P()
    with _Context(None) as context:
        _check(_keygen_init(context))
        _check(_keygen(context, byref(made)))
    return Key(_handle(made))


def _handle(pointer: c_void_p) -> int:
    if not pointer.value:
        raise _last_error()
    return pointer.value


def point_of(key: Key) -> bytes:
    room, size = ctypes.create_string_buffer(65), _Z()
    _check(_octets_of(key.handle, b"pub", room, 65, byref(size)))
    return room.raw[: size.value]


def scalar_of(key: Key) -> bytes:
    number, room = _P(), ctypes.create_string_buffer(32)
    _check(_number_of(key.handle, b"priv", byref(number)))
    try:
        _check(_number_to(number, room, 32))
    finally:
        _number_free(number)
    return room.raw


def multiply_base(scalar: bytes) -> bytes:
    """scalar·G in constant time, as an uncompressed point."""
    number, point = _number_from(scalar, len(scalar), None), _point_new(_group)
    try:
        _number_flag(number, _BN_CONSTANT_TIME)
        _check(_point_multiply(_group, point, number, None, None, None))
        room = ctypes.create_string_buffer(65)
        _check(_point_octets(_group, point, _POINT_UNCOMPRESSED, room, 65, None))
        return room.raw
    finally:
        _point_free(point)
        _number_free(number)


def sign_digest(key: Key, digest: bytes) -> bytes:
    room, size = ctypes.create_string_buffer(_SIGNATURE_ROOM), _Z(_SIGNATURE_ROOM)
    with _Context(key) as context:
        _check(_sign_init(context))
        _check(_sign(context, room, byref(size), digest, len(digest)))
    return room.raw[: size.value]


def verify_digest(key: Key, digest: bytes, signature: bytes) -> bool:
    with _Context(key) as context:
        _check(_verify_init(context))
        valid: bool = _verify(context, signature, len(signature), digest, len(digest)) == 1
    if not valid:
        _clear_errors()
    return valid


def encrypt(key: Key, plaintext: bytes) -> bytes:
    return _transform(key, _encrypt_init, _encrypt, plaintext, len(plaintext) + 128)


def decrypt(key: Key, ciphertext: bytes) -> bytes:
    return _transform(key, _decrypt_init, _decrypt, ciphertext, len(ciphertext))


def _transform(key: Key, begin: Any, act: Any, data: bytes, room_size: int) -> bytes:
    room, size = ctypes.create_string_buffer(room_size), _Z(room_size)
    with _Context(key) as context:
        _check(begin(context))
        _check(act(context, room, byref(size), data, len(data)))
    return room.raw[: size.value]
