"""Orders of invented people, each with the approval that was spent on it, made in bulk."""

from dataclasses import dataclass
from datetime import datetime

from anxin.kernel import canonical
from anxin.kernel.actors import SYSTEM
from ca.api import Order, revocation_subject, revoke
from ca.api import profile as profile_of
from people.approvals import rules
from people.approvals.models import Approval, Vote
from people.models import StaffMember
from pki import keys

ACTION, TWICE = "ra.approve_application", "ra.approve_application_twice"
REVOKE = "ra.revoke_certificate"


@dataclass(frozen=True)
class Warranted:
    """What `order_certificate` takes."""

    order: Order
    requester: str
    warrant: int


def staff(at: datetime) -> tuple[int, int]:
    """Ids of an operator and a reviewer."""
    people = [
        StaffMember.objects.get_or_create(
            login=login, defaults={"name": login, "staff_number": login, "password_changed_at": at}
        )[0]
        for login in ("operator", "reviewer")
    ]
    return people[0].pk, people[1].pk


def warranted(profile: str, algorithm: str, numbers: range, *, at: datetime) -> list[Warranted]:
    """Orders of subscribers `numbers`, in that order."""
    orders = [_order(profile, algorithm, number) for number in numbers]
    subjects = [f"ra.application:{number}" for number in numbers]
    twice = profile_of(profile).reviews > 1  # agreed to by two, as its name says
    approvals = _spent(subjects, TWICE if twice else ACTION, at=at)
    return [
        Warranted(order, approval.subject, approval.pk)
        for order, approval in zip(orders, approvals, strict=True)
    ]


def revoke_them(certificate_ids: list[int], *, at: datetime) -> None:
    """Each with an approval of its own and in a transaction of its own."""
    subjects = [revocation_subject(number) for number in certificate_ids]
    for number, approval in zip(certificate_ids, _spent(subjects, REVOKE, at=at), strict=True):
        revoke(
            number,
            reason="key_at_risk",
            invalid_since=None,
            warrant=approval.pk,
            actor=SYSTEM,
            at=at,
        )


def _order(profile: str, algorithm: str, number: int) -> Order:
    return Order(
        profile=profile,
        subject=(("C", "CN"), ("CN", "王小明"), ("serialNumber", f"B{number:08}")),
        public_key=keys.generate(algorithm).public.spki,
        days=365,
        holder=f"subscriber:{number}",
    )


def _spent(subjects: list[str], action: str = ACTION, *, at: datetime) -> list[Approval]:
    maker, checker = staff(at)
    approvals = Approval.objects.bulk_create(
        [_used(subject, action, maker, at=at) for subject in subjects], batch_size=1000
    )
    Vote.objects.bulk_create(
        [
            Vote(
                approval=approval,
                maker_id=maker,
                checker_id=checker,
                grants=True,
                comment="",
                address="127.0.0.1",
                voted_at=at,
            )
            for approval in approvals
        ],
        batch_size=1000,
    )
    return approvals


def _used(subject: str, action: str, maker: int, *, at: datetime) -> Approval:
    payload = {
        "id": int(subject.partition(":")[2]),
        "digest": canonical.digest(subject),
    }
    return Approval(
        state=rules.State.USED,
        action=action,
        subject=subject,
        payload=canonical.encode(payload).decode(),
        digest=rules.digest(action, payload),
        maker_id=maker,
        proposed_at=at,
        expires_at=at + rules.OPEN_FOR,
    )
