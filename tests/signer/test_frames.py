"""Whatever arrives at the socket, the signer answers or hangs up, and lives on."""

import socket
import struct
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pki import keys
from pki.signer import protocol
from tests.support.signer import found
from tests.support.waiting import WITHIN

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
OPERATIONS = ["health", "keys", "sign", "generate", "install_certificate"]
WORDS = st.sampled_from(["issuing", "sm2", "ec-p256", *protocol.KINDS])
FIELDS = ["key", "kind", "label", "algorithm", "kinds", "crl_days", "sizes"]
HEADERS = st.fixed_dictionaries(
    {"op": st.sampled_from(OPERATIONS) | JSON},
    optional={name: WORDS | st.lists(WORDS, max_size=3) | JSON for name in FIELDS},
)
UNSTRUCTURED = st.binary(max_size=300)
FRAMED = st.binary(max_size=300).map(lambda data: struct.pack(">I", len(data)) + data)
REQUESTS = st.builds(protocol.pack, HEADERS, st.lists(st.binary(max_size=100), max_size=4))


def throw(path, data: bytes) -> list[dict]:
    """Send, hang up the sending half, and return the headers of all answers."""
    answers = []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(WITHIN)
        connection.connect(str(path))
        with suppress(OSError):  # the signer may hang up first
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):  # it hung up without reading the rest
            while (answer := protocol.receive(connection)) is not None:
                answers.append(answer[0])
    return answers


def test_the_signer_survives_anything(signer):
    client = signer.client()
    office = found(client, "issuing")

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(UNSTRUCTURED | FRAMED | REQUESTS)
    def bombard(data: bytes) -> None:
        for answer in throw(signer.path, data):
            assert ("ok" in answer) != ("error" in answer)

    bombard()

    assert client.health()["pid"] == signer.process.pid
    assert signer.events("failed") == []
    assert client.sign_one("issuing", "certificate", office.tbs(keys.generate("sm2").public))


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", 2**32 - 1),
        struct.pack(">I", protocol.MAX_FRAME + 1) + bytes(100),
        struct.pack(">II", 4, 2**31),
        struct.pack(">II", 6, 2) + b"[]",
        struct.pack(">II", 6, 2) + b"{}" + struct.pack(">II", 6, 2) + b"{}",
    ],
)
def test_a_bad_frame_is_answered_before_the_signer_hangs_up(signer, data):
    answers = throw(signer.path, data)

    assert answers
    assert all(answer["error"]["rule"].startswith("signer.") for answer in answers)


def test_requests_may_be_sent_ahead_and_are_answered_in_order(signer):
    office = found(signer.client(), "issuing", "ec-p256")
    tbs = office.tbs(keys.generate("sm2").public)
    ask = {"op": "sign", "key": "issuing", "kind": "certificate"}
    frames = [protocol.pack(ask, [tbs] * count) for count in (1, 5, 0, 3)]
    bad = protocol.pack({"op": "nonsense"})

    answers = throw(signer.path, b"".join([*frames[:2], bad, *frames[2:]]))

    assert [len(answer.get("refused", "error")) for answer in answers] == [1, 5, 5, 0, 3]
    assert answers[2]["error"]["rule"] == "signer.operation"


def test_a_half_sent_frame_holds_up_nobody(signer):
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(signer.path))
        slow.sendall(struct.pack(">I", 1000) + b"half")

        assert signer.client().health()["unlocked"]


def test_a_crowd_is_turned_away_with_a_reason(signer):
    crowd = []
    try:
        for _ in range(80):
            crowd.append(socket.socket(socket.AF_UNIX))
            crowd[-1].connect(str(signer.path))
            crowd[-1].settimeout(WITHIN)
        answer = protocol.receive(crowd[-1])
    finally:
        for one in crowd:
            one.close()

    assert answer is not None
    assert answer[0]["error"]["rule"] == "signer.busy"
    assert answer[0]["error"]["permanent"] is False
