"""A real signer in a process of its own, and what to have it sign."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anxin.kernel import canonical
from pki import (
    ceremonies,
    certificates,
    crls,
    custodians,
    extensions,
    names,
    ocsp,
    oids,
    publickeys,
    shares,
    timestamps,
)
from pki.certificates import Certificate, Plan
from pki.custodians import Newcomer
from pki.extensions import Extension
from pki.names import Name
from pki.publickeys import PublicKey
from pki.shares import ShareFile
from pki.signatures import default_algorithm
from pki.signer import protocol
from pki.signer.client import Signer
from pki.signer.custody import Custody
from pki.signer.protocol import Key
from pki.sm.sm3 import sm3
from pki.timestamps import TimeStamp
from tests.support.waiting import WITHIN, until

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
SERIAL = 1 << 126
_Answer = tuple[protocol.Header, list[bytes]]


def newcomers() -> list[Newcomer]:
    return [Newcomer(number, str(number), f"保管人{number}") for number in shares.NUMBERS]


@dataclass
class SignerProcess:
    """`home` is short enough for a socket's path; options are those of the command line.

    `purpose`: what it is activated for after each start; "" leaves it sealed.
    """

    home: Path
    options: tuple[str, ...] = ()
    purpose: str = "founding"
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()  # what starts it, with fewer rights
    clients: list[Signer] = field(default_factory=list)  # closed at the end
    newcomers: list[Newcomer] = field(default_factory=newcomers)
    custodians: list[ShareFile] = field(default_factory=list)  # once their shares are handed out

    @property
    def path(self) -> Path:
        if "--socket" in self.options:
            return Path(self.options[self.options.index("--socket") + 1])
        return self.home / "run" / "signer.sock"

    @property
    def command(self) -> tuple[str, ...]:
        python = (*self.prefix, sys.executable, "-m", "pki.signer")
        where = ("--home", str(self.home), "--socket", str(self.path))
        return (*python, *where, "--first-custodians", "anybody", *self.options)

    def prepare(self) -> "SignerProcess":
        self.home.mkdir(mode=0o700, exist_ok=True)
        return self

    def share_custody(self, *others: "SignerProcess") -> None:
        """Others on the same token open with the same shares."""
        for other in others:
            for name in ("identity.key", "custody.json", "token-taken-over"):
                if (self.home / name).exists():
                    shutil.copy2(self.home / name, other.home / name)
            other.custodians = self.custodians

    def help_with(self, home: Path) -> "SignerProcess":
        """Another signer, in `home`, that helps this one: with copies of all but its books."""
        options = tuple(each for each in self.options if each != "--helper")
        other = SignerProcess(home, (*options, "--helper"), "activate", self.environment)
        other.prepare()
        self.share_custody(other)
        other.copy_keys(self)
        return other

    def copy_keys(self, one: "SignerProcess") -> None:
        """The register, and what keys are in files."""
        shutil.copy2(one.home / "keys.json", self.home / "keys.json")
        for name in ("software", "wrapped"):
            if (one.home / name).exists():
                shutil.copytree(one.home / name, self.home / name, dirs_exist_ok=True)

    def launch(self) -> "SignerProcess":
        """Start without waiting; `settled` waits until it serves or has given up."""
        # A file, so that what it said before it answered can be read after the answer.
        log, path = tempfile.mkstemp(prefix="said-", dir=self.home.parent)
        self._log = Path(path)
        self.process = subprocess.Popen(
            self.command,
            stderr=log,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "ANXIN_ENV": "test", **self.environment},
        )
        os.close(log)
        return self

    @property
    def said(self) -> list[dict]:
        """Every whole line since it was started."""
        lines = self._log.read_text("utf8").splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        return [json.loads(line) if line.startswith("{") else {"raw": line} for line in whole]

    def settled(self) -> bool:
        """Whether it serves."""
        until(self._has_settled, "the signer's start")
        return bool(self.events("ready"))

    def _has_settled(self) -> bool:
        ended = self.process.poll() is not None
        return ended or bool(self.events("ready") or self.events("not_started"))

    def start(self) -> "SignerProcess":
        assert self.launch().settled(), self.said
        if self.purpose:
            self.activate()
        return self

    def activate(self, purpose: str = "") -> None:
        """Two of the custodians bring their shares; they have them since the first start."""
        with closing(Signer(self.path, WITHIN)) as client:
            self.custodians = self.custodians or hand_out(client, self.newcomers)
            activate(client, self.custodians[:2], purpose or self.purpose)

    def agree(self, script: bytes) -> None:
        """Two of the custodians bring their shares for a ceremony."""
        with closing(Signer(self.path, WITHIN)) as client:
            activate(client, self.custodians[:2], "ceremony", script)

    def be_active(self) -> None:
        """As after the start, whatever a test has left it at."""
        with closing(Signer(self.path, WITHIN)) as client:
            if client.custody()["purpose"] != self.purpose:
                activate(client, self.custodians[:2], self.purpose)

    def start_in_vain(self) -> str:
        """The rule by which it refuses to start."""
        assert not self.launch().settled(), "it started"
        assert self.ended() == 1
        (line,) = self.events("not_started")
        return line["rule"]

    def client(self, timeout: float = WITHIN) -> Signer:
        self.clients.append(Signer(self.path, timeout))
        return self.clients[-1]

    def terminate(self) -> int:
        self.process.terminate()
        return self.ended()

    def kill(self) -> int:
        self.process.kill()
        return self.ended()

    def ended(self) -> int:
        return self.process.wait(WITHIN)

    def end(self) -> None:
        """Whatever state it is in, and if it was started at all."""
        for client in self.clients:
            client.close()
        if hasattr(self, "process"):
            self.process.kill()
            self.process.wait(WITHIN)

    def events(self, name: str) -> list[dict]:
        return [line for line in self.said if line.get("event") == name]


@contextmanager
def lying(real: SignerProcess, op: str, alter: Callable[[_Answer], _Answer]) -> Iterator[str]:
    """A socket behind which the signer answers, but for its answers to `op`: those are altered."""

    def serve(caller: socket.socket) -> None:
        with caller, socket.socket(socket.AF_UNIX) as signer:
            signer.connect(str(real.path))
            while asked := protocol.receive(caller):
                signer.sendall(protocol.pack(*asked))
                answer = protocol.receive(signer)
                lies = asked[0]["op"] == op
                caller.sendall(protocol.pack(*(alter(answer) if lies else answer)))

    with listening(serve) as path:
        yield path


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """The path of a socket; everybody who calls is served in a thread of their own."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = f"{folder}/s"
        listener.bind(path)
        listener.listen()

        def accept() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    threading.Thread(target=serve, args=[caller], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield path
        listener.shutdown(socket.SHUT_RDWR)


def hand_out(signer: Signer | Custody, people: Sequence[Newcomer] = ()) -> list[ShareFile]:
    """Three invented custodians receive their shares."""
    people = people or newcomers()
    identity = _identity(signer)
    owned = []
    for one, sent in zip(people, signer.hand_out([p.as_header() for p in people]), strict=True):
        parts = (bytes.fromhex(sent[name]) for name in ("signature", "sealed"))
        owned.append(one.take(sent["statement"].encode(), *parts, identity=identity))
    for one in owned:
        signer.received(one.set_id, one.share.number, custodians.receipt(one))
    return owned


def activate(
    signer: Signer | Custody,
    owned: Iterable[ShareFile],
    purpose: str,
    script: bytes = b"",
    **limits: int,
) -> None:
    """These bring their shares, one after the other."""
    identity = _identity(signer)
    limits = {"hours": 8, "signatures": 1_000_000} | limits
    offer = signer.offer(purpose, script=script, **limits)
    statement, signature = offer["statement"].encode(), bytes.fromhex(offer["signature"])
    for one in owned:
        signer.bring(*custodians.bring(one, statement, signature, identity=identity))


def script(kind: str, key: str, number: str = "KC-2026-007", **plan: str) -> bytes:
    """As much of a ceremony's script as a signer reads; `drill` is "no" unless it is given."""
    said = {"format": ceremonies.SCRIPT, "number": number, "kind": kind, "key": key}
    drill = plan.pop("drill", "no")
    return canonical.encode({**said, "drill": drill, "plan": {"path_length": "0", **plan}})


def _identity(signer: Signer | Custody) -> bytes:
    report = signer.report() if isinstance(signer, Custody) else signer.custody()
    return bytes.fromhex(report["identity"])


def forked(act: Callable[[], str]) -> Callable[[], str]:
    """Begin `act` in a child process; call the result to wait for what it returned."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = act()
        except BaseException:  # noqa: BLE001 - the child must end here, whatever happens
            said = traceback.format_exc()
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)

    def wait() -> str:
        with os.fdopen(reading) as answer:
            said = answer.read()
        os.waitpid(child, 0)
        return said

    return wait


@dataclass(frozen=True)
class Office:
    """A CA whose key is in the signer."""

    key: Key
    name: Name
    public: PublicKey
    certificate: Certificate

    @property
    def label(self) -> str:
        return self.key.label

    @property
    def algorithm(self) -> str:
        return default_algorithm(self.public.algorithm)

    def tbs(self, subject: PublicKey, *said: Extension, **changes: object) -> bytes:
        """A certificate of an invented person; `changes` replace fields of the plan."""
        plan = {
            "serial": SERIAL + 1,
            "issuer": self.name.der,
            "subject": PERSON,
            "public_key": subject,
            "not_before": NOW,
            "not_after": NOW + 365 * DAY,
            "signature_algorithm": self.algorithm,
            "extensions": said or (extensions.key_usage({"digitalSignature"}),),
        }
        return certificates.encode(Plan(**(plan | changes)))

    def list_tbs(self, **changes: object) -> bytes:
        fields = {
            "issuer": self.name,
            "number": 1,
            "this_update": NOW,
            "next_update": NOW + DAY,
            "entries": [crls.Entry(SERIAL + 1, NOW, "keyCompromise")],
            "authority_key_id": self.public.key_identifier,
            "signature_algorithm": self.algorithm,
        }
        return crls.encode(**(fields | changes))


PERSON = names.build([("C", "CN"), ("O", "北京示例科技有限公司"), ("CN", "王小明")])


def found(signer: Signer, label: str, algorithm: str = "sm2", *kinds: str) -> Office:
    """Make a key and its self-signed CA certificate."""
    key = signer.generate(label, algorithm, kinds or ("ca-certificate", "certificate", "crl"))
    public, name = publickeys.parse(key.public_key), ca_name(label)
    tbs = certificates.encode(ca_plan(public, name))
    signature = signer.sign_one(label, "ca-certificate", tbs)
    certificate = certificates.assemble(tbs, signature)
    installed = signer.install_certificate(label, certificate)
    return Office(installed, name, public, certificates.parse(certificate))


def ca_name(label: str) -> Name:
    return names.build([("C", "CN"), ("O", "安信测试"), ("CN", label)])


def ca_plan(public: PublicKey, name: Name, **changes: object) -> Plan:
    plan = {
        "serial": SERIAL,
        "issuer": name.der,
        "subject": name,
        "public_key": public,
        "not_before": NOW - DAY,
        "not_after": NOW + 3650 * DAY,
        "signature_algorithm": default_algorithm(public.algorithm),
        "extensions": (
            extensions.basic_constraints(True),
            extensions.key_usage({"keyCertSign", "cRLSign"}),
            extensions.subject_key_identifier(public.key_identifier),
        ),
    }
    return Plan(**(plan | changes))


AS_RESPONDER = (
    extensions.key_usage({"digitalSignature"}),
    extensions.extended_key_usage(["OCSPSigning"]),
    extensions.ocsp_no_check(),
)


AS_STAMPER = (
    extensions.key_usage({"digitalSignature"}),
    extensions.extended_key_usage(["timeStamping"], critical=True),
)
STAMPED = "合同正文".encode()


def stamp(**changes: object) -> TimeStamp:
    """What is stamped: at NOW, which a signer with a clock of its own finds too long ago."""
    said = {
        "policy": "1.2.156.112570.1.9",
        "imprint": timestamps.imprint(oids.SM3, sm3(STAMPED)),
        "serial": SERIAL,
        "at": NOW,
        "accuracy": timedelta(seconds=1),
        "nonce": 1 << 63,
    }
    return TimeStamp(**(said | changes))


def answer_tbs(office: Office, responder: PublicKey, **changes: object) -> bytes:
    single = ocsp.Single(
        cert_id=ocsp.cert_id_for(office.certificate, SERIAL + 1, "sha1"),
        status="good",
        this_update=NOW,
        next_update=NOW + DAY,
    )
    fields = {
        "responder_key_hash": responder.key_identifier,
        "produced_at": NOW,
        "singles": [single],
    }
    return ocsp.encode_response_data(**(fields | changes))
