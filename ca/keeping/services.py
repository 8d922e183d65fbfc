"""What has become of a CA key, as the signer has said; workers write it down."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from audit.log import advance, record, subject_of
from ca.keeping.models import KeptKey
from ca.keeping.rules import State


@transaction.atomic
def note_copy(label: str, copy: str, *, ceremony: str, at: datetime) -> None:
    """A wrapped copy was made; `copy` is its digest (CPS 6.2.4)."""
    row = _row(label)
    row.copy, row.copied_at = copy, at
    row.save(update_fields=["copy", "copied_at"])
    record("ca.back_up_key", subject_of(row), actor=SYSTEM, at=at, label=label, ceremony=ceremony)


@transaction.atomic
def note_restored(label: str, *, kept: bool, ceremony: str, at: datetime) -> None:
    """The second device has signed with it; `kept` false: a drill, and it is gone again. What is
    known of the key stays as it was then; the journal has the drill.
    """
    row = _row(label)
    if kept:
        row.restored_at = at
        row.save(update_fields=["restored_at"])
    record(
        "ca.restore_key",
        subject_of(row),
        actor=SYSTEM,
        at=at,
        label=label,
        ceremony=ceremony,
        kept=kept,
    )


@transaction.atomic
def note_archived(label: str, *, until: datetime, ceremony: str, at: datetime) -> None:
    """It signs nothing more (CPS 6.2.5). Said once more, nothing changes."""
    row = _row(label)
    if row.state != State.ACTIVE:
        return
    row.archived_at, row.keep_until, row.ended_in = at, until, ceremony
    row.save(update_fields=["archived_at", "keep_until", "ended_in"])
    advance(row, "archive", actor=SYSTEM, at=at, label=label, ceremony=ceremony)


@transaction.atomic
def note_destroyed(label: str, *, ceremony: str, at: datetime) -> None:
    """No device has it any more (CPS 6.2.10). Said once more, nothing changes."""
    row = _row(label)
    if row.state == State.DESTROYED:
        return
    row.destroyed_at, row.ended_in = at, ceremony
    row.save(update_fields=["destroyed_at", "ended_in"])
    advance(row, "destroy", actor=SYSTEM, at=at, label=label, ceremony=ceremony)


def _row(label: str) -> KeptKey:
    row, _made = KeptKey.objects.get_or_create(label=label, defaults={"state": State.ACTIVE})
    return KeptKey.objects.select_for_update().get(pk=row.pk)
