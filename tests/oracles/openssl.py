"""OpenSSL's command line as a third opinion, with the default SM2 user ID where it can take one.

`openssl verify` and `openssl req` take an ID; `openssl crl` and `openssl ocsp` do not and read SM2
signatures with an empty one. For those the signed bytes are cut out with `openssl asn1parse` and
verified with `openssl pkeyutl`, so that no line of ours is in the way.
"""

import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from ca.profiles.rules import is_address
from tests.oracles.refusals import OracleRefused, missing

SM2_ID = "distid:1234567812345678"
SM2_WITH_SM3 = bytes.fromhex("06082a811ccf55018375")
SECONDS = 60


class OpenSsl:
    """Every `verify_…` returns OpenSSL's text, or raises OracleRefused with it."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            missing("openssl", "openssl")
        self._folder = folder

    def run(self, *arguments: str) -> str:
        """One `openssl` call; what it printed, both streams."""
        done = subprocess.run(
            ["openssl", *arguments], capture_output=True, timeout=SECONDS, check=False
        )
        text = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode:
            raise OracleRefused(f"openssl {arguments[0]}: {text.strip()}")
        return text

    def verify_certificate(
        self, certificate: bytes, issuer: bytes, *, at: datetime, name: str = ""
    ) -> str:
        """One link, strictly (RFC 5280 form included); as a server of this domain or address."""
        kind = "-verify_ip" if is_address(name) else "-verify_hostname"
        return self.run(
            *("verify", "-x509_strict", "-vfyopt", SM2_ID)
            if _is_sm2(certificate)
            else ("verify", "-x509_strict"),
            *("-attime", str(int(at.timestamp())), "-partial_chain"),
            *(("-purpose", "sslserver", kind, name) if name else ()),
            *("-trusted", self._file("issuer.der", issuer), self._file("leaf.der", certificate)),
        )

    def check_revocation(
        self, certificate: bytes, issuer: bytes, crl: bytes, *, at: datetime
    ) -> str:
        """One link with the issuer's list. Not for SM2: the list is read with an empty user ID."""
        return self.run(
            *("verify", "-crl_check", "-attime", str(int(at.timestamp())), "-partial_chain"),
            *("-CRLfile", self._file("checked.crl", crl)),
            *("-trusted", self._file("issuer.der", issuer), self._file("leaf.der", certificate)),
        )

    def verify_request(self, request: bytes) -> str:
        """PKCS#10 proof of possession."""
        own_id = ("-vfyopt", SM2_ID) if _is_sm2(request) else ()
        file = self._file("request.der", request)
        text = self.run("req", "-verify", "-noout", "-inform", "DER", "-in", file, *own_id)
        if "verify OK" not in text:  # the exit status is 0 all the same
            raise OracleRefused(f"openssl req: {text.strip()}")
        return text

    def verify_crl(self, crl: bytes, issuer: bytes) -> str:
        """Signature; the returned text is `openssl crl -text`."""
        self.verify_signed(crl, issuer)
        return self.run(
            "crl", "-inform", "DER", "-in", self._file("list.crl", crl), "-noout", "-text"
        )

    def verify_ocsp(self, response: bytes, issuer: bytes, responder: bytes) -> str:
        """Signed by `responder`, certified by `issuer`; returns `openssl ocsp -resp_text`."""
        file = self._file("response.der", response)
        text = self.run("ocsp", "-respin", file, "-resp_text", "-noverify")
        octets = next(offset for offset, _, tag in self._rows(file) if tag == "OCTET STRING")
        self._cut(file, octets, "basic.der")
        self.verify_signed((self._folder / "basic.der").read_bytes(), responder)
        self.verify_signed(responder, issuer)
        return text

    def verify_stamp(self, token: bytes, data: bytes, anchor: bytes, *, at: datetime) -> str:
        """`openssl ts` about a token that carries its path. Not for SM2, for want of a user ID."""
        self.run("x509", "-in", self._file("anchor.der", anchor), "-out", self._place("anchor.pem"))
        return self.run(
            *("ts", "-verify", "-token_in", "-in", self._file("token.der", token)),
            *("-data", self._file("data", data), "-CAfile", self._place("anchor.pem")),
            *("-attime", str(int(at.timestamp()))),
        )

    def verify_signed(self, der: bytes, signer: bytes) -> None:
        """Any SEQUENCE { body, AlgorithmIdentifier, BIT STRING, … } under the signer's key."""
        file = self._file("signed.der", der)
        body, _, signature = [row for row in self._rows(file) if row[1] == 1][:3]
        self._cut(file, body[0], "body.bin")
        self._cut(file, signature[0], "signature.bin")
        key = str(self._folder / "signer.pub")
        certificate = self._file("signer.der", signer)
        self.run("x509", "-inform", "DER", "-in", certificate, "-noout", "-pubkey", "-out", key)
        digest = ("sm3", "-pkeyopt", SM2_ID) if _is_sm2(der) else ("sha256",)
        self.run(
            *("pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-digest", *digest),
            *("-in", str(self._folder / "body.bin")),
            *("-sigfile", str(self._folder / "signature.bin")),
        )

    def _file(self, name: str, content: bytes) -> str:
        (self._folder / name).write_bytes(content)
        return self._place(name)

    def _place(self, name: str) -> str:
        return str(self._folder / name)

    def _cut(self, file: str, offset: int, name: str) -> None:
        cut = ("-strparse", str(offset), "-noout", "-out", str(self._folder / name))
        self.run("asn1parse", "-inform", "DER", "-in", file, *cut)

    def _rows(self, file: str) -> list[tuple[int, int, str]]:
        """(offset, depth, tag name) of every element."""
        text = self.run("asn1parse", "-inform", "DER", "-in", file)
        found = re.findall(
            r"^ *(\d+):d=(\d+) +hl=\d+ l= *\d+ \w+: (.+?) *(?:\[HEX DUMP\])?(?::.*)?$",
            text,
            re.MULTILINE,
        )
        return [(int(offset), int(depth), tag) for offset, depth, tag in found]


def _is_sm2(der: bytes) -> bool:
    return SM2_WITH_SM3 in der
