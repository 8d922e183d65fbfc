"""Drawing decisions to be looked at again, and judging them (CPS 4.1.2.2)."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import QuerySet

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.workdays import SHANGHAI, day_of
from audit.log import advance, record
from people.api import Role
from ra.review.models import Decision
from ra.sampling import queries, rules
from ra.sampling.models import Draw, Recheck


def draw_due(seed: str, *, at: datetime) -> int:
    """Draw every whole day of the last week that was not drawn yet; how many days."""
    today = day_of(at)
    days = [today - timedelta(days=back) for back in range(rules.DAYS, 0, -1)]
    done = set(Draw.objects.filter(day__in=days).values_list("day", flat=True))
    return sum(draw(day, seed, at=at) for day in days if day not in done)


@transaction.atomic
def draw(day: date, seed: str, *, at: datetime) -> bool:
    """The sample of one day, whose seed nobody knew that day; False when it was drawn already."""
    begin = datetime.combine(day, time(), SHANGHAI)
    decided = Decision.objects.filter(at__gte=begin, at__lt=begin + timedelta(days=1))
    taken = [
        rules.Taken(*found)
        for found in decided.order_by("pk").values_list("pk", "reviewer_id", "outcome")
    ]
    made, is_new = Draw.objects.get_or_create(
        day=day, defaults={"seed": seed, "decisions": len(taken), "at": at}
    )
    if not is_new:
        return False
    ids = rules.drawn(taken, seed)
    _have_looked_at(made, decided.filter(pk__in=ids))
    record(
        "ra.draw_rechecks", f"ra.draw:{made.pk}", actor=SYSTEM, at=at,
        day=day.isoformat(), seed=seed, decisions=len(taken), drawn=len(ids),
    )  # fmt: skip
    return True


def _have_looked_at(made: Draw, drawn: QuerySet[Decision]) -> None:
    Recheck.objects.bulk_create(
        Recheck(
            state=rules.State.WAITING,
            draw=made,
            decision_id=found.pk,
            application_id=found.application_id,
            officer_id=found.reviewer_id,
            outcome=found.outcome,
        )
        for found in drawn.order_by("pk").only("pk", "application_id", "reviewer_id", "outcome")
    )


@transaction.atomic
def judge(recheck_id: int, fault: str, *, actor: Actor, at: datetime) -> None:
    """`fault` is a code; empty: the decision was right. The decision itself stays as it is.

    Refuses `sampling.not_a_reviewer`, `own_work`, `fault`, `unknown`, `state.no_such_step`.
    """
    rules.check_reviewer(Role.REVIEWER in actor.roles)
    row = queries.locked(recheck_id, actor)
    rules.check_other(row.officer_id, row.application.makers, actor.person_id)
    row.fault = rules.check_fault(fault)
    verb = "fault" if fault else "confirm"
    rules.STEPS.after(verb, row.state)
    row.judged_by, row.judged_at = actor.person_id, at
    row.save(update_fields=["fault", "judged_by", "judged_at"])
    advance(row, verb, actor=actor, at=at, application=row.application_id, fault=fault)
