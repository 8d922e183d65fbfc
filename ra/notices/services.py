"""The outbox (CPS 4.3.2): written with the act it tells of, sent by workers, kept.

What people do, and what workers do.
"""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise

from anxin.kernel import outbox
from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.deliveries import WAITING, State
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from anxin.kernel.workdays import SHANGHAI
from audit.log import advance, record_many
from ca import api as ca
from kmc import api as kmc
from ra.applicants.rules import shown
from ra.applications.models import Application
from ra.applications.queries import check_operator, numbers_told
from ra.applications.rules import WORKING_DAYS
from ra.notices import channels, queries, rules, writing
from ra.notices.models import Contact, Notice
from ra.notices.rules import Channel, Event

log = logging.getLogger(__name__)
SWEEP = 500


@dataclass(frozen=True, slots=True)
class News:
    """What happened to one application; `blanks` and `lines` as `writing.message` wants them."""

    application: Application
    occasion: str
    blanks: Mapping[str, object] = field(default_factory=dict)
    lines: Sequence[str | Promise] = ()


# --- with the act ----------------------------------------------------------------------------


def keep_contact(application_id: int, fields: Mapping[str, str]) -> None:
    """Where the applicant wants to be told things; part of submitting."""
    phone = fields.get("phone") or fields.get("agent_phone")
    given = {"email": fields.get("email"), "phone": phone}
    kept = {code: text for code, text in given.items() if text}
    sealed = kmc.seal_notice(queries.contact_context(application_id), json.dumps(kept).encode())
    Contact.objects.update_or_create(application_id=application_id, defaults={"sealed": sealed})


def forget(application_ids: Collection[int]) -> None:
    """Where they were told things, and the words: gone. That and when they were told stays."""
    Contact.objects.filter(application_id__in=application_ids).delete()
    Notice.objects.filter(application_id__in=application_ids).update(sealed=b"", masked_to="")


def stop(application_ids: Collection[int], *, actor: Actor, at: datetime) -> None:
    """Nothing more goes out to them; what waits is told by people (CPS 4.3.2)."""
    Contact.objects.filter(application_id__in=application_ids).delete()
    rows = Notice.objects.select_for_update(of=("self",)).filter(
        application_id__in=application_ids, state__in=WAITING
    )
    for row in rows:
        advance(row, "set_aside", actor=actor, at=at)


def notify(event: Event, news: Sequence[News], *, actor: Actor, at: datetime) -> int:
    """Write what is to be told, in the caller's transaction; how many. Told once per occasion."""
    told = queries.told(event, [one.application.pk for one in news])
    fresh = [one for one in news if (one.application.pk, one.occasion) not in told]
    if not fresh:
        return 0
    contacts = queries.contacts(one.application.pk for one in fresh)
    numbers = numbers_told([one.application.pk for one in fresh])
    rows = [_notice(event, one, contacts, numbers, at=at) for one in fresh]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    entries = [
        (f"ra.application:{row.application_id}", {"event": event, "channel": row.channel})
        for row in rows
    ]
    record_many("ra.notify", entries, actor=actor, at=at)
    enqueue("ra.send_notices")
    return len(rows)


def _notice(
    event: Event,
    news: News,
    contacts: Mapping[int, Mapping[str, str]],
    numbers: Mapping[int, str],
    *,
    at: datetime,
) -> Notice:
    application = news.application
    contact = contacts.get(application.pk, {})
    channel = rules.channel_for(contact)
    to = rules.address_in(contact, channel)
    blanks = {
        "number": numbers.get(application.pk, application.number),  # what the code opens
        "name": application.masked_name,
        "url": f"{settings.PUBLIC_URL}/status/",
        "working_days": WORKING_DAYS,
        "crl_hours": ca.LISTED_AT_LATEST // timedelta(hours=1),
        **news.blanks,
    }
    row = Notice(
        state=State.BY_HAND if channel == Channel.LETTER else State.DUE,
        application=application,
        event=event,
        occasion=news.occasion,
        channel=channel,
        masked_to=shown("email" if channel == Channel.MAIL else "phone", to) if to else "",
        made_at=at,
        due_at=at,
    )
    message = writing.message(event, channel, to, blanks, news.lines)
    row.sealed = kmc.seal_notice(row.context(), json.dumps(asdict(message)).encode())
    return row


