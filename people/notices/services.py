"""Mail to staff: written with the act it tells of, sent by workers, tried again, kept."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from anxin.kernel import mail, outbox
from anxin.kernel.actors import Actor
from anxin.kernel.deliveries import WAITING, State
from anxin.kernel.jobs import enqueue
from audit.log import advance, record, record_many
from people.notices import queries, writing
from people.notices.models import Mailbox, StaffNotice
from people.notices.rules import ADDRESS_KEPT, LEFT, Event


def tell(
    event: Event, person_ids: Collection[int], *, occasion: str, actor: Actor, at: datetime
) -> int:
    """Tell these people, in the caller's transaction; how many. Once per occasion.

    Who has no address, or whose account is closed, is passed by.
    """
    told = StaffNotice.objects.filter(event=event, occasion=occasion, person__in=list(person_ids))
    fresh = set(person_ids) - set(told.values_list("person_id", flat=True))
    return _write(event, queries.addresses(fresh), occasion=occasion, actor=actor, at=at)


def _write(
    event: Event, addresses: dict[int, str], *, occasion: str, actor: Actor, at: datetime
) -> int:
    if not addresses:
        return 0
    rows = [
        StaffNotice(
            state=State.DUE,
            person_id=person_id,
            event=event,
            occasion=occasion,
            to=address,
            made_at=at,
            due_at=at,
        )
        for person_id, address in sorted(addresses.items())
    ]
    StaffNotice.objects.bulk_create(rows, ignore_conflicts=True)
    entries = [(f"people.staffmember:{row.person_id}", {"event": event}) for row in rows]
    record_many("people.notify", entries, actor=actor, at=at)
    enqueue("people.send_notices")
    return len(rows)


@transaction.atomic
def keep_address(person_id: int, address: str, *, actor: Actor, at: datetime) -> None:
    """Where a person gets mail from now on; empty: nowhere. The address before is told."""
    before = queries.address_of(person_id)
    if address == before:
        return
    if address:
        kept = {"address": address, "kept_at": at}
        Mailbox.objects.update_or_create(person_id=person_id, defaults=kept)
    else:
        Mailbox.objects.filter(pk=person_id).delete()
    record("people.mailbox_kept", f"people.staffmember:{person_id}", actor=actor, at=at)
    if before:
        occasion = at.isoformat(timespec="seconds")
        _write(Event.ADDRESS_CHANGED, {person_id: before}, occasion=occasion, actor=actor, at=at)


def send_due(*, at: datetime) -> int:
    """Send what is due; how many went out."""
    return outbox.send_due(StaffNotice, _deliver, advance, at=at)


def _deliver(row: StaffNotice) -> None:
    mail.send(writing.message(row), reference=f"staff-notice-{row.pk}")


def forget_mailboxes() -> int:
    """Addresses of people who have left: nobody writes to them any more. How many (WP-5.3b)."""
    return Mailbox.objects.filter(person__file__state=LEFT).delete()[0]


def forget_addresses(*, at: datetime) -> int:
    """Where mail of long ago went; that it went, and when, stays. How many (WP-5.3b)."""
    old = StaffNotice.objects.filter(made_at__lte=at - ADDRESS_KEPT).exclude(state__in=WAITING)
    return old.exclude(to="").update(to="")
