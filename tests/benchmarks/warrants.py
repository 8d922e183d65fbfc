"""Orders of invented people, each with the approval that was spent on it, made in bulk."""

from dataclasses import dataclass
from datetime import datetime

from anxin.kernel import canonical
from ca.api import Order
from people.approvals import rules
from people.approvals.models import Approval, Vote
from people.models import StaffMember
from pki import keys

ACTION = "ra.approve_application"


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
    approvals = _spent([f"ra.application:{number}" for number in numbers], at=at)
    return [
        Warranted(order, approval.subject, approval.pk)
        for order, approval in zip(orders, approvals, strict=True)
    ]


def _order(profile: str, algorithm: str, number: int) -> Order:
    return Order(
        profile=profile,
        subject=(("C", "CN"), ("CN", "王小明"), ("serialNumber", f"B{number:08}")),
        public_key=keys.generate(algorithm).public.spki,
        days=365,
        holder=f"subscriber:{number}",
    )


def _spent(subjects: list[str], *, at: datetime) -> list[Approval]:
    maker, checker = staff(at)
    approvals = Approval.objects.bulk_create(
        [_used(subject, maker, at=at) for subject in subjects], batch_size=1000
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


def _used(subject: str, maker: int, *, at: datetime) -> Approval:
    payload = {
        "application_id": int(subject.partition(":")[2]),
        "digest": canonical.digest(subject),
    }
    return Approval(
        state=rules.State.USED,
        action=ACTION,
        subject=subject,
        payload=canonical.encode(payload).decode(),
        digest=rules.digest(ACTION, payload),
        maker_id=maker,
        proposed_at=at,
        expires_at=at + rules.OPEN_FOR,
    )
