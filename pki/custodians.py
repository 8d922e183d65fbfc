"""A custodian's side of docs/decisions/0013, as their browser does it; for the command line."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pki import shares, statements
from pki.errors import Refused
from pki.shares import Share, ShareFile

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is about to receive a share."""

    number: int
    person: str
    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=shares.new_key)
    transport: ec.EllipticCurvePrivateKey = field(default_factory=shares.new_key)

    def as_header(self) -> dict[str, int | str]:
        """What the signer is told."""
        return {
            "number": self.number,
            "person": self.person,
            "name": self.name,
            "key": shares.public_of(self.key).hex(),
            "transport": shares.point_of(self.transport).hex(),
        }

    def take(
        self, statement: bytes, signature: bytes, sealed: bytes, *, identity: bytes
    ) -> ShareFile:
        """Open what was handed out; `identity` is the SPKI of the signer's key.

        Raises Refused `shares.signer`, `shares.check`, `shares.sealed`, Malformed.
        """
        said = _said_by(identity, statement, signature, shares.HANDED_OUT)
        own = statements.fingerprint(shares.public_of(self.key))
        if (said["key"], said["number"], said["person"]) != (own, str(self.number), self.person):
            raise Refused("shares.check", "This share was made for somebody else.")
        value = shares.open_from(self.transport, sealed, statement)
        check = shares.check_value(value, said["set"], self.number)
        if not hmac.compare_digest(check, said["check"]):
            raise Refused("shares.check", "The share does not have the value it should have.")
        share = Share(self.number, value)
        return ShareFile(said["set"], said["signer"], self.person, self.name, share, self.key)


def receipt(owned: ShareFile) -> bytes:
    """That the share has arrived and was opened, signed."""
    check = shares.check_value(owned.share.value, owned.set_id, owned.share.number)
    statement = shares.received(
        signer=owned.signer, set_id=owned.set_id, number=owned.share.number, check=check
    )
    return statements.sign(owned.key, statement)


def prove(owned: ShareFile, drill: str) -> bytes:
    """That the file opens, signed; the share stays where it is. `drill`: the challenge, as hex."""
    check = shares.check_value(owned.share.value, owned.set_id, owned.share.number)
    number = owned.share.number
    statement = shares.drilled(
        signer=owned.signer, set_id=owned.set_id, number=number, check=check, drill=drill
    )
    return statements.sign(owned.key, statement)


def offered(
    offer: bytes, signature: bytes, *, identity: bytes, signer: str, set_id: str
) -> dict[str, str]:
    """What an offer asks for, to a share of this signer and set, as its file says.

    Raises Refused `shares.signer` (another signer's, or nobody's) and `shares.set`.
    """
    said = _said_by(identity, offer, signature, shares.OFFER)
    if said["signer"] != signer:
        raise Refused("shares.signer", "The offer is not from the signer of this share.")
    if said["set"] != set_id:
        raise Refused("shares.set", "The share is of another custody set.")
    return said


class Brought(NamedTuple):
    """A share on its way to the signer."""

    session: str
    number: int
    signature: bytes
    sealed: bytes


def bring(owned: ShareFile, offer: bytes, signature: bytes, *, identity: bytes) -> Brought:
    """Answer an offer; raises as `offered` does."""
    said = offered(offer, signature, identity=identity, signer=owned.signer, set_id=owned.set_id)
    digest, number = statements.digest(offer), owned.share.number
    info = shares.in_transit(digest, number)
    sealed = shares.seal_to(bytes.fromhex(said["key"]), owned.share.value, info)
    signed = shares.bringing(digest, number, statements.digest(sealed))
    return Brought(said["session"], number, statements.sign(owned.key, signed), sealed)


def _said_by(identity: bytes, statement: bytes, signature: bytes, what: str) -> dict[str, str]:
    said = dict(shares.fields_of(statement, what))
    right = said["signer"] == statements.fingerprint(identity)
    if not right or not statements.holds(identity, statement, signature):
        raise Refused("shares.signer", "This was not signed by the signer.")
    return said
