"""Every vote as a record that `pki.votes` can prove without this database (CPS 5.2.2)."""

from collections.abc import Collection, Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from people.approvals import rules
from people.approvals.models import Approval, Vote
from people.operatorkeys.models import OperatorKey
from pki import votes

CHUNK = 500


def records() -> Iterator[dict[str, Any]]:
    """In the order in which they were cast; the comment only as its digest."""
    return (_record(row) for row in _votes().iterator(CHUNK))


def records_of(approvals: Collection[int]) -> list[dict[str, Any]]:
    """The votes on these approvals, and those by which every key that signed one was enrolled."""
    wanted, known, found = set(approvals), set[int](), list[dict[str, Any]]()
    while wanted:
        known |= wanted
        more = [_record(row) for row in _votes().filter(approval__in=wanted)]
        found += more
        wanted = {one["enrolled_by"] for one in more if one["signature"]} - known
    return found


def _record(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "approval": row.approval_id,
        "action": row.approval.action,
        "payload": row.approval.payload,
        "digest": row.approval.digest,
        "maker": row.approval.maker_id,
        "voter": row.checker_id,
        "grants": row.grants,
        "comment": votes.comment_digest(row.comment),
        "voted_at": row.voted_at.isoformat(),
        "key_due": row.key_due,
        **_signed(row),
    }


def _signed(row: Vote) -> dict[str, Any]:
    if row.key is None or row.key.warrant is None:
        return dict.fromkeys(("statement", "signature", "public_key", "enrolment"), "")
    return {
        "statement": row.statement,
        "signature": bytes(row.signature).hex(),
        "public_key": bytes(row.key.public_key).hex(),
        "enrolled_by": row.key.warrant_id,
        "enrolment": row.key.warrant.payload,
    }


def _votes() -> QuerySet[Any]:
    began = Q(active_from__lt=OuterRef("voted_at"))
    lasted = Q(active_until__isnull=True) | Q(active_until__gt=OuterRef("voted_at"))
    held = OperatorKey.objects.filter(began & lasted, person=OuterRef("checker"))
    return (
        Vote.objects.select_related("approval", "key__warrant")
        .annotate(key_due=Exists(held))
        .order_by("pk")
    )


def done_without_votes() -> list[int]:
    """Approvals that were used with fewer voices for them than their duty asks, or one against."""
    used = Approval.objects.filter(state=rules.State.USED).annotate(
        yes=Count("votes", filter=Q(votes__grants=True)),
        no=Count("votes", filter=Q(votes__grants=False)),
    )
    needed = {action: duty.votes for action, duty in settings.DUTIES.items()}
    found = used.order_by("pk").values_list("pk", "action", "yes", "no")
    return [pk for pk, action, yes, no in found.iterator() if no or yes < needed.get(action, 1)]
