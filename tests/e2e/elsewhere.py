"""What the rest of the world sees: files and answers over HTTP, read by others' programs."""

import hashlib
import re
import urllib.request
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtensionOID as Oid

from tests.oracles.bouncycastle import BouncyCastle
from tests.oracles.openssl import OpenSsl

ASK = {"Content-Type": "application/ocsp-request"}
DAY = 86_400


def fetch(url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
    with urllib.request.urlopen(
        urllib.request.Request(url, data, headers or {}), timeout=60
    ) as got:
        return got.read()


@dataclass(frozen=True)
class Others:
    """Programs that know nothing of ours."""

    bouncycastle: BouncyCastle
    openssl: OpenSsl


@dataclass(frozen=True)
class Subscribed:
    """A subscriber's certificate, and what it says about where to go on."""

    der: bytes

    @property
    def read(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)

    @property
    def serial(self) -> int:
        return self.read.serial_number

    def _access(self, method: x509.ObjectIdentifier) -> str:
        found = self.read.extensions.get_extension_for_oid(Oid.AUTHORITY_INFORMATION_ACCESS)
        (url,) = [one.access_location.value for one in found.value if one.access_method == method]
        return url

    @property
    def issuer_url(self) -> str:
        return self._access(Access.CA_ISSUERS)

    @property
    def ocsp_url(self) -> str:
        return self._access(Access.OCSP)

    @property
    def crl_url(self) -> str:
        found = self.read.extensions.get_extension_for_oid(Oid.CRL_DISTRIBUTION_POINTS)
        return found.value[0].full_name[0].value

    def issuer(self) -> bytes:
        return fetch(self.issuer_url)

    def ocsp_answer(self, openssl: OpenSsl) -> tuple[bytes, bytes]:
        """OpenSSL's question about it, and what the responder says."""
        folder = openssl._folder
        (folder / "asked.der").write_bytes(self.der)
        (folder / "asked-issuer.der").write_bytes(self.issuer())
        openssl.run(
            *("ocsp", "-no_nonce", "-issuer", str(folder / "asked-issuer.der")),
            *("-cert", str(folder / "asked.der"), "-reqout", str(folder / "question.der")),
        )
        question = (folder / "question.der").read_bytes()
        return question, fetch(self.ocsp_url, question, ASK)

    def crl(self) -> bytes:
        return fetch(self.crl_url)

    def says(self, openssl: OpenSsl) -> dict[str, str]:
        """What a preview promises, taken from the bytes by `cryptography` and OpenSSL."""
        read = self.read
        identifier = read.extensions.get_extension_for_oid(Oid.SUBJECT_KEY_IDENTIFIER).value
        authority = read.extensions.get_extension_for_oid(Oid.AUTHORITY_KEY_IDENTIFIER).value
        policies = read.extensions.get_extension_for_oid(Oid.CERTIFICATE_POLICIES).value
        return {
            "颁发者": _text(read.issuer),
            "主体": _text(read.subject),
            "公钥指纹（SM3）": hashlib.new("sm3", self.public_key(openssl)).hexdigest(),
            "证书策略": "、".join(policy.policy_identifier.dotted_string for policy in policies),
            "CRL 分布点": self.crl_url,
            "颁发机构信息访问": f"{self.ocsp_url}、{self.issuer_url}",
            "主体密钥标识符": identifier.digest.hex(),
            "颁发机构密钥标识符": authority.key_identifier.hex(),
        }

    def public_key(self, openssl: OpenSsl) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        folder = openssl._folder
        (folder / "holder.der").write_bytes(self.der)
        out = str(folder / "holder.pub")
        openssl.run("x509", "-in", str(folder / "holder.der"), "-noout", "-pubkey", "-out", out)
        openssl.run("pkey", "-pubin", "-in", out, "-outform", "DER", "-out", f"{out}.der")
        return (folder / "holder.pub.der").read_bytes()

    def days(self) -> int:
        read = self.read
        term = read.not_valid_after_utc - read.not_valid_before_utc
        return round(term.total_seconds() / DAY)


def _text(name: x509.Name) -> str:
    """As the screens write names: RFC 4514 with a space after the comma."""
    return ", ".join(rdn.rfc4514_string() for rdn in reversed(name.rdns))


def hexadecimal(text: str) -> int:
    """A serial number as it stands on a screen, in groups."""
    return int(re.sub(r"[\s:]", "", text), 16)
