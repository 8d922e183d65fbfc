"""The two byte forms of a sealed thing. Pure apart from drawing nonces; keys come from outside.

Message: 0x01 | nonce 12 | AES-256-GCM. For texts and blobs that fit in memory.
File:    "AXF1" | salt 16 | chunk, chunk, ...  where a chunk is AES-256-GCM over at most 1 MiB.
         Key and nonce prefix are derived from the data key and the salt (HKDF-SHA-256), the nonce
         is prefix 7 | counter 4 | last 1 (STREAM, Hoang-Reyhanitabar-Rogaway-Vizar 2015): a file
         that is cut, reordered, or put in another's place does not open.
"""

import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MESSAGE = b"\x01"
FILE = b"AXF1"
CHUNK = 1 << 20  # bytes of plaintext
TAG = 16
SALT = 16
NONCE = 12
PREFIX = 7


class Broken(Exception):
    """The seal does not fit: altered, cut, or made for another place."""


def derive(key: bytes, info: bytes, length: int = 32, salt: bytes | None = None) -> bytes:
    """HKDF-SHA-256 (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key)


def seal_message(key: bytes, associated: bytes, plaintext: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return MESSAGE + nonce + AESGCM(key).encrypt(nonce, plaintext, associated)


def open_message(key: bytes, associated: bytes, sealed: bytes) -> bytes:
    """Raises Broken."""
    if sealed[:1] != MESSAGE or len(sealed) < len(MESSAGE) + NONCE + TAG:
        raise Broken
    body = sealed[len(MESSAGE) :]
    try:
        return AESGCM(key).decrypt(body[:NONCE], body[NONCE:], associated)
    except InvalidTag:
        raise Broken from None


def seal_chunks(key: bytes, associated: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    salt = os.urandom(SALT)
    cipher, prefix = _file_cipher(key, salt, associated)
    yield FILE + salt
    for number, last, piece in _pieces(chunks, CHUNK):
        yield cipher.encrypt(_nonce(prefix, number, last=last), piece, associated)


def open_chunks(key: bytes, associated: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Raises Broken, at the latest at the end: nothing is whole before the iterator is empty."""
    source = iter(chunks)
    head, rest = _head(source, len(FILE) + SALT)
    if head[: len(FILE)] != FILE:
        raise Broken
    cipher, prefix = _file_cipher(key, head[len(FILE) :], associated)
    for number, last, piece in _pieces(_chained(rest, source), CHUNK + TAG):
        try:
            yield cipher.decrypt(_nonce(prefix, number, last=last), piece, associated)
        except (InvalidTag, ValueError):
            raise Broken from None


def _file_cipher(key: bytes, salt: bytes, associated: bytes) -> tuple[AESGCM, bytes]:
    material = derive(key, b"anxin file v1|" + associated, 32 + PREFIX, salt)
    return AESGCM(material[:32]), material[32:]


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _head(source: Iterator[bytes], size: int) -> tuple[bytes, bytes]:
    buffer = b""
    while len(buffer) < size:
        more = next(source, None)
        if more is None:
            raise Broken
        buffer += more
    return buffer[:size], buffer[size:]


def _chained(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pieces(chunks: Iterable[bytes], size: int) -> Iterator[tuple[int, bool, bytes]]:
    """(number, is it the last, bytes): equal pieces whatever the sizes that come in."""
    buffer, number = bytearray(), 0
    for chunk in chunks:
        buffer += chunk
        while len(buffer) > size:
            yield number, False, bytes(buffer[:size])
            del buffer[:size]
            number += 1
    yield number, True, bytes(buffer)
