"""Lists of applications: the work queue, one's own intakes, what was found (CPS 4.2.3)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import SHANGHAI, midnight
from people.api import staff_names
from ra.applicants import queries as applicants
from ra.applicants.rules import compact
from ra.applications import queries as applications
from ra.applications import rules as application_rules
from ra.applications.models import Application
from ra.applications.rules import State, person
from ra.evidence.queries import held_counts
from ra.review.models import Decision

PAGE = 50
COUNT_LIMIT = 1000  # more than this is "very many"


class View(StrEnum):
    """What the tabs of the list show."""

    WAITING = "waiting"  # for a first check, by this person
    RESUBMITTED = "resubmitted"  # after a return
    SECOND = "second"  # for another check by this person
    MINE = "mine"  # on this person's desk
    DRAFTS = "drafts"  # this person's own, to be completed or corrected
    ISSUING = "issuing"  # approved, the certificate is being made, or cannot be made
    ISSUED = "issued"  # to be handed over
    DONE_TODAY = "done_today"  # decided by this person today
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Filters:
    """`text` is a number, a document number, a telephone, a name: whatever it looks like."""

    profile: str = ""
    office: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `holder` is who has it on the desk, "" for nobody; `documents` are filled slots."""

    id: int
    number: str
    state: str
    masked_name: str
    profile: str
    office: str
    round: int
    sla: application_rules.Sla | None
    deadline_at: datetime | None
    at: datetime
    documents: int
    slots_needed: int
    checks: Mapping[str, str]
    reviews_done: int
    reviews_needed: int
    maker: str
    holder: str
    mine: bool
    own: bool  # this person entered it, and may not review it
    overdue: bool  # returned, and not corrected in time
    may_peek: bool
    certificate_id: int | None
    certificate_state: str
    subscriber_id: int | None  # None before it is submitted


@dataclass(frozen=True, slots=True)
class Page:
    """`after` continues the list, None at its end."""

    rows: tuple[Row, ...]
    after: str | None


def queue(actor: Actor, view: View, filters: Filters, *, after: str = "", at: datetime) -> Page:
    """One page of a list, most urgent first (finished ones: newest first); at most four queries."""
    rows = _filtered(_of_view(actor, view, at=at), filters)
    return _page(rows, actor, after, by_deadline=view in _BY_DEADLINE, at=at)


def of_subscriber(subscriber_id: int, actor: Actor, *, after: str = "", at: datetime) -> Page:
    """One page of a subscriber's applications in this person's sight, newest first."""
    rows = applications.visible(actor).select_related("office")
    found = rows.filter(subscriber_id=subscriber_id)
    return _page(found, actor, after, by_deadline=False, at=at)


def counts(actor: Actor, *, at: datetime) -> dict[str, int]:
    """How many each tab holds, and how many are `late` or will be `soon`, up to COUNT_LIMIT each;
    two queries for all.
    """
    rows = applications.visible(actor)
    tabs = [view for view in View if view is not View.ALL]
    limited = [_VIEWS[view](rows, actor, at).values("pk")[:COUNT_LIMIT] for view in tabs]
    submitted = rows.filter(
        state=State.SUBMITTED, deadline_at__lte=application_rules.soon_until(at)
    )
    pressing = (submitted.filter(deadline_at__lt=at), submitted.filter(deadline_at__gte=at))
    limited += [found.values("pk")[:COUNT_LIMIT] for found in pressing]
    asked = [limit.query.sql_with_params() for limit in limited]
    columns = ", ".join(
        f"(SELECT count(*) FROM ({sql}) AS tab)"  # noqa: S608 -- SQL that Django wrote
        for sql, _ in asked
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [value for _, values in asked for value in values])
        names = [*(view.value for view in tabs), "late", "soon"]
        return dict(zip(names, cursor.fetchone(), strict=True))


def search(actor: Actor, text: str, *, at: datetime) -> list[Row]:
    """By number, document number, telephone or whole name; newest first, at most 50."""
    rows = _filtered(applications.visible(actor), Filters(text=text))
    return _rows(list(rows.select_related("office").order_by("-pk")[:PAGE]), actor, at=at)


def reviewable(rows: QuerySet[Application], actor: Actor) -> QuerySet[Application]:
    """Those of `rows` that wait for this person's check (CPS 4.3.1)."""
    decided = Decision.objects.filter(
        application=OuterRef("pk"), round=OuterRef("round"), reviewer_id=person(actor)
    )
    submitted = rows.filter(state=State.SUBMITTED)
    others = submitted.exclude(maker_id=person(actor))
    return others.exclude(former_makers__contains=[person(actor)]).filter(~Exists(decided))


def has_decided(row: Application, actor: Actor) -> bool:
    """Whether this person decided in this round."""
    return Decision.objects.filter(
        application=row, round=row.round, reviewer_id=person(actor)
    ).exists()


# --- inside ----------------------------------------------------------------------------------


def _page(
    rows: QuerySet[Application], actor: Actor, after: str, *, by_deadline: bool, at: datetime
) -> Page:
    found = list(_behind(rows, after, by_deadline=by_deadline)[: PAGE + 1])
    more = _key(found[PAGE - 1], by_deadline=by_deadline) if len(found) > PAGE else None
    return Page(tuple(_rows(found[:PAGE], actor, at=at)), more)


_BY_DEADLINE = (View.WAITING, View.RESUBMITTED, View.SECOND, View.MINE)


def _of_view(actor: Actor, view: View, *, at: datetime) -> QuerySet[Application]:
    rows = applications.visible(actor).select_related("office")
    return _VIEWS[view](rows, actor, at)


