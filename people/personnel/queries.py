"""The personnel list and a person's file, for pages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from people.accounts.models import StaffMember
from people.accounts.queries import staff_numbered
from people.approvals.queries import ApprovalView, may, open_approvals
from people.factors.queries import factors_of
from people.factors.rules import HANDED_BY
from people.operatorkeys import proving
from people.operatorkeys.queries import Key, keys_of
from people.operatorkeys.queries import proposed as proposed_keys
from people.operatorkeys.rules import State as KeyState
from people.operatorkeys.statements import to_sign
from people.personnel.rules import ACTIONS, Act, subject_of
from people.trust import queries as trust
from people.trust import rules
from people.trust.models import Finding
from people.trust.rules import File, State
from pki import votes


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One appointment; with gaps it rests. `notice` of its rotation as in `trust.rules`."""

    role: str
    since: datetime
    gaps: list[Refusal]
    rotates_on: date | None = None
    relief: str = ""
    notice: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A finding that lapses soon or has lapsed; `notice` as in `trust.rules`."""

    item: str
    on: date
    notice: int

    @property
    def lapsed(self) -> bool:
        return self.notice == rules.LAPSED


@dataclass(frozen=True, slots=True)
class Line:
    """A person in the list."""

    id: int
    name: str
    number: str
    login: str
    office: str
    state: str  # of `trust.rules.State`; empty: no file
    contractor: bool
    roles: tuple[RoleLine, ...]
    dues: tuple[Due, ...]  # the needed ones that lapse within the notice, the next first
    waiting: tuple[ApprovalView, ...]
    key_waits: bool  # for others to put it to use
    hindrance: Refusal | None  # why the key in use has no certificate that counts

    @property
    def rotating(self) -> bool:
        return any(role.rotates_on for role in self.roles)

    @property
    def resting(self) -> bool:
        return any(role.gaps for role in self.roles)


def staff(*, at: datetime) -> list[Line]:
    """Everybody: who may not do their work first, then what lapses next."""
    lines = _lines(list(StaffMember.objects.order_by("staff_number")), at=at)
    return sorted(lines, key=lambda line: (line.state == State.LEFT, not line.resting, _next(line)))


def _next(line: Line) -> date:
    return line.dues[0].on if line.dues else date.max


def own(person_id: int, *, at: datetime) -> Line:
    """What a person is told of their own standing."""
    return _lines([StaffMember.objects.get(pk=person_id)], at=at)[0]


def _lines(people: list[StaffMember], *, at: datetime) -> list[Line]:
    ids = [person.pk for person in people]
    files, given = trust.files(ids), trust.appointments(ids)
    asked, proposed, hindrances = _asked(ids), proposed_keys(), proving.hindrances(ids, at=at)
    return [
        _line(
            person,
            files.get(person.pk),
            given.get(person.pk, []),
            tuple(asked.get(person.pk, ())),
            (person.pk in proposed, hindrances.get(person.pk)),
            at=at,
        )
        for person in people
    ]


def _line(
    person: StaffMember,
    file: File | None,
    given: list[trust.Given],
    waiting: tuple[ApprovalView, ...],
    key: tuple[bool, Refusal | None],
    *,
    at: datetime,
) -> Line:
    return Line(
        id=person.pk,
        name=person.name,
        number=person.staff_number,
        login=person.login,
        office=person.office,
        state=file.state if file else "",
        contractor=bool(file and file.contractor),
        roles=tuple(_role(one, file, at=at) for one in given),
        dues=_dues(file, at=at),
        waiting=waiting,
        key_waits=key[0],
        hindrance=key[1],
    )


def _role(one: trust.Given, file: File | None, *, at: datetime) -> RoleLine:
    return RoleLine(
        role=one.role,
        since=one.since,
        gaps=rules.standing(file, one.role, at=at),
        rotates_on=one.rotates_on,
        relief=one.relief,
        notice=rules.notice(one.rotates_on, at=at) if one.rotates_on else 0,
    )


def _dues(file: File | None, *, at: datetime) -> tuple[Due, ...]:
    if file is None or file.state == State.LEFT:
        return ()
    every = (Due(item, due, rules.notice(due, at=at)) for due, item in rules.dues(file))
    return tuple(due for due in every if due.notice)


def _asked(ids: Collection[int]) -> dict[int, list[ApprovalView]]:
    """Open proposals by person."""
    subjects = {subject_of(pk): pk for pk in ids}
    found: dict[int, list[ApprovalView]] = {}
    for action in ACTIONS.values():
        for subject, view in open_approvals(action, subjects).items():
            found.setdefault(subjects[subject], []).append(view)
    return found


@dataclass(frozen=True, slots=True)
class ItemLine:
    """The latest finding of one item, if there is one."""

    item: str
    cps: str
    needed: bool
    found: Finding | None
    notice: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open proposal; it waits for one of `checkers`."""

    approval: ApprovalView
    act: str
    role: str
    factor: str
    gaps: list[Refusal]
    checkers: frozenset[str]
    may_decide: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    line: Line
    engaged_on: date | None
    employer: str
    escort: str
    items: tuple[ItemLine, ...]
    proposals: tuple[Proposal, ...]
    keys: tuple[Key, ...]
    signs: str  # what the reader's browser signs to propose the key that waits; "": nothing
    may_propose: bool
    may_keep: bool
    is_open: bool  # the account
    may_open: bool  # somebody may ask for it
    waiting: frozenset[str]  # what this reader is to hand over

    @property
    def key_asked(self) -> bool:
        """Somebody has asked already that the new key is put to use."""
        return any(one.act == Act.ENROL_KEY for one in self.proposals)


