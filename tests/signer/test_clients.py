"""One client object, many threads, forks and restarts."""

import socket
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from pki import keys
from pki.errors import PkiError, TokenError
from pki.signer import protocol
from pki.signer.client import Signer
from pki.signer.limits import MOST_REQUESTS
from pki.signer.server import MOST
from tests.support.signer import ROOT, SERIAL, forked, found
from tests.support.waiting import WITHIN, until

USER = keys.generate("sm2").public


def together(number: int, act) -> list:
    """Run `act(place)` in so many threads at once; its results, or what it raised."""
    results: list = [None] * number
    begin = threading.Barrier(number)

    def run(place: int) -> None:
        begin.wait(WITHIN)
        try:
            results[place] = act(place)
        except PkiError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN)
    return results


def test_threads_share_one_client_and_get_their_own_signatures(signer):
    client = signer.client()
    office = found(client, "issuing")

    def act(place: int) -> bool:
        for turn in range(20):
            tbs = office.tbs(USER, serial=SERIAL + 1000 * place + turn)
            if not office.public.verify(
                tbs, client.sign_one("issuing", "certificate", tbs), "sm2-sm3"
            ):
                return False
        return True

    assert together(8, act) == [True] * 8
    assert client.health()["counters"]["issuing"]["certificate"]["signed"] == 160


def test_clients_in_several_processes_work_at_once(signer):
    office = found(signer.client(), "issuing", "ec-p256")
    tbs = office.tbs(USER)
    program = (
        "import sys\n"
        "from pki.signer.client import Signer\n"
        "signer, tbs = Signer(sys.argv[1]), bytes.fromhex(sys.argv[2])\n"
        "for _ in range(20):\n"
        "    for s in signer.sign('issuing', 'certificate', [tbs] * 10): print(s.hex())\n"
    )
    arguments = (sys.executable, "-c", program, str(signer.path), tbs.hex())
    clients = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(3)
    ]

    signatures = {line for one in clients for line in one.communicate(timeout=WITHIN)[0].split()}

    assert [one.returncode for one in clients] == [0, 0, 0]
    assert len(signatures) == 600
    assert all(office.public.verify(tbs, bytes.fromhex(s), "ecdsa-sha256") for s in signatures)


def test_a_client_survives_a_fork(signer):
    client = signer.client()
    office = found(client, "issuing", "ec-p256")

    def act() -> str:
        for turn in range(200):
            tbs = office.tbs(USER, serial=SERIAL + turn)
            signature = client.sign_one("issuing", "certificate", tbs)
            if not office.public.verify(tbs, signature, "ecdsa-sha256"):
                return "mixed up"
        return "fine"

    child = forked(act)

    assert act() == "fine"
    assert child() == "fine"


def test_a_client_finds_the_signer_again_after_a_restart(signer):
    client = signer.client()
    office = found(client, "issuing", "ec-p256")
    for end in (signer.terminate, signer.kill):
        assert client.sign_one("issuing", "certificate", office.tbs(USER))
        end()
        with pytest.raises(TokenError) as refused:
            client.sign_one("issuing", "certificate", office.tbs(USER))
        assert (refused.value.rule, refused.value.permanent) == ("signer.unreachable", False)
        signer.start()
        assert client.sign_one("issuing", "certificate", office.tbs(USER))


def test_a_signer_that_says_nothing_is_given_up(short_dir):
    path = short_dir / "silent.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()

        with pytest.raises(TokenError) as refused:
            Signer(path, timeout=0.2).health()

    assert refused.value.rule == "signer.unreachable"
    assert not refused.value.permanent


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (b"", "signer.unreachable"),
        (b"\x00\x00", "signer.unreachable"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "signer.answer"),
        (protocol.pack({"ok": True, "refused": []}), "signer.answer"),
        (protocol.pack({"ok": True, "refused": [None]}), "signer.answer"),
        (protocol.pack({"ok": True, "refused": [None]}, [b"signature"]), "signer.answer"),
        (  # of other bytes than those that were sent
            protocol.pack(
                {"ok": True, "refused": [None], "of": [protocol.digest(b"y")]}, [b"signature"]
            ),
            "signer.answer",
        ),
    ],
)
def test_a_wrong_answer_is_a_passing_trouble(short_dir, answer, rule):
    path = short_dir / "strange.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            with suppress(OSError):  # the test is over
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        protocol.receive(connection)
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(TokenError) as refused:
            Signer(path, timeout=WITHIN).sign_one("issuing", "certificate", b"x")
        listener.shutdown(socket.SHUT_RDWR)

    assert refused.value.rule == rule
    assert not refused.value.permanent


def test_a_client_that_begins_too_much_is_refused_and_the_others_are_not(signer):
    client = signer.client()
    office = found(client, "issuing", "ec-p256")
    tbs = office.tbs(USER)
    begun = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(MOST_REQUESTS)]
    for one in begun:
        one.connect(str(signer.path))
        one.sendall((100).to_bytes(4))  # of which nothing follows

    until(lambda: rule_of(client) == "signer.too_many_requests")
    program = "import sys; from pki.signer.client import Signer; Signer(sys.argv[1]).health()"
    arguments = (sys.executable, "-c", program, str(signer.path))
    assert subprocess.run(arguments, cwd=ROOT, timeout=WITHIN, check=False).returncode == 0
    for one in begun:
        one.close()
    until(lambda: rule_of(client) == "")
    assert client.sign_one("issuing", "certificate", tbs)


def test_one_process_does_not_take_every_connection(signer):
    """Neither idle nor at work: whoever else comes is still served."""
    taken = [socket.socket(socket.AF_UNIX) for _ in range(MOST + 1)]
    for one in taken:
        one.settimeout(WITHIN)
        one.connect(str(signer.path))
    answer = protocol.receive(taken[-1])
    assert answer is not None
    assert answer[0]["error"]["rule"] == "signer.busy"
    program = "import sys; from pki.signer.client import Signer; Signer(sys.argv[1]).health()"
    arguments = (sys.executable, "-c", program, str(signer.path))

    assert subprocess.run(arguments, cwd=ROOT, timeout=WITHIN, check=False).returncode == 0

    for one in taken:
        one.close()
    until(lambda: rule_of(signer.client()) == "")


def rule_of(client: Signer) -> str:
    try:
        client.health()
    except TokenError as error:
        return error.rule
    return ""
