"""Keys of partner RAs for their page; who may be responsible for one."""

from dataclasses import dataclass
from datetime import date, datetime

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.workdays import day_of
from people.api import (
    Holder,
    Role,
    Waiting,
    holders,
    lock_person,
    staff_names,
    waiting,
)
from ra.branches import queries as branches
from ra.branches.queries import OfficeView
from ra.branches.rules import State as OfficeState
from ra.partners import rules
from ra.partners.models import PartnerKey

ISSUE = "ra.issue_partner_key"
# Who asks for a key is a security administrator: whoever draws the secret has the whole of it, so
# another role does, as with the devices of staff (CPS 5.2.4).
HANDED_BY = Role.CA_ADMIN
ENDED_BY = frozenset({Role.SECURITY_ADMIN, Role.CA_ADMIN})
SUBJECT = "ra.partnerkey"  # of all proposals: one waits at a time


@dataclass(frozen=True, slots=True)
class Line:
    """`over`: its term has ended."""

    number: str
    name: str
    office: str
    person: str
    scopes: tuple[str, ...]
    valid_until: date
    state: str
    over: bool


@dataclass(frozen=True, slots=True)
class KeysPage:
    lines: tuple[Line, ...]
    waiting: Waiting
    hands_out: bool


def page(actor: Actor, *, at: datetime) -> KeysPage:
    rows = list(PartnerKey.objects.select_related("office").order_by("-pk"))
    names = staff_names({row.person_id for row in rows})
    return KeysPage(
        tuple(_line(row, names, today=day_of(at)) for row in rows),
        waiting(ISSUE, SUBJECT, actor),
        HANDED_BY in actor.roles,
    )


def _line(row: PartnerKey, names: dict[int, str], *, today: date) -> Line:
    return Line(
        row.number,
        row.name,
        f"{row.office.code} {row.office.name}",
        names.get(row.person_id, ""),
        tuple(row.scopes),
        row.valid_until,
        row.state,
        row.state != rules.State.REVOKED and today > row.valid_until,
    )


def responsible(*, at: datetime) -> list[tuple[Holder, OfficeView]]:
    """Operators of offices that work, each with the office."""
    places = {one.code: one for one in branches.offices(SYSTEM) if one.state == OfficeState.OPEN}
    found = holders(Role.OPERATOR, at=at)
    return [(one, places[one.office]) for one in found if one.office in places]


def locked(number: str) -> PartnerKey:
    """The row, locked until the transaction ends. Refuses `partners.unknown`.

    Its person first, as where people leave: nobody waits for each other.
    """
    row = PartnerKey.objects.filter(number=number).first()
    if row is None:
        raise rules.unknown(number)
    lock_person(row.person_id)
    return PartnerKey.objects.select_for_update().get(pk=row.pk)