def _waiting(rows: QuerySet[Application], actor: Actor, _at: datetime) -> QuerySet[Application]:
    return reviewable(rows, actor).filter(reviews_done=0)


def _second(rows: QuerySet[Application], actor: Actor, _at: datetime) -> QuerySet[Application]:
    return reviewable(rows, actor).filter(reviews_done__gt=0)


def _mine(rows: QuerySet[Application], actor: Actor, at: datetime) -> QuerySet[Application]:
    held = rows.filter(claimed_by=actor.person_id, claimed_until__gt=at)
    return held.filter(state=State.SUBMITTED)


def _drafts(rows: QuerySet[Application], actor: Actor, _at: datetime) -> QuerySet[Application]:
    return rows.filter(maker_id=person(actor), state__in=application_rules.EDITABLE)


def _decided_today(actor: Actor, *, at: datetime) -> QuerySet[Decision, int]:
    began = midnight(at)
    done = Decision.objects.filter(reviewer_id=person(actor), at__gte=began)
    done = done.filter(at__lt=began + timedelta(days=1))
    return done.values_list("application_id", flat=True)


Listing = Callable[[QuerySet[Application], Actor, datetime], QuerySet[Application]]
_VIEWS: Mapping[View, Listing] = {
    View.WAITING: _waiting,
    View.RESUBMITTED: lambda rows, actor, at: _waiting(rows, actor, at).filter(round__gt=1),
    View.SECOND: _second,
    View.MINE: _mine,
    View.DRAFTS: _drafts,
    View.ISSUING: lambda rows, _actor, _at: rows.filter(state__in=[State.APPROVED, State.FAILED]),
    View.ISSUED: lambda rows, _actor, _at: rows.filter(state=State.ISSUED),
    View.DONE_TODAY: lambda rows, actor, at: rows.filter(pk__in=_decided_today(actor, at=at)),
    View.ALL: lambda rows, _actor, _at: rows,
}


def _filtered(rows: QuerySet[Application], filters: Filters) -> QuerySet[Application]:
    if filters.profile:
        rows = rows.filter(profile=filters.profile)
    if filters.office:
        rows = rows.filter(office__code=filters.office)
    if filters.text.strip():
        rows = rows.filter(_looks_like(filters.text.strip()))
    return rows


def _looks_like(text: str) -> Q:
    """Equality in blind indexes: nothing can be listed by guessing beginnings."""
    plain = compact(text)
    if plain.startswith("RA"):
        return Q(number=plain[:10] + "-" + plain[10:]) if len(plain) > 10 else Q(number=plain)  # noqa: PLR2004
    documents = [applicants.document_index(kind, plain) for kind in applicants.DOCUMENT_TYPES]
    return (
        Q(document_index__in=documents)
        | Q(phone_index=applicants.phone_index(plain))
        | Q(name_index=applicants.name_index(text))
    )


def _behind(rows: QuerySet[Application], after: str, *, by_deadline: bool) -> QuerySet[Application]:
    if not by_deadline:
        rows = rows.order_by("-pk")
        return rows.filter(pk__lt=int(after)) if after.isdigit() else rows
    rows = rows.order_by("deadline_at", "pk")
    stamp, _, last = after.partition("_")
    if not (last.isdigit() and stamp.isdigit()):
        return rows
    deadline = datetime.fromtimestamp(int(stamp) / 1_000_000, tz=SHANGHAI)
    return rows.filter(
        Q(deadline_at__gt=deadline) | Q(deadline_at=deadline, pk__gt=int(last)),
        deadline_at__gte=deadline,
    )


def _key(row: Application, *, by_deadline: bool) -> str:
    if not by_deadline or row.deadline_at is None:
        return str(row.pk)
    return f"{round(row.deadline_at.timestamp() * 1_000_000)}_{row.pk}"


def _rows(found: Iterable[Application], actor: Actor, *, at: datetime) -> list[Row]:
    listed = list(found)
    held = held_counts(row.pk for row in listed)
    names = staff_names({row.maker_id for row in listed} | {row.claimed_by or 0 for row in listed})
    return [_row(row, actor, held, names, at=at) for row in listed]


def _row(
    row: Application,
    actor: Actor,
    held: Mapping[int, int],
    names: Mapping[int, str],
    *,
    at: datetime,
) -> Row:
    claimed = row.claimed_until is not None and row.claimed_until > at
    submitted = row.state == State.SUBMITTED
    return Row(
        id=row.pk,
        number=row.number,
        state=row.state,
        masked_name=row.masked_name,
        profile=row.profile,
        office=row.office.name,
        round=row.round,
        sla=application_rules.sla(row.deadline_at, at=at) if submitted else None,
        deadline_at=row.deadline_at,
        at=row.submitted_at or row.opened_at,
        documents=held.get(row.pk, 0),
        slots_needed=row.slots_needed,
        checks=row.checks,
        reviews_done=row.reviews_done,
        reviews_needed=row.reviews_needed,
        maker=names.get(row.maker_id, ""),
        holder=names.get(row.claimed_by or 0, "") if claimed else "",
        mine=claimed and row.claimed_by == actor.person_id,
        own=actor.person_id in row.makers,
        overdue=application_rules.is_overdue(row.state, row.correction_due_at, at=at),
        may_peek=row.round > 0,
        certificate_id=row.certificate_id,
        certificate_state=row.certificate_state,
        subscriber_id=row.subscriber_id,
    )