# --- workers ---------------------------------------------------------------------------------


def send_due(*, at: datetime) -> int:
    """Send what is due; how many went out."""
    return outbox.send_due(Notice, _deliver, advance, at=at)


def _deliver(row: Notice) -> None:
    channels.send(row.channel, queries.opened(row), reference=f"notice-{row.pk}")


def remind_expiring(*, at: datetime) -> int:
    """Tell the holders of certificates that end soon; how many were told (CPS 4.6.1)."""
    count, last = 0, 0
    while batch := queries.ending(after=last, limit=SWEEP, at=at):
        ids = [row.certificate_id for row in batch if row.certificate_id]
        views = {view.id: view for view in ca.certificates(ids)}
        news = [
            one for row in batch if (one := _reminder(row, views[row.certificate_id or 0], at=at))
        ]
        with transaction.atomic():
            count += notify(Event.EXPIRING, news, actor=SYSTEM, at=at)
        last = batch[-1].pk
    return count


def _reminder(row: Application, view: ca.CertificateView, *, at: datetime) -> News | None:
    days = rules.reminder(view.not_after, at=at) if view.not_after else None
    if days is None or view.state != "valid" or view.not_after is None:
        return None
    end = f"{view.not_after.astimezone(SHANGHAI):%Y-%m-%d}"
    return News(row, f"{view.id}:{days}", {"days": days, "due": end})


def tell_of_endings(*, at: datetime) -> int:
    """Tell the subscribers of authorities that end (CPS 5.7.3, 5.8); how many certificates' were.

    Batch after batch, each on record with how far it came.
    """
    count = 0
    while open_ones := [one for one in ca.ending_audiences() if _is_as_agreed(one)]:
        for one in open_ones:
            count += _tell_audience(one, at=at)
    return count


def _is_as_agreed(one: ca.EndingAudience) -> bool:
    """Whether the words are still those that the committee has agreed to."""
    said = {"authority": one.authority, "ends_on": one.ends_on, "place": one.place}
    same = writing.about_ending(one.kind, **said) == one.message
    if not same:
        log.error("%s: nobody is told, the words are others than agreed to", one.number)
    return same


@transaction.atomic
def _tell_audience(one: ca.EndingAudience, *, at: datetime) -> int:
    rows = Application.objects.filter(certificate_id__in=one.certificate_ids)
    blanks = writing.ending_blanks(one.authority, one.ends_on, one.place)
    news = [
        News(row, one.number, blanks)
        for row in rows.only("id", "number", "masked_name", "certificate_id")
    ]
    notify(Event(one.kind), news, actor=SYSTEM, at=at)
    ca.note_ending_told(one.step_id, one.certificate_ids, at=at)
    return len(one.certificate_ids)


# --- people ----------------------------------------------------------------------------------


@transaction.atomic
def resend(notice_id: int, *, actor: Actor, at: datetime) -> None:
    """Once more, from the first try on. Refuses `notices.no_address`."""
    row = _locked(notice_id, actor)
    told_by_message = Contact.objects.filter(application_id=row.application_id).exists()
    if row.channel in rules.BY_PEOPLE or not told_by_message:
        raise Refusal(Kind.CONFLICT, "notices.no_address", "there is no address", cps="4.3.2")
    Notice.objects.filter(pk=row.pk).update(tries=0, due_at=at, error="", told_by=None)
    advance(row, "resend", actor=actor, at=at)
    enqueue("ra.send_notices")


@transaction.atomic
def tell(notice_id: int, how: str, *, actor: Actor, at: datetime) -> None:
    """Somebody at the counter told the applicant, face to face or by letter (CPS 4.3.2)."""
    channel = rules.check_by_people(how)
    row = _locked(notice_id, actor)
    Notice.objects.filter(pk=row.pk).update(
        channel=channel, told_by=actor.person_id, sent_at=at, error=""
    )
    advance(row, "tell", actor=actor, at=at, how=channel)


def _locked(notice_id: int, actor: Actor) -> Notice:
    check_operator(actor, cps="4.3.2")
    row = queries.visible(actor).select_for_update(of=("self",)).filter(pk=notice_id).first()
    if row is None:
        raise queries.unknown(notice_id)
    return row
