"""Starting, dying and coming back."""

import ctypes
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from pki import keys
from pki.errors import TokenError
from pki.extensions import Extension
from pki.signer import protocol
from tests.support.signer import ROOT, WITHIN, found

USER = keys.generate("sm2").public


def test_kill_9_loses_neither_keys_nor_counts(signer):
    client = signer.client()
    office = found(client, "issuing")
    for _ in range(3):
        client.sign("issuing", "certificate", [office.tbs(USER)] * 5)
    before = client.keys()
    signer.kill()
    signer.start()

    assert client.keys() == before
    tbs = office.tbs(USER)
    assert office.public.verify(tbs, client.sign_one("issuing", "certificate", tbs), "sm2-sm3")
    counted = client.health()["counters"]["issuing"]["certificate"]
    assert (counted["signed"], counted["signed_ever"]) == (1, 16)


def test_another_secret_opens_nothing(signer):
    signer.terminate()
    (signer.home / "unlock").write_text("another secret of good length")

    assert signer.start_in_vain() == "token.secret"


def test_the_secret_does_not_stand_in_the_log_or_the_arguments(signer):
    secret = (signer.home / "unlock").read_text()
    told = Path(f"/proc/{signer.process.pid}/cmdline").read_text()
    signer.terminate()

    assert "--home" in told
    assert secret not in told
    assert signer.said
    assert all(secret not in str(line) for line in signer.said)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_secret_that_others_may_read_is_not_used(new_signer, mode):
    one = new_signer()
    (one.home / "unlock").chmod(mode)

    assert one.start_in_vain() == "signer.unlock_file"


def test_a_secret_that_is_a_link_missing_empty_or_short_is_not_used(new_signer, short_dir):
    one = new_signer()
    unlock = one.home / "unlock"
    unlock.rename(short_dir / "elsewhere")
    assert one.start_in_vain() == "signer.unlock_file"
    unlock.symlink_to(short_dir / "elsewhere")
    assert one.start_in_vain() == "signer.unlock_file"
    unlock.unlink()
    unlock.touch(mode=0o600)
    assert one.start_in_vain() == "signer.unlock_file"
    unlock.write_text("x" * 15 + "\n")
    assert one.start_in_vain() == "signer.secret"
    unlock.write_text("x" * 16 + "\n")
    assert one.launch().settled()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_secret_of_somebody_else_is_not_used(new_signer):
    one = new_signer()
    os.chown(one.home / "unlock", 65534, 65534)

    assert one.start_in_vain() == "signer.unlock_file"


def test_an_open_home_or_socket_directory_is_refused(new_signer):
    one = new_signer()
    one.home.chmod(0o755)
    assert one.start_in_vain() == "signer.home"
    one.home.chmod(0o700)
    one.path.parent.mkdir(mode=0o700)
    one.path.parent.chmod(0o701)
    assert one.start_in_vain() == "signer.socket"


def test_a_file_where_the_socket_should_be_is_left_alone(new_signer):
    one = new_signer()
    one.path.parent.mkdir(mode=0o700)
    one.path.write_text("important")

    assert one.start_in_vain() == "signer.socket"
    assert one.path.read_text() == "important"


def test_of_four_simultaneous_starts_in_one_home_exactly_one_serves(new_signer):
    four = [new_signer("home") for _ in range(4)]
    for one in four:
        one.launch()

    serving = [one for one in four if one.settled()]

    assert len(serving) == 1
    assert serving[0].client().health()["pid"] == serving[0].process.pid
    for one in four:
        if one is not serving[0]:
            assert one.ended() == 1
            assert one.events("not_started")[0]["rule"] == "signer.home"


def test_two_homes_cannot_share_a_socket(new_signer):
    first, second = new_signer("one").start(), new_signer("two")
    second.options = ("--socket", str(first.path))

    assert second.start_in_vain() == "signer.socket"
    assert first.client().health()["pid"] == first.process.pid


def test_sigterm_answers_what_is_running_and_removes_the_socket(signer):
    office = found(signer.client(), "issuing")
    bulky = Extension("1.2.156.112570.99", False, bytes(4000))
    request = {"op": "sign", "key": "issuing", "kind": "certificate"}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(WITHIN)
        connection.connect(str(signer.path))
        # A megabyte does not fit the socket: once all is sent, the signer is at work on it.
        connection.sendall(protocol.pack(request, [office.tbs(USER, bulky)] * 256))
        signer.process.terminate()
        header, blobs = protocol.receive(connection)
        assert protocol.receive(connection) is None

    assert header["ok"]
    assert len(blobs) == 256
    assert signer.ended() == 0
    assert signer.events("stopped")
    assert not signer.path.exists()


def test_a_signal_that_the_kernel_gives_another_thread_ends_it_as_well(signer):
    signer.client().health()
    main = signer.process.pid
    threads = {int(one.name) for one in Path(f"/proc/{main}/task").iterdir()} - {main}

    assert ctypes.CDLL(None).tgkill(main, min(threads), signal.SIGTERM) == 0

    assert signer.ended() == 0
    assert not signer.path.exists()


def test_a_signer_whose_log_nobody_reads_goes_on_signing(new_signer):
    one = new_signer()
    reading, writing = os.pipe()
    one.process = subprocess.Popen(one.command, stderr=writing, cwd=ROOT)
    os.close(writing)
    with os.fdopen(reading) as log:
        assert '"ready"' in log.readline()
    client = one.client()

    office = found(client, "issuing")

    assert client.sign_one("issuing", "certificate", office.tbs(USER))
    one.process.terminate()
    assert one.process.wait(WITHIN) == 0


def test_the_unreachable_signer_is_a_passing_trouble(new_signer):
    one = new_signer()

    with pytest.raises(TokenError) as refused:
        one.client().health()

    assert refused.value.rule == "signer.unreachable"
    assert not refused.value.permanent


def test_nobody_else_can_read_what_the_signer_leaves_on_disk(signer):
    found(signer.client(), "issuing")

    paths = list(signer.home.rglob("*"))
    assert {"keys.json", "counters.json", "issuing.key", "signer.sock"} <= {p.name for p in paths}
    for path in paths:
        assert path.stat().st_mode & 0o077 == 0, path
