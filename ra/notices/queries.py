"""Notices for workers, and for the pages of the counter."""

import json
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, QuerySet, Value

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.mail import Message
from kmc import api as kmc
from people.api import Role, staff_names
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.rules import State as ApplicationState
from ra.branches.queries import visible_ids
from ra.notices import rules
from ra.notices.models import Contact, Notice

log = logging.getLogger(__name__)
PAGE = 100


@dataclass(frozen=True, slots=True, repr=False)
class NoticeView:
    """One notice; `subject` and `text` are opened for its own page only, and only there it is
    known whether it can go out again (`resendable`).
    """

    id: int
    number: str
    masked_name: str
    event: str
    state: str
    channel: str
    masked_to: str
    tries: int
    made_at: datetime
    due_at: datetime
    sent_at: datetime | None
    told_by: str
    error: str
    subject: str = ""
    text: str = ""
    resendable: bool = False


def unknown(what: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "notices.unknown", f"no notice {what}", cps="1.4.2")


# --- workers ---------------------------------------------------------------------------------


def contact_context(application_id: int) -> str:
    """What a sealed contact is bound to."""
    return f"ra.contact:{application_id}"


def contacts(application_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Application -> e-mail and telephone, as far as there are any.

    One that does not open is as none, and the log says so: a letter goes out, and the others of a
    batch are told.
    """
    found = {}
    for row in Contact.objects.filter(application_id__in=list(application_ids)):
        context = contact_context(row.application_id)
        try:
            found[row.application_id] = json.loads(kmc.unseal_notice(context, bytes(row.sealed)))
        except Refusal as refusal:
            log.error("%s does not open: %s", context, refusal)  # noqa: TRY400 -- a refusal says all
    return found


def told(event: str, application_ids: Collection[int]) -> set[tuple[int, str]]:
    """(application, occasion) of what was written before."""
    rows = Notice.objects.filter(event=event, application_id__in=application_ids)
    return set(rows.values_list("application_id", "occasion"))


def opened(row: Notice) -> Message:
    """The message. Refuses `kmc.seal_broken`."""
    return Message(**json.loads(kmc.unseal_notice(row.context(), bytes(row.sealed))))


def ending(*, after: int, limit: int, at: datetime) -> list[Application]:
    """Applications whose valid certificates end within the longest reminder, by id."""
    life = ExpressionWrapper(
        F("days") * Value(timedelta(days=1), output_field=DurationField()),
        output_field=DurationField(),
    )
    end = ExpressionWrapper(F("issued_at") + life, output_field=DateTimeField())
    soon = at + timedelta(days=max(rules.REMINDERS) + 1)
    rows = Application.objects.annotate(end=end).filter(
        state__in=[ApplicationState.ISSUED, ApplicationState.ACCEPTED],
        certificate_state="valid",
        end__range=(at, soon),
        pk__gt=after,
    )
    return list(rows.only("id", "number", "masked_name", "certificate_id").order_by("pk")[:limit])


# --- pages -----------------------------------------------------------------------------------


def visible(actor: Actor) -> QuerySet[Notice]:
    """Notices about the applications a person may see; business roles only."""
    if not actor.roles & {Role.OPERATOR, Role.REVIEWER}:
        return Notice.objects.none()
    offices = visible_ids(actor)
    rows = Notice.objects.select_related("application")
    return rows if offices is None else rows.filter(application__office_id__in=offices)


def for_people(actor: Actor) -> list[NoticeView]:
    """What did not go out by itself, newest first; at most 100."""
    rows = visible(actor).filter(state__in=rules.FOR_PEOPLE).order_by("-pk")
    return _views(list(rows[:PAGE]))


def of_application(number: str, actor: Actor) -> list[NoticeView]:
    """All about one application, newest first. Refuses `applications.unknown`."""
    application_id = applications.id_of(number, actor)
    return _views(list(visible(actor).filter(application_id=application_id).order_by("-pk")))


def of_applications(application_ids: Collection[int], actor: Actor) -> list[NoticeView]:
    """The latest 100 about these applications."""
    rows = visible(actor).filter(application_id__in=application_ids).order_by("-pk")
    return _views(list(rows[:PAGE]))


def notice(notice_id: int, actor: Actor) -> NoticeView:
    """One notice with its words. Refuses `notices.unknown`."""
    row = visible(actor).filter(pk=notice_id).first()
    if row is None:
        raise unknown(notice_id)
    view = _views([row], {row.pk: opened(row)} if row.sealed else {})[0]
    has_address = Contact.objects.filter(application_id=row.application_id).exists()
    return replace(view, resendable=has_address and rules.is_resendable(row.state, row.channel))


def _views(rows: list[Notice], words: dict[int, Message] | None = None) -> list[NoticeView]:
    names = staff_names({row.told_by for row in rows if row.told_by})
    said = words or {}
    return [
        NoticeView(
            id=row.pk,
            number=row.application.number,
            masked_name=row.application.masked_name,
            event=row.event,
            state=row.state,
            channel=row.channel,
            masked_to="" if row.channel in rules.BY_PEOPLE else row.masked_to,
            tries=row.tries,
            made_at=row.made_at,
            due_at=row.due_at,
            sent_at=row.sent_at,
            told_by=names.get(row.told_by or 0, ""),
            error=row.error,
            subject=said[row.pk].subject if row.pk in said else "",
            text=said[row.pk].text if row.pk in said else "",
        )
        for row in rows
    ]
