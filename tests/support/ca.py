"""A CA to work with: orders of invented people, warrants really voted on, made-up moments."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from django.conf import settings

from anxin.kernel.actors import SYSTEM, Actor
from ca.api import Order, hold, order_certificate, release, revocation_subject, revoke
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.queries import issuer_of
from ca.hierarchy.rules import Issuer
from ca.issuing.models import Certificate
from ca.signing.services import sign_orders
from people.api import Role, propose, redeem, vote
from people.models import StaffMember
from pki import keys
from pki.certificates import Certificate as Parsed
from pki.certificates import parse

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
DAY = timedelta(days=1)
FOUNDED = NOW - 500 * DAY
entropy = secrets.token_bytes


def spend(approval, *, actor, at, **payload) -> None:
    """What a warrant's duty performs in these tests: nothing but spending it."""
    redeem(approval, approval.action, payload, actor=actor, at=at)


def with_spending_duties() -> dict:
    """The duties of the house, each only spent: what follows is up to the test."""
    return {
        action: replace(duty, perform="tests.support.ca.spend")
        for action, duty in settings.DUTIES.items()
    }


def with_own_followers() -> dict:
    """The flows of the house as far as the CA itself follows; other houses have their own tests."""
    return {
        event: tuple(name for name in followers if name.startswith("ca."))
        for event, followers in settings.FLOWS.items()
    }


def staff(login: str, role: Role) -> Actor:
    person, _ = StaffMember.objects.get_or_create(
        login=login,
        defaults={"name": login, "staff_number": login, "password_changed_at": NOW},
    )
    return Actor(person.pk, person.name, frozenset({role}), proved_at=NOW)


def warrant(requester: str, action: str = "ra.approve_application") -> int:
    """An approval that one person asked for, as many others granted as it takes, and was spent."""
    asked = propose(
        action, {"id": requester}, subject=requester, actor=staff("chen", Role.OPERATOR), at=NOW
    )
    for number in range(settings.DUTIES[action].votes):
        reviewer = staff(f"ren{number}", Role.REVIEWER)
        vote(asked.id, grants=True, seen=asked.digest, actor=reviewer, at=NOW)
    return asked.id


@cache
def public_key(number: int, algorithm: str = "sm2") -> bytes:
    """SPKI of an invented subscriber's key; the same for the same number."""
    return keys.generate(algorithm).public.spki


def order(number: int = 1, **changes: object) -> Order:
    """What subscriber `number` asks for."""
    fields = {
        "profile": "personal-sm2-sign",
        "subject": (("C", "CN"), ("CN", "王小明"), ("serialNumber", f"S{number:06}")),
        "public_key": public_key(number),
        "days": 365,
        "holder": f"subscriber:{number}",
    }
    return Order(**(fields | changes))


def order_rsa(number: int = 1, **changes: object) -> Order:
    rsa = {"profile": "personal-rsa-sign", "public_key": public_key(number, "rsa-2048")}
    return order(number, **(rsa | changes))


def put_on_order(number: int = 1, at: datetime = NOW, **changes: object) -> int:
    """An order with its warrant; the certificate's id."""
    requester = f"ra.application:{number}"
    return order_certificate(
        order(number, **changes),
        requester=requester,
        warrant=warrant(requester),
        actor=SYSTEM,
        at=at,
    )


def authority(code: str = "nmg-sm2") -> Issuer:
    return issuer_of(CertificateAuthority.objects.get(code=code))


def sign_all(code: str = "nmg-sm2", at: datetime = NOW) -> int:
    return sign_orders(authority(code).id, at=at, entropy=entropy)


@dataclass(frozen=True)
class Issued:
    id: int
    parsed: Parsed


def issue(number: int = 1, at: datetime = NOW, **changes: object) -> Issued:
    """A certificate from order to settlement."""
    certificate_id = put_on_order(number, at, **changes)
    sign_all(at=at)
    return Issued(certificate_id, parse(bytes(row(certificate_id).der or b"")))


def row(certificate_id: int) -> Certificate:
    return Certificate.objects.get(pk=certificate_id)


def revoke_it(certificate_id: int, cause: str = "key_at_risk", **changes: object) -> None:
    """With its own approval, a minute ago."""
    approved = warrant(revocation_subject(certificate_id), "ra.revoke_certificate")
    fields = {"reason": cause, "invalid_since": None, "warrant": approved, "actor": SYSTEM}
    revoke(certificate_id, **(fields | {"at": NOW} | changes))


def hold_it(certificate_id: int, cause: str = "own_wish", **changes: object) -> None:
    """With an approval of its own."""
    approved = warrant(revocation_subject(certificate_id), "ra.freeze_certificate")
    fields = {"cause": cause, "warrant": approved, "actor": SYSTEM, "at": NOW}
    hold(certificate_id, **(fields | changes))


def release_it(certificate_id: int, **changes: object) -> None:
    approved = warrant(revocation_subject(certificate_id), "ra.unfreeze_certificate")
    release(certificate_id, **({"warrant": approved, "actor": SYSTEM, "at": NOW} | changes))
