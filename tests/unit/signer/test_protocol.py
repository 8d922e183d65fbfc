"""Frames survive the way and bad ones are named."""

import json
import socket
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import BadSignature, Malformed, PkiError, Refused, TokenError
from pki.signer import protocol

TEXTS = st.dictionaries(st.text(max_size=20).filter(lambda name: name != "sizes"), st.text())
BLOBS = st.lists(st.binary(max_size=300), max_size=20)


def frame(header: bytes, rest: bytes = b"") -> bytes:
    return struct.pack(">I", len(header)) + header + rest


@given(TEXTS, BLOBS)
def test_what_is_packed_comes_out_again(header, blobs):
    packed = protocol.pack(header, blobs)

    assert struct.unpack(">I", packed[:4])[0] == len(packed) - 4
    assert protocol.unpack(packed[4:]) == (header, blobs)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with suppress(Malformed):
        header, blobs = protocol.unpack(data)
        assert isinstance(header, dict)
        assert all(isinstance(blob, bytes) for blob in blobs)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00\x00",
        struct.pack(">I", 10) + b"{}",
        struct.pack(">I", 2**32 - 1) + b"{}",
        frame(b"[1]"),
        frame(b"{"),
        frame(b"\xff\xfe"),
        frame(b"[" * 100_000),
        frame(b'{"a":' + b"9" * 5000 + b"}"),
        frame(b"{}", b"x"),
        frame(b'{"sizes":[1]}'),
        frame(b'{"sizes":[-1,2]}', b"x"),
        frame(b'{"sizes":[1.0]}', b"x"),
        frame(b'{"sizes":[true]}', b"x"),
        frame(b'{"sizes":[],"key":"\\ud800"}'),  # half a character
        frame(b'{"sizes":"1"}', b"x"),
        frame(b'{"sizes":null}'),
        frame(json.dumps({"sizes": [0] * (protocol.MAX_ITEMS + 1)}).encode()),
    ],
)
def test_bad_frames_are_named(data):
    with pytest.raises(Malformed) as refused:
        protocol.unpack(data)

    assert refused.value.rule == "signer.frame"


def test_frames_have_a_limit():
    with pytest.raises(Malformed) as refused:
        protocol.pack({"op": "sign"}, [bytes(protocol.MAX_FRAME)])

    assert refused.value.rule == "signer.frame_size"


@pytest.fixture
def ends():
    near, far = socket.socketpair()
    near.settimeout(5)
    with near, far:
        yield near, far


def test_frames_come_one_after_the_other(ends):
    near, far = ends
    far.sendall(protocol.pack({"op": "health"}) + protocol.pack({"op": "sign"}, [b"a", b""]))
    far.shutdown(socket.SHUT_WR)

    assert protocol.receive(near) == ({"op": "health"}, [])
    assert protocol.receive(near) == ({"op": "sign"}, [b"a", b""])
    assert protocol.receive(near) is None


def test_a_peer_that_hangs_up_inside_a_frame_is_told_from_one_that_is_done(ends):
    near, far = ends
    far.sendall(protocol.pack({"op": "health"})[:-1])
    far.shutdown(socket.SHUT_WR)

    with pytest.raises(ConnectionResetError):
        protocol.receive(near)


def test_a_claimed_length_above_the_limit_is_not_waited_for(ends):
    near, far = ends
    far.sendall(struct.pack(">I", protocol.MAX_FRAME + 1))

    with pytest.raises(Malformed) as refused:
        protocol.receive(near)

    assert refused.value.rule == "signer.frame_size"


@pytest.mark.parametrize(
    "error",
    [
        Refused("policy.issuer", "Another issuer."),
        Malformed("der.truncated", "Too short."),
        BadSignature("request.bad_signature", "Wrong."),
        TokenError("token.locked", "Locked.", permanent=False),
        TokenError("token.pin", "Wrong PIN.", permanent=True),
    ],
)
def test_errors_cross_the_wire(error: PkiError):
    header = json.loads(json.dumps(protocol.error_header(error)))["error"]
    back = protocol.error_from(header)

    assert type(back) is type(error)
    assert (back.rule, back.reason) == (error.rule, error.reason)
    assert getattr(back, "permanent", None) is getattr(error, "permanent", None)
