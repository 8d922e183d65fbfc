"""Operator keys for tests: what a browser does with WebCrypto, done with `cryptography`."""

from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anxin.kernel.actors import Actor
from people.api import Approval, Role, approval, vote
from people.operatorkeys import queries, services
from people.operatorkeys.models import OperatorKey
from people.personnel.services import propose_key
from people.trust.models import Appointment
from pki import statements, votes
from tests.support.people import JUST_NOW, hire


@dataclass(frozen=True)
class Pen:
    """A person's key as their browser holds it."""

    key: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        """r and s, as browsers give them."""
        r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def proof(self, person_id: int) -> bytes:
        fingerprint = statements.fingerprint(self.public)
        return self.sign(votes.enrolment(fingerprint=fingerprint, voter=person_id))

    def signature(
        self, asked: Approval, actor: Actor, *, at: datetime, grants: bool = True, comment: str = ""
    ) -> str:
        """The field of the form."""
        statement = votes.statement(
            approval=asked.id,
            action=asked.action,
            digest=asked.digest,
            grants=grants,
            comment=votes.comment_digest(comment),
            voter=actor.person_id,
            at=at.isoformat(),
        )
        return f"{at.isoformat()} {self.sign(statement).hex()}"


def pen(number: int) -> Pen:
    """The same key for the same number."""
    return Pen(ec.derive_private_key(7919 * number + 100_003, ec.SECP256R1()))


_BY_FINGERPRINT: dict[str, Pen] = {}


def known(one: Pen) -> Pen:
    """Of somebody whose key others put to use in another process."""
    _BY_FINGERPRINT[statements.fingerprint(one.public)] = one
    return one


def hand_in(one: Pen, actor: Actor, *, at: datetime) -> int:
    """The id of the new key, which waits."""
    known(one)
    services.make(one.public, one.proof(actor.person_id), actor=actor, at=at)
    return queries.keys_of(actor.person_id)[0].id


def enrolled(one: Pen, actor: Actor, asks: Actor, agrees: Actor, *, at: datetime) -> int:
    """In use, by the word of two others, who sign.

    Who has no key leaves it to somebody of their role who has one; the first such, an administrator
    and who asks, have theirs by word alone.
    """
    if queries.active(agrees.person_id) is None:
        agrees = _signer(Role.CA_ADMIN, besides=actor) or _founder(asks, agrees, at=at)
    if _signer(Role.SECURITY_ADMIN, besides=actor) is None:
        asks = _asker(asks, agrees, at=at)
    return _put_to_use(one, actor, asks, agrees, at=at)


def _founder(asks: Actor, agrees: Actor, *, at: datetime) -> Actor:
    founder = hire("founder", Role.CA_ADMIN)
    _put_to_use(pen(60_000), founder, asks, agrees, at=at)
    return founder


def _asker(asks: Actor, agrees: Actor, *, at: datetime) -> Actor:
    asker = hire("asker", Role.SECURITY_ADMIN)
    _put_to_use(pen(60_001), asker, asks, agrees, at=at)
    return asker


def _signer(role: Role, *, besides: Actor) -> Actor | None:
    """Who has a key."""
    there = Appointment.objects.filter(role=role, until=None).values("person")
    keys = OperatorKey.objects.filter(state="active", person__in=there)
    found = keys.exclude(person=besides.person_id).select_related("person").first()
    if found is None:
        return None
    return Actor(found.person_id, found.person.name, frozenset({role}), proved_at=JUST_NOW)


def proposed(actor: Actor, key_id: int, asks: Actor, *, at: datetime) -> Approval:
    """Somebody asks that a key is put to use; signed, by another one where they have no key."""
    if queries.active(asks.person_id) is None:
        asks = _signer(Role.SECURITY_ADMIN, besides=actor) or asks
    own = queries.active(asks.person_id)
    if own is not None:
        said = votes.proposal_fields(
            person=actor.person_id,
            key=OperatorKey.objects.get(pk=key_id).fingerprint,
            maker=asks.person_id,
        )
        message = statements.encoded({**said, "at": at.isoformat()})
        signed = _BY_FINGERPRINT[own.fingerprint].sign(message).hex()
        asks = replace(asks, signature=f"{at.isoformat()} {signed}")
    return propose_key(actor.person_id, key_id, actor=asks, at=at)


def _put_to_use(one: Pen, actor: Actor, asks: Actor, agrees: Actor, *, at: datetime) -> int:
    key_id = hand_in(one, actor, at=at)
    asked = proposed(actor, key_id, asks, at=at)
    own = queries.active(agrees.person_id)
    if own is not None:
        agrees = with_pen(_BY_FINGERPRINT[own.fingerprint], asked, agrees, at=at)
    vote(asked.id, grants=True, seen=asked.digest, actor=agrees, at=at)
    return key_id


def with_pen(one: Pen, asked: Approval, actor: Actor, *, at: datetime, **how: object) -> Actor:
    """The person with a form that their key has signed."""
    return replace(actor, signature=one.signature(asked, actor, at=at, **how))


def sign_vote(
    one: Pen, approval_id: int, actor: Actor, *, at: datetime, grants: bool = True
) -> Approval:
    asked = approval(approval_id)
    signing = with_pen(one, asked, actor, at=at, grants=grants)
    return vote(approval_id, grants=grants, seen=asked.digest, actor=signing, at=at)
