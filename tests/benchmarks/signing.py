"""What the signer costs beside the bare token, and how long it takes to come to work.

Bare: the token object in this process, one signature after the other, in one thread. Signer: the
process over its socket, which reads what it signs, checks its policy, signs, verifies the
signature, counts it and writes its book; one request after the other, each with 1, 10 or 100
certificates. Two signers: one client thread for each, with the same keys. Software keys, and keys
in SoftHSM where it is installed (SM2 there is a software key sealed by the token).

Activation: from the question for an offer to the answer to the second share, which opens the token.
"""

import os
import shutil
import subprocess
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from pki import keys
from pki.hsm import drivers
from pki.hsm.interface import Token
from pki.publickeys import PublicKey
from pki.signer.client import Signer
from tests.benchmarks.harness import Figure, Run, repeat, seconds, show
from tests.support.signer import SERIAL, Office, SignerProcess, activate, found

ALGORITHMS = {"sm2": "SM2", "ec-p256": "P-256", "rsa-2048": "RSA-2048"}
BATCHES = (1, 10, 100)
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "24681357"

_serials = count(SERIAL + 1)


def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="anxin-sign-", dir="/tmp") as folder:
        _driver("software", (), {}, Path(folder))
        if MODULE.exists() and shutil.which("softhsm2-util"):
            environment = _tokens(Path(folder))
            options = ("--driver", "pkcs11", "--module", str(MODULE), "--token", "signer")
            _driver("SoftHSM", options, environment, Path(folder))


def _driver(name: str, options: tuple[str, ...], environment: dict[str, str], at: Path) -> None:
    """All figures of one kind of token."""
    many = 100 if Run.short else 400
    user = keys.generate("sm2").public
    with _signers(at / name.lower(), options, environment) as (home, helper):
        bare = _bare(name, at)
        offices = {each: found(home.client(), each, each) for each in ALGORITHMS}
        for algorithm, office in offices.items():
            shown = f"{name}, {ALGORITHMS[algorithm]}"
            alone = _bare_rate(f"{shown}: the bare token", bare, algorithm, office, many)
            for size in BATCHES:
                requests = _requests(office, user, many, size)
                rate = _at_once(f"{shown}: signer, {size} a request", [home], requests)
                if size == 1:
                    _overhead(f"{shown}: the signer's own part of a signature", alone, rate)
        helper.copy_keys(home)
        home.share_custody(helper)
        helper.start()
        for algorithm, office in offices.items():
            shown = f"{name}, {ALGORITHMS[algorithm]}"
            requests = _requests(office, user, many, 100)
            _at_once(f"{shown}: two signers, 100 a request", [home, helper], requests)
        _activation(name, home)
        bare.lock()


@contextmanager
def _signers(
    at: Path, options: tuple[str, ...], environment: dict[str, str]
) -> Iterator[tuple[SignerProcess, SignerProcess]]:
    """The home signer at work, and a helper that is not started yet."""
    home = SignerProcess(at.with_name(f"{at.name}-1"), environment=environment).prepare()
    if options:
        initial = home.home / "initial-pin"
        initial.touch(mode=0o600)
        initial.write_text(PIN)
        options = (*options, "--initial-secret-file", str(initial))
    home.options = options
    helper = SignerProcess(
        at.with_name(f"{at.name}-2"), (*options, "--helper"), "activate", environment
    ).prepare()
    try:
        yield home.start(), helper
    finally:
        helper.end()
        home.end()


def _tokens(at: Path) -> dict[str, str]:
    """Two tokens of SoftHSM: one for the signers, one to be used bare, by this process."""
    (at / "tokens").mkdir()
    configuration = at / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {at / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    for label in ("signer", "bare"):
        pins = ("--so-pin", "86427531", "--pin", PIN)
        command = ("softhsm2-util", "--init-token", "--free", "--label", label, *pins)
        subprocess.run(command, check=True, capture_output=True)
    return {"SOFTHSM2_CONF": str(configuration)}


def _bare(name: str, at: Path) -> Token:
    home = at / f"bare-{name.lower()}"
    home.mkdir(mode=0o700)
    driver = drivers.SOFTWARE if name == "software" else drivers.PKCS11
    options = Namespace(
        home=home,
        driver=driver,
        module=MODULE,
        token="bare",
        spare_token="",
        vendor="standard",
        device=None,
    )
    return drivers.open_token(options, bytearray(PIN.encode()))


def _bare_rate(name: str, token: Token, algorithm: str, office: Office, many: int) -> Figure:
    token.generate(algorithm, algorithm)
    message = office.list_tbs()

    def rate() -> float:
        return many / seconds(lambda: [token.sign(algorithm, message) for _ in range(many)])

    return show(Figure(name, "1/s", repeat(rate), note=f"{many} a round"))


def _requests(
    office: Office, user: PublicKey, many: int, size: int
) -> tuple[str, list[list[bytes]]]:
    made = [office.tbs(user, serial=next(_serials)) for _ in range(many)]
    return office.label, [made[start : start + size] for start in range(0, many, size)]


def _at_once(
    name: str, signers: list[SignerProcess], wanted: tuple[str, list[list[bytes]]]
) -> Figure:
    """All of these requests to each of the signers, which work at the same time."""
    label, requests = wanted
    clients = [one.client() for one in signers]
    many = sum(map(len, requests)) * len(clients)

    def ask(client: Signer) -> None:
        for request in requests:
            answers = client.sign(label, "certificate", request)
            assert all(isinstance(answer, bytes) for answer in answers), answers

    def rate() -> float:
        with ThreadPoolExecutor(len(clients)) as threads:
            return many / seconds(lambda: list(threads.map(ask, clients)))

    return show(Figure(name, "1/s", repeat(rate), note=f"{many} a round"))


def _overhead(name: str, bare: Figure, through: Figure) -> None:
    pairs = zip(bare.runs, through.runs, strict=True)
    show(Figure(name, "µs", tuple(1e6 / ours - 1e6 / alone for alone, ours in pairs)))


def _activation(name: str, one: SignerProcess) -> None:
    client = one.client()

    def once() -> float:
        client.lock()
        return 1000 * seconds(lambda: activate(client, one.custodians[:2], "activate"))

    show(Figure(f"{name}: activation by two shares", "ms", repeat(once)))
