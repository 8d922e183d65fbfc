"""Listing and lifting, by two people each (CPS 4.2.2, 5.2.4)."""

from datetime import date, datetime

from django.db import transaction

from anxin.kernel import canonical
from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from audit.log import advance, record, subject_of
from kmc import api as kmc
from people.api import Approval, propose, redeem, vote, withdraw
from ra.applicants.rules import DocumentType, validate_field
from ra.blacklist import queries, rules
from ra.blacklist.models import BlacklistEntry
from ra.blacklist.rules import Subject

LIST, LIFT = "ra.list_on_blacklist", "ra.lift_from_blacklist"


@transaction.atomic
def ask_to_list(
    kind: str,
    value: str,
    *,
    cause: str,
    paper: str,
    until: date | None = None,
    document_type: str = DocumentType.RESIDENT_ID,
    actor: Actor,
    at: datetime,
) -> int:
    """Propose an entry; its id. Nobody is refused because of it before another agrees.

    Refuses `blacklist.*` and, for the value, `identity.*` (field `value`), `approval.*`.
    """
    subject = rules.check_subject(kind)
    plain = _judged(subject, value, document_type, today=day_of(at))
    rules.check_cause(cause)
    rules.check_until(until, today=day_of(at))
    said = {"value": plain, "paper": rules.check_paper(paper)}
    row = BlacklistEntry(
        state=rules.State.PROPOSED,
        kind=subject,
        index=queries.index_of(subject, plain, document_type),
        cause=cause,
        until=until,
        data_key=kmc.new_data_key("ra.blacklist", actor=actor, at=at),
        maker_id=actor.person_id or 0,
        proposed_at=at,
    )
    row.sealed = kmc.seal(row.data_key, row.context(), canonical.encode(said))
    row.save(force_insert=True)
    row.approval_id = propose(LIST, _entry(row), subject=subject_of(row), actor=actor, at=at).id
    row.save(update_fields=["approval_id"])
    record("ra.ask_to_list", subject_of(row), actor=actor, at=at, kind=kind, cause=cause)
    return row.pk


@transaction.atomic
def ask_to_lift(entry_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """Propose that a listed entry ends. Refuses `blacklist.lift`, `asked`, `state.no_such_step`."""
    rules.check_lift(reason)
    row = queries.locked(entry_id)
    rules.STEPS.after("lift", row.state)
    rules.check_not_asked(bool(queries.open_wish(row)[1]))
    row.lift_reason, row.lift_maker_id = reason, actor.person_id
    proposed = propose(LIFT, _lifting(row), subject=subject_of(row), actor=actor, at=at)
    row.lift_approval_id = proposed.id
    row.save(update_fields=["lift_reason", "lift_maker_id", "lift_approval_id"])
    record("ra.ask_to_lift", subject_of(row), actor=actor, at=at, reason=reason)


@transaction.atomic
def decide(entry_id: int, *, grants: bool, seen: str, actor: Actor, at: datetime) -> None:
    """Agree to what is asked, or not. Refuses whatever `vote` refuses, `blacklist.not_asked`."""
    row = queries.locked(entry_id)
    asked, proposed = queries.open_wish(row)
    if proposed is None:
        raise Refusal(Kind.CONFLICT, "blacklist.not_asked", "nothing is asked", cps="4.2.2")
    vote(proposed.id, grants=grants, seen=seen, actor=actor, at=at)
    if not grants and asked == "list":
        row.decided_by, row.decided_at = actor.person_id, at
        row.save(update_fields=["decided_by", "decided_at"])
        advance(row, "refuse", actor=actor, at=at)


def enlist(
    approval: Approval, *, entry_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction. It counts from now on."""
    row = queries.locked(entry_id)
    redeem(approval, LIST, _entry(row), actor=actor, at=at)
    row.decided_by, row.decided_at = actor.person_id, at
    row.save(update_fields=["decided_by", "decided_at"])
    advance(row, "enlist", actor=actor, at=at, kind=row.kind, cause=row.cause)


def lift(
    approval: Approval, *, entry_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; the value stays sealed, as the record of why it was listed."""
    row = queries.locked(entry_id)
    redeem(approval, LIFT, _lifting(row), actor=actor, at=at)
    row.lifted_by, row.lifted_at = actor.person_id, at
    row.save(update_fields=["lifted_by", "lifted_at"])
    advance(row, "lift", actor=actor, at=at, reason=row.lift_reason)


@transaction.atomic
def take_back(entry_id: int, *, actor: Actor, at: datetime) -> None:
    """Whoever asked takes it back. Refuses `blacklist.not_yours`, `blacklist.not_asked`."""
    row = queries.locked(entry_id)
    asked, proposed = queries.open_wish(row)
    if proposed is None:
        raise Refusal(Kind.CONFLICT, "blacklist.not_asked", "nothing is asked", cps="4.2.2")
    rules.check_own(proposed.maker_id, actor.person_id)
    withdraw(proposed.id, reason="blacklist wish withdrawn", actor=actor, at=at)
    if asked == "list":
        advance(row, "withdraw", actor=actor, at=at)


# --- inside ----------------------------------------------------------------------------------


def _judged(subject: Subject, value: str, document_type: str, *, today: date) -> str:
    """The value as applications spell it."""
    if subject is Subject.KEY:
        return rules.check_fingerprint(value)
    try:
        return validate_field(
            rules.FIELD_OF[subject], value, today=today, document_type=document_type
        )
    except Refusal as refusal:
        refusal.field = "value"
        raise


def _entry(row: BlacklistEntry) -> dict[str, object]:
    """What the second person agrees to; the value by its blind index."""
    return {
        "entry_id": row.pk,
        "kind": str(row.kind),
        "index": bytes(row.index).hex(),
        "cause": row.cause,
        "until": row.until.isoformat() if row.until else "",
    }


def _lifting(row: BlacklistEntry) -> dict[str, object]:
    return {"entry_id": row.pk, "kind": str(row.kind), "reason": row.lift_reason}
