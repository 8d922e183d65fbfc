"""What waits to be looked at again, what was found, and how often whose decisions were wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from people.api import Role, staff_names
from ra.applications.rules import person
from ra.branches.queries import visible_ids
from ra.sampling import rules
from ra.sampling.models import Recheck
from ra.sampling.rules import State

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One recheck. Whose decision it was is not told before it is judged."""

    id: int
    state: str
    number: str
    masked_name: str
    profile: str
    outcome: str
    fault: str
    officer: str
    judged_by: str
    judged_at: datetime | None
    certificate_id: int | None
    certificate_state: str


@dataclass(frozen=True, slots=True)
class Figures:
    """One officer: how many were looked at again, and how many of those were wrong."""

    name: str
    looked_at: int
    wrong: int
    waiting: int

    @property
    def percent(self) -> int:
        return round(100 * self.wrong / self.looked_at) if self.looked_at else 0


def unknown(recheck_id: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "sampling.unknown", f"no recheck {recheck_id}", cps="1.4.2")


def visible(actor: Actor) -> QuerySet[Recheck]:
    """Of applications of the person's office and those below; business roles only."""
    if not actor.roles & {Role.OPERATOR, Role.REVIEWER}:
        return Recheck.objects.none()
    offices = visible_ids(actor)
    rows = Recheck.objects.select_related("application")
    return rows if offices is None else rows.filter(application__office_id__in=offices)


def waiting(actor: Actor) -> list[Line]:
    """What this reviewer may look at, oldest first; at most 50."""
    if Role.REVIEWER not in actor.roles:
        return []
    me = person(actor)
    rows = visible(actor).filter(state=State.WAITING).exclude(officer_id=me)
    rows = rows.exclude(application__maker_id=me)
    rows = rows.exclude(application__former_makers__contains=[me])
    return _lines(rows.order_by("pk"))


def to_be_ended(actor: Actor) -> list[Line]:
    """Wrongly approved, and the certificate still stands: it has to be revoked (CPS 4.9.1)."""
    rows = visible(actor).filter(state=State.WRONG, outcome="approve")
    return _lines(rows.filter(application__certificate_state__in=["valid", "held"]).order_by("pk"))


def figures(actor: Actor) -> list[Figures]:
    """By officer: everybody for auditors, for others their own alone."""
    rows = Recheck.objects.all()
    if Role.AUDITOR not in actor.roles:
        rows = rows.filter(officer_id=actor.person_id or 0)
    counts = rows.values_list("officer_id").annotate(
        looked_at=Count("pk", filter=~Q(state=State.WAITING)),
        wrong=Count("pk", filter=Q(state=State.WRONG)),
        waiting=Count("pk", filter=Q(state=State.WAITING)),
    )
    found = list(counts.order_by("officer_id"))
    names = staff_names({row[0] for row in found})
    return [Figures(names.get(officer, ""), *numbers) for officer, *numbers in found]


def recheck(recheck_id: int, actor: Actor) -> tuple[Line, Refusal | None]:
    """One of them, and why this person may not judge it. Refuses `sampling.unknown`."""
    row = visible(actor).filter(pk=recheck_id).first()
    if row is None:
        raise unknown(recheck_id)
    return _lines([row])[0], why_not(row, actor)


def why_not(row: Recheck, actor: Actor) -> Refusal | None:
    try:
        rules.check_reviewer(Role.REVIEWER in actor.roles)
        rules.check_other(row.officer_id, row.application.makers, actor.person_id)
    except Refusal as refusal:
        return refusal
    return None


def locked(recheck_id: int, actor: Actor) -> Recheck:
    """Refuses `sampling.unknown`."""
    row = visible(actor).select_for_update(of=("self",)).filter(pk=recheck_id).first()
    if row is None:
        raise unknown(recheck_id)
    return row


def _lines(rows: QuerySet[Recheck] | list[Recheck]) -> list[Line]:
    found = list(rows[:PAGE])
    judged = [row for row in found if row.state != State.WAITING]
    people = {row.officer_id for row in judged} | {row.judged_by or 0 for row in judged}
    names = staff_names(people)
    return [_line(row, names) for row in found]


def _line(row: Recheck, names: Mapping[int, str]) -> Line:
    told = row.state != State.WAITING
    return Line(
        id=row.pk,
        state=row.state,
        number=row.application.number,
        masked_name=row.application.masked_name,
        profile=row.application.profile,
        outcome=row.outcome,
        fault=row.fault,
        officer=names.get(row.officer_id, "") if told else "",
        judged_by=names.get(row.judged_by or 0, ""),
        judged_at=row.judged_at,
        certificate_id=row.application.certificate_id,
        certificate_state=row.application.certificate_state,
    )
