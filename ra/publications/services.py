"""Publishing by two: an administrator proposes, the policy committee agrees (CPS 2.3)."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from anxin.kernel.rows import guarded
from anxin.kernel.workdays import day_of
from audit.log import advance, record, subject_of
from people.api import Approval, redeem, standing
from people.api import propose as ask
from pki.sm.sm3 import sm3
from ra.applications.rules import person
from ra.publications import rules
from ra.publications.models import Publication
from ra.publications.rules import PUBLISH, SUCCEED, Kind, State


@transaction.atomic
def propose(
    kind: Kind,
    version: str,
    title: str,
    body: bytes,
    *,
    valid_from: date,
    actor: Actor,
    at: datetime,
) -> int:
    """A new version, for the committee to publish; its id.

    Refuses `publications.version`, `file`, `size`, `valid_from`, `taken`.
    """
    rules.check_version(version)
    _check_day(kind, valid_from, at=at)
    _make_room(kind, version, actor=actor, at=at)
    row = Publication(
        state=State.PROPOSED,
        kind=kind,
        version=version,
        title=title,
        media=rules.media(body),
        body=body,
        digest=sm3(body).hex(),
        valid_from=valid_from,
        proposed_by=person(actor),
        proposed_at=at,
    )
    with guarded(_taken("version")):
        row.save(force_insert=True)
    _ask_the_committee(row, actor=actor, at=at)
    return row.pk


def _ask_the_committee(row: Publication, *, actor: Actor, at: datetime) -> None:
    about = subject_of(row)
    row.approval_id = ask(PUBLISH, _payload(row), subject=about, actor=actor, at=at).id
    row.save(update_fields=["approval_id"])
    told: dict[str, Any] = {"approval": row.approval_id, "digest": row.digest}
    record("ra.propose_document", about, actor=actor, at=at, **told)


def publish(
    approval: Approval, *, publication_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction. What is redeemed is computed
    anew, from the bytes of the file.
    """
    row = Publication.objects.select_for_update().get(pk=publication_id)
    redeem(approval, PUBLISH, _payload(row), actor=actor, at=at)
    _check_day(Kind(row.kind), row.valid_from, at=at)
    with guarded(_taken("valid_from")):  # by another vote of this moment
        advance(row, "publish", actor=actor, at=at, digest=row.digest, version=row.version)


def drop(
    approval: Approval, *, publication_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: declined, taken back, or nobody decided in time."""
    row = Publication.objects.select_for_update().get(pk=publication_id)
    advance(row, "refuse", actor=actor, at=at, approval=approval.id)


def _payload(row: Publication) -> dict[str, object]:
    return {
        "publication_id": row.pk,
        "kind": row.kind,
        "version": row.version,
        "title": row.title,
        "valid_from": row.valid_from.isoformat(),
        "digest": sm3(bytes(row.body)).hex(),
    }


def _make_room(kind: Kind, version: str, *, actor: Actor, at: datetime) -> None:
    """A proposal whose approval ended by itself holds no version."""
    rows = Publication.objects.select_for_update().filter(kind=kind, version=version)
    for row in rows.filter(state=State.PROPOSED):
        if not (row.approval_id and standing(row.approval_id).is_open):
            advance(row, "refuse", actor=actor, at=at)


def _check_day(kind: Kind, day: date, *, at: datetime) -> None:
    """One version begins on a day, and none in the middle of another's."""
    published = Publication.objects.filter(kind=kind, state=State.PUBLISHED)
    today = day_of(at)
    succeeds = kind in SUCCEED and published.filter(valid_from__lte=today).exists()
    rules.check_day(day, today=today, succeeds=succeeds)
    if kind in SUCCEED and published.filter(valid_from=day).exists():
        raise _taken("valid_from")


def _taken(field: str) -> Refusal:
    return Refusal(
        Why.CONFLICT, "publications.taken", "another has this version or day", field=field
    )
