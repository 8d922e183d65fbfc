"""Activation data in parts, held by custodians (CPS 6.2.2, 6.2.8; docs/decisions/0013).

What opens the signer's token lies there under an activation key of 16 octets; the key is split, and
each part is sealed twice: on its way (HPKE, RFC 9180), and in the file a custodian takes home.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from Cryptodome.Protocol.SecretSharing import Shamir
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pki import passphrases
from pki.errors import Malformed, Refused
from pki.statements import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NEED, OF = 2, 3  # CPS 6.2.2
NUMBERS = range(1, OF + 1)
SECRET, CHECK = 16, 8  # octets

OFFER, SHARE = "anxin offer 2", "anxin share 1"
IN_TRANSIT = "anxin share in transit 1"
HANDED_OUT, RECEIVED = "anxin share handed out 1", "anxin share received 1"
DRILLED = "anxin share drill 1"

# Browsers open the first, the command line both.
FORMATS = {
    "anxin share file 1": passphrases.PBKDF2,
    "anxin share file 2": passphrases.ARGON2ID,
}
_NONCE = 12
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of an activation key."""

    number: int
    value: bytes


def split(secret: bytes | bytearray) -> list[Share]:
    """One for each custodian."""
    return [
        Share(number, value) for number, value in Shamir.split(NEED, OF, bytes(secret), ssss=False)
    ]


def combine(shares: Iterable[Share]) -> bytearray:
    """The secret of as many parts as are needed. Wrong parts give a wrong secret: check it."""
    parts = [(share.number, share.value) for share in shares]
    if len({number for number, _ in parts}) != NEED:
        raise Refused("shares.count", f"Exactly {NEED} different shares are combined.")
    return bytearray(Shamir.combine(parts, ssss=False))


def check_value(secret: bytes | bytearray, set_id: str, number: int) -> str:
    """By which a part is known to be right, as hex; `number` 0 is the whole."""
    text = f"anxin check 1|{set_id}|{number}".encode()
    return hmac.digest(bytes(secret), text, "sha256")[:CHECK].hex()


# --- under the activation key ------------------------------------------------------------------


def wrap(key: bytes | bytearray, set_id: str, unlock_secret: bytes | bytearray) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    sealed = _cipher(key, set_id).encrypt(nonce, bytes(unlock_secret), None)
    return nonce + sealed


def unwrap(key: bytes | bytearray, set_id: str, wrapped: bytes) -> bytearray:
    """Raises Refused `shares.wrapped`."""
    try:
        opened = _cipher(key, set_id).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], None)
    except (InvalidTag, ValueError):
        raise Refused("shares.wrapped", "The shares do not open what is kept here.") from None
    return bytearray(opened)


def _cipher(key: bytes | bytearray, set_id: str) -> AESGCM:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=set_id.encode()).derive(bytes(key))
    return AESGCM(derived)


# --- on the way --------------------------------------------------------------------------------


def seal_to(point: bytes, plaintext: bytes, info: bytes) -> bytes:
    """HPKE base mode to an uncompressed point of P-256. Raises Malformed `shares.point`."""
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise Malformed("shares.point", "This is no point of P-256.") from None
    return bytes(_SUITE.encrypt(plaintext, key, info=info))


def open_from(key: ec.EllipticCurvePrivateKey, sealed: bytes, info: bytes) -> bytes:
    """Raises Refused `shares.sealed`: altered, or sealed to another key or for another purpose."""
    try:
        return bytes(_SUITE.decrypt(sealed, key, info=info))
    except (InvalidTag, ValueError):
        raise Refused("shares.sealed", "What was sent cannot be opened.") from None


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def public_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


# --- at home -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShareFile:
    """What a custodian has at home, opened. `signer` is the fingerprint of the signer's key."""

    set_id: str
    signer: str
    person: str
    name: str
    share: Share
    key: ec.EllipticCurvePrivateKey


def seal_file(opened: ShareFile, passphrase: str, kdf: str = passphrases.PBKDF2) -> str:
    """By default one that browsers open."""
    about = {
        "format": next(name for name, made in FORMATS.items() if made == kdf),
        "set": opened.set_id,
        "signer": opened.signer,
        "number": str(opened.share.number),
        "person": opened.person,
        "name": opened.name,
    }
    inside = {"share": opened.share.value.hex(), "key": private_of(opened.key)}
    return passphrases.seal(about, inside, passphrase, kdf)


def open_file(text: str, passphrase: str) -> ShareFile:
    """Raises Malformed `shares.file`; Refused `shares.passphrase`: wrong, or the file altered."""
    fields = read_file(text)
    if fields.get("number") not in {str(number) for number in NUMBERS}:
        raise passphrases.no_file()
    number = int(fields["number"])
    inside = passphrases.open_sealed(fields, passphrase)
    try:
        share = Share(number, bytes.fromhex(inside["share"]))
        key = private_key(inside["key"])
        about = (fields["set"], fields["signer"], fields["person"], fields["name"])
    except (KeyError, ValueError) as problem:
        raise passphrases.no_file() from problem
    return ShareFile(*about, share, key)


def read_file(text: str) -> dict[str, str]:
    """The file's fields, of which all but `sealed` are for everybody to read."""
    return passphrases.fields_of(text, FORMATS)


def private_of(key: ec.EllipticCurvePrivateKey) -> str:
    """PKCS#8 as hexadecimal, not encrypted: it goes inside what is."""
    form = serialization.PrivateFormat.PKCS8
    none = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.DER, form, none).hex()


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """The same back. Raises ValueError."""
    key = serialization.load_der_private_key(bytes.fromhex(text), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("no key of an elliptic curve")  # noqa: TRY004 -- as all else that is wrong
    return key


# --- statements --------------------------------------------------------------------------------


def in_transit(offer: str, number: int) -> bytes:
    """HPKE's info for a share that answers an offer; `offer` is the offer's digest."""
    return encoded({"what": IN_TRANSIT, "offer": offer, "number": str(number)})


def bringing(offer: str, number: int, sealed: str) -> bytes:
    """Signed by the custodian; `sealed` is the digest of what is sent."""
    return encoded({"what": SHARE, "offer": offer, "number": str(number), "sealed": sealed})


def received(*, signer: str, set_id: str, number: int, check: str) -> bytes:
    """A custodian's receipt."""
    fields = {"what": RECEIVED, "signer": signer, "set": set_id}
    return encoded({**fields, "number": str(number), "check": check})


def drilled(*, signer: str, set_id: str, number: int, check: str, drill: str) -> bytes:
    """A custodian's proof that their file opens, for a challenge of 32 octets in hexadecimal."""
    fields = {"what": DRILLED, "signer": signer, "set": set_id, "drill": drill}
    return encoded({**fields, "number": str(number), "check": check})


def fields_of(statement: bytes, what: str) -> Mapping[str, str]:
    """Of a statement of that kind. Raises Malformed `shares.statement`."""
    try:
        fields = json.loads(statement)
        if fields["what"] == what and encoded(fields) == statement:
            return dict(fields)
    except (ValueError, KeyError, TypeError):
        pass
    raise Malformed("shares.statement", f"This is no statement “{what}”.")
