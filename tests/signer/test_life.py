"""Starting, dying and coming back."""

import base64
import ctypes
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pki import keys, shares
from pki.errors import PkiError, TokenError
from pki.extensions import Extension
from pki.signer import protocol
from tests.support.signer import ROOT, SignerProcess, found, hand_out
from tests.support.waiting import WITHIN

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


def test_it_is_sealed_after_every_start(signer):
    """CPS-6.2.8"""
    client = signer.client()
    office = found(client, "issuing")
    signer.terminate()
    signer.purpose = ""
    signer.start()

    assert client.custody()["state"] == "sealed"
    with pytest.raises(TokenError) as refused:
        client.sign_one("issuing", "certificate", office.tbs(USER))
    assert (refused.value.rule, refused.value.permanent) == ("signer.sealed", False)
    signer.activate("activate")
    assert client.sign_one("issuing", "certificate", office.tbs(USER))


def test_nothing_that_opens_it_stands_in_log_arguments_environment_or_files(signer):
    found(signer.client(), "issuing")
    secrets = [each for one in signer.custodians for each in (one.share.value,)]
    secrets.append(bytes(shares.combine(one.share for one in signer.custodians[:2])))
    process = Path(f"/proc/{signer.process.pid}")
    told = (process / "cmdline").read_bytes()
    signer.terminate()

    assert b"--home" in told
    written = [str(line).encode() for line in signer.said]
    written += [path.read_bytes() for path in signer.home.rglob("*") if path.is_file()]
    assert len(written) > 5
    for secret in secrets:
        for form in (secret, secret.hex().encode(), base64.b64encode(secret)):
            assert all(form not in one for one in [told, *written])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_an_initial_secret_that_others_may_read_is_not_used(new_signer, mode):
    assert refused_secret(new_signer(), lambda file: file.chmod(mode)) == "signer.secret_file"


def test_an_initial_secret_that_is_a_link_missing_empty_or_short_is_not_used(new_signer, short_dir):
    def moved(file: Path) -> None:
        file.rename(short_dir / "elsewhere")
        file.symlink_to(short_dir / "elsewhere")

    assert refused_secret(new_signer("one"), moved) == "signer.secret_file"
    assert refused_secret(new_signer("two"), Path.unlink) == "signer.secret_file"
    assert refused_secret(new_signer("three"), lambda file: file.write_text("")) == (
        "signer.secret_file"
    )
    assert refused_secret(new_signer("four"), lambda file: file.write_text("x" * 15 + "\n")) == (
        "signer.secret"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_an_initial_secret_of_somebody_else_is_not_used(new_signer):
    def given_away(file: Path) -> None:
        os.chown(file, 65534, 65534)

    assert refused_secret(new_signer(), given_away) == "signer.secret_file"


def refused_secret(one: SignerProcess, spoil: Callable[[Path], object]) -> str:
    """The rule by which it hands out no shares."""
    file = one.home / "initial"
    file.touch(mode=0o600)
    file.write_text("x" * 16 + "\n")
    spoil(file)
    one.options = ("--initial-secret-file", str(file))
    one.purpose = ""
    one.start()
    with pytest.raises(PkiError) as refused:
        hand_out(one.client())
    return refused.value.rule


@pytest.mark.parametrize("said", ["production", ""])
def test_but_in_a_demo_the_first_shares_are_not_for_anybody(new_signer, said):
    """CPS-6.2.2: a demo's signer hands its first shares to anybody, and founds CAs."""
    one = new_signer(environment={"ANXIN_ENV": said}).launch()

    assert not one.settled()
    assert "anybody is for a demo" in one.said[-1]["raw"]
    assert one.process.wait(WITHIN) == 2
    one.environment["ANXIN_ENV"] = "demo"
    one.start()


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
    one.activate("founding")

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
