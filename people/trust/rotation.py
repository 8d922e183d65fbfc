"""When a post passes to somebody else, and to whom (CPS 5.3.5).

The CPS lets the house arrange period and order by the work there is, so both are planned post by
post. A day that has come is told of; it ends no role: roles are given and ended by two people.
"""

from datetime import date, datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from audit.log import record
from people.notices.rules import Event
from people.notices.services import tell
from people.trust import queries, rules
from people.trust.models import Appointment
from people.trust.roles import Role


@transaction.atomic
def plan_rotation(
    person_id: int,
    role: Role,
    *,
    on: date | None,
    relief_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """From this day on somebody else is to have the post, `relief_id` if that is known.

    No day: the plan is dropped. Refuses one's own post, a day that is not ahead, a relief who is
    not in post, and a role the person does not have.
    """
    rules.check_keeper(actor, person_id)
    rules.check_rotation(on, relieved=relief_id is not None, at=at)
    if relief_id is not None:
        rules.check_relief(person_id, relief_id, queries.files([relief_id]).get(relief_id))
    planned = Appointment.objects.filter(person=person_id, role=role, until__isnull=True).update(
        rotates_on=on, relief=relief_id, rotation_told=0
    )
    if not planned:
        raise Refusal(Kind.NOT_FOUND, "trust.not_appointed", f"is not {role}")
    record(
        "people.rotation_planned",
        f"people.staffmember:{person_id}",
        actor=actor,
        at=at,
        role=role,
        on=on.isoformat() if on else "",
        relief=relief_id,
    )


@transaction.atomic
def note_rotations(*, at: datetime) -> int:
    """Write down which posts are to pass on soon, and which should have, each once; how many."""
    told = 0
    for row in queries.rotating(at=at):
        stage = rules.notice(row.rotates_on, at=at)
        told += _note(row, stage, at=at)
    return told


def _note(row: queries.Rotating, stage: int, *, at: datetime) -> int:
    post = Appointment.objects.filter(pk=row.id, rotates_on=row.rotates_on)
    raised = post.filter(rotation_told__lt=stage).update(rotation_told=stage)
    if not raised:
        return 0
    on = row.rotates_on.isoformat()
    action = "people.rotation_late" if stage == rules.LAPSED else "people.rotation_ahead"
    about = f"people.staffmember:{row.person_id}"
    record(action, about, actor=SYSTEM, at=at, role=row.role, on=on, relief=row.relief_id)
    concerned = {row.person_id, row.relief_id} - {None}
    occasion = f"{on}:{row.role}:{stage}"
    tell(Event.ROTATION, [pk for pk in concerned if pk], occasion=occasion, actor=SYSTEM, at=at)
    keepers = {one.id for one in queries.holders(Role.SECURITY_ADMIN, at=at)} - concerned
    today = day_of(at).isoformat()
    tell(Event.STAFF_ROTATIONS, keepers, occasion=today, actor=SYSTEM, at=at)
    return raised
