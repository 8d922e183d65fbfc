"""The matrix of CPS 5.2.4: which roles may meet in one hand, and what if they did."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from anxin.kernel.errors import Refusal
from people.accounts.models import StaffMember
from people.personnel.queries import id_of
from people.trust import queries as trust
from people.trust import rules
from people.trust.roles import DUTY_OF, INCOMPATIBLE, Duty, Role, conflicts
from people.trust.rules import Grade


@dataclass(frozen=True, slots=True)
class Cell:
    """Two roles in one person: `apart` with their duties, or together."""

    role: str
    same: bool
    apart: bool


@dataclass(frozen=True, slots=True)
class Row:
    role: str
    duty: Duty | None
    grade: Grade
    months: int
    cells: tuple[Cell, ...]


def matrix() -> list[Row]:
    """Every role by every role."""
    return [
        Row(
            role=one,
            duty=DUTY_OF.get(one),
            grade=rules.GRADE_OF[one],
            months=rules.PROBATION[rules.GRADE_OF[one]],
            cells=tuple(
                Cell(other, one == other, frozenset({one, other}) in INCOMPATIBLE) for other in Role
            ),
        )
        for one in Role
    ]


@dataclass(frozen=True, slots=True)
class Clash:
    """Two roles that would meet in one hand, with the duties CPS 5.2.4 keeps apart."""

    one: str
    other: str
    duties: tuple[Duty, Duty]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What would be if a person got a role."""

    person: str
    number: str
    role: str
    held: tuple[str, ...]
    clashes: tuple[Clash, ...]
    both_sides: tuple[str, ...]  # actions the person could then propose and check
    gaps: list[Refusal]

    @property
    def possible(self) -> bool:
        return not self.clashes and not self.gaps


def simulate(number: str, role: Role, *, at: datetime) -> Simulation:
    """Refusal NOT_FOUND for a number nobody has."""
    person_id = id_of(number)
    held = trust.roles_given(person_id)
    roles = {*held, role}
    return Simulation(
        person=StaffMember.objects.get(pk=person_id).name,
        number=number,
        role=role,
        held=tuple(sorted(held)),
        clashes=tuple(
            Clash(one, other, (DUTY_OF[one], DUTY_OF[other])) for one, other in conflicts(roles)
        ),
        both_sides=tuple(
            action
            for action, duty in settings.DUTIES.items()
            if duty.makers & roles and duty.checkers & roles
        ),
        gaps=rules.standing(trust.files([person_id]).get(person_id), role, at=at),
    )