def id_of(number: str) -> int:
    """The person with this staff number; Refusal NOT_FOUND."""
    return staff_numbered(number).id


def person(number: str, actor: Actor, *, at: datetime) -> PersonView:
    """A person's page; Refusal NOT_FOUND."""
    row = StaffMember.objects.select_related("file__escort").get(pk=id_of(number))
    file, line = getattr(row, "file", None), _lines([row], at=at)[0]
    other, keys = actor.person_id != row.pk, keys_of(row.pk)
    return PersonView(
        line=line,
        engaged_on=file.engaged_on if file else None,
        employer=file.employer if file else "",
        escort=file.escort.name if file and file.escort else "",
        items=_items(row.pk, at=at),
        proposals=tuple(_proposal(one, row.pk, actor, at=at) for one in line.waiting),
        keys=keys,
        signs=_to_propose(keys, actor, at=at),
        may_propose=other and not may(actor, ACTIONS[Act.APPOINT]),
        may_keep=other,
        is_open=row.is_active,
        may_open=not row.is_active and line.state in ("", State.IN_POST),
        waiting=_handed(row.pk, actor, at=at) if other else frozenset(),
    )


def _to_propose(keys: tuple[Key, ...], actor: Actor, *, at: datetime) -> str:
    for key in keys:
        if key.state == KeyState.PROPOSED and actor.person_id:
            said = votes.proposal_fields(
                person=key.person_id, key=key.fingerprint, maker=actor.person_id
            )
            return to_sign(actor.person_id, said, at=at)
    return ""


def _handed(person_id: int, actor: Actor, *, at: datetime) -> frozenset[str]:
    waiting = factors_of(person_id, at=at).waiting
    return frozenset(
        one for one, role in HANDED_BY.items() if one in waiting and role in actor.roles
    )


def _items(person_id: int, *, at: datetime) -> tuple[ItemLine, ...]:
    latest = {row.item: row for row in trust.latest([person_id]).select_related("noted_by")}
    return tuple(
        ItemLine(item, demand.cps, demand.needed, row, _notice(row, at=at))
        for item, demand in rules.ITEMS.items()
        for row in [latest.get(item)]
    )


def _notice(row: Finding | None, *, at: datetime) -> int:
    return rules.notice(row.due, at=at) if row and row.due else 0


def _proposal(approval: ApprovalView, person_id: int, actor: Actor, *, at: datetime) -> Proposal:
    role = str(approval.payload.get("role", ""))
    act = approval.action.rpartition(".")[2]
    file = trust.files([person_id]).get(person_id)
    return Proposal(
        approval=approval,
        act=act,
        role=role,
        factor=str(approval.payload.get("factor", "")),
        gaps=rules.standing(file, role, at=at) if act == Act.APPOINT else [],
        checkers=settings.DUTIES[approval.action].checkers,
        may_decide=not may(actor, approval.action, approval=approval),
    )


def people_to_choose() -> list[tuple[str, str]]:
    """Staff number and name of everybody, for a form."""
    rows = StaffMember.objects.order_by("staff_number").values_list("staff_number", "name")
    return [(number, f"{number} {name}") for number, name in rows]
