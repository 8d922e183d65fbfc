"""BouncyCastle as a second opinion: one Java process per test session, asked over a pipe.

Runs `java Verifier.java`, which Debian's headless JRE can do too: its image holds the compiler
module although the package has no `javac`.
"""

import base64
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Self

from tests.oracles.refusals import OracleRefused, missing

SOURCE = Path(__file__).with_name("Verifier.java")
JARS = tuple(Path("/usr/share/java") / name for name in ("bcprov.jar", "bcpkix.jar", "bcutil.jar"))
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-Xmx256m")
ANSWER_SECONDS = 60

Facts = dict[str, str]


class BouncyCastle:
    """Every `verify_…` returns what BouncyCastle read, or raises OracleRefused with its reason."""

    def __init__(self) -> None:
        if shutil.which("java") is None:
            missing("java", "default-jre-headless")
        if not all(jar.exists() for jar in JARS):
            missing("BouncyCastle", "libbcpkix-java")
        classpath = ":".join(str(jar) for jar in JARS)
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  closed in __exit__
        self._process = subprocess.Popen(
            [*JAVA, "-cp", classpath, str(SOURCE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=ANSWER_SECONDS)
        self._process.stdout.close()
        self._complaints.close()

    def verify_certificate(self, certificate: bytes, issuer: bytes) -> Facts:
        """Name link and signature. Facts: algorithm, serial."""
        return self._ask("certificate", _text(certificate), _text(issuer))

    def verify_path(
        self, path: Iterable[bytes], anchor: bytes, *, at: datetime, crls: Iterable[bytes] = ()
    ) -> Facts:
        """RFC 5280 section 6; `path` goes from the leaf up to, but without, the anchor."""
        milliseconds = str(int(at.timestamp() * 1000))
        return self._ask("path", milliseconds, _text(anchor), _texts(path), _texts(crls))

    def verify_crl(self, crl: bytes, issuer: bytes) -> Facts:
        """Name link and signature. Facts: entries, number, version."""
        return self._ask("crl", _text(crl), _text(issuer))

    def look_up(self, crl: bytes, serial: int) -> Facts:
        """Facts: listed (yes, no), reason (Java's enum name or none), at (ISO 8601)."""
        return self._ask("revoked", _text(crl), str(serial))

    def verify_ocsp(self, response: bytes, issuer: bytes, request: bytes | None = None) -> Facts:
        """Signature, delegation, CertIDs, and the nonce when the request is given.

        Facts: statuses ("serial:good|unknown|revoked@time/reason,…"), delegated (true, false).
        """
        return self._ask("ocsp", _text(response), _text(issuer), _text(request) if request else "-")

    def verify_request(self, request: bytes) -> Facts:
        """PKCS#10 proof of possession. Facts: subject."""
        return self._ask("request", _text(request))

    def verify_stamp(self, token: bytes, issuer: bytes) -> Facts:
        """A time stamp: signature, and the certificate by `issuer`, its purpose and its digest.

        Facts: at (ISO 8601), digest (OID), imprint (hex), nonce, serial.
        """
        return self._ask("stamp", _text(token), _text(issuer))

    def _ask(self, *words: str) -> Facts:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join(words).encode() + b"\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_SECONDS)
        answer = self._process.stdout.readline().decode().rstrip("\n") if ready else ""
        verdict, *facts = answer.split("\t")
        if verdict.startswith("refused "):
            raise OracleRefused(verdict.removeprefix("refused "))
        if verdict != "accepted":
            self._complaints.seek(0)
            raise RuntimeError(f"no answer from Java: {answer!r} {self._complaints.read()!r}")
        return dict(fact.split("=", 1) for fact in facts)


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode()


def _texts(ders: Iterable[bytes]) -> str:
    return ",".join(map(_text, ders)) or "-"
