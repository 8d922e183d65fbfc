"""Who is in order to have a trusted role (CPS 5.3). Pure."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal, Refusals
from anxin.kernel.states import Steps
from anxin.kernel.workdays import day_of
from people.trust.roles import DUTY_OF, OF_HEADQUARTERS, Role, check_compatible


class Grade(StrEnum):
    """How much rests on a post (CPS 5.3.1). Which role is of which grade is the house's choice."""

    GENERAL = "general"  # 一般岗位
    KEY = "key"  # 关键岗位
    CORE = "core"  # 核心岗位


PROBATION: dict[Grade, int] = {Grade.GENERAL: 3, Grade.KEY: 6, Grade.CORE: 12}  # months, CPS 5.3.1
GRADE_OF: dict[Role, Grade] = {
    Role.OPERATOR: Grade.GENERAL,
    Role.SUPPORT: Grade.GENERAL,
    Role.FINANCE: Grade.GENERAL,
    Role.REVIEWER: Grade.KEY,
    Role.CA_OPERATOR: Grade.KEY,
    Role.AUDITOR: Grade.KEY,
    Role.POLICY_MEMBER: Grade.KEY,
    Role.CA_ADMIN: Grade.CORE,
    Role.SECURITY_ADMIN: Grade.CORE,
    Role.CUSTODIAN: Grade.CORE,
}


class Item(StrEnum):
    """What a personnel file says of a person."""

    IDENTITY = "identity"
    EDUCATION = "education"
    CURRICULUM = "curriculum"
    EARLIER_WORK = "earlier_work"
    HONESTY = "honesty"
    PROBATION = "probation"
    PKI_BASICS = "pki_basics"
    DUTIES = "duties"
    PROCEDURES = "procedures"
    SYSTEMS = "systems"
    EMERGENCIES = "emergencies"
    RECOVERY = "recovery"
    CPS_READ = "cps_read"
    MANUALS_READ = "manuals_read"


@dataclass(frozen=True, slots=True)
class Demand:
    """`months` a finding counts, None: for good; `needed`: no role without it."""

    cps: str
    months: int | None
    needed: bool


# CPS 5.3.2 and 5.3.4 say "regularly"; 36 and 12 months are the house's own terms.
_CHECK, _TRAINING = Demand("5.3.2", 36, needed=True), Demand("5.3.3", 12, needed=True)
_READ = Demand("5.3.8", None, needed=False)
ITEMS: dict[Item, Demand] = {
    Item.IDENTITY: _CHECK,
    Item.EDUCATION: _CHECK,
    Item.CURRICULUM: _CHECK,
    Item.EARLIER_WORK: _CHECK,
    Item.HONESTY: _CHECK,
    Item.PROBATION: Demand("5.3.1", None, needed=True),
    Item.PKI_BASICS: _TRAINING,
    Item.DUTIES: _TRAINING,
    Item.PROCEDURES: _TRAINING,
    Item.SYSTEMS: _TRAINING,
    Item.EMERGENCIES: _TRAINING,
    Item.RECOVERY: _TRAINING,
    Item.CPS_READ: _READ,
    Item.MANUALS_READ: _READ,
}
NOTICE = (30, 7)  # days before a finding lapses, the house's own
LAPSED = len(NOTICE) + 1


class State(StrEnum):
    IN_POST = "in_post"
    SUSPENDED = "suspended"  # CPS 5.3.6
    LEFT = "left"  # WP-8.2


STEPS = Steps(
    ("suspend", [State.IN_POST], State.SUSPENDED),
    ("reinstate", [State.SUSPENDED], State.IN_POST),
    ("leave", [State.IN_POST, State.SUSPENDED], State.LEFT),
)
KEEPERS = frozenset({Role.SECURITY_ADMIN, Role.CA_ADMIN})  # keep the personnel files


@dataclass(frozen=True, slots=True)
class Finding:
    """The latest of one item; `due` is the last day it counts, None: no end."""

    passed: bool
    on: date
    due: date | None


@dataclass(frozen=True, slots=True)
class File:
    """What decides whether a person may have a role; findings by item."""

    state: str
    engaged_on: date
    contractor: bool
    escorted: bool  # by one of the house who is in post
    office: str  # code of the RA; empty: headquarters
    findings: Mapping[str, Finding]


def standing(file: File | None, role: str, *, at: datetime) -> list[Refusal]:
    """Why this person may not have or use this role now, each with its clause; empty: in order."""
    if file is None:
        return [_gap("trust.no_file", "there is no personnel file", "5.3.2")]
    if file.state == State.SUSPENDED:
        return [_gap("trust.suspended", "is suspended", "5.3.6")]
    if file.state == State.LEFT:
        return [_gap("trust.left", "has left", "5.3.6")]
    gaps = [
        _gap(f"trust.{item}", f"{item} is not in order", demand.cps)
        for item, demand in ITEMS.items()
        if demand.needed and item != Item.PROBATION and not _counts(file, item, at=at)
    ]
    if role in OF_HEADQUARTERS and file.office:
        gaps.append(_gap("trust.headquarters", f"{role} is not of an office", "5.2.1"))
    if not _served(file, role):
        months = PROBATION[GRADE_OF[Role(role)]]
        gaps.append(_gap("trust.probation", f"not {months} months", "5.3.1", months=months))
    if file.contractor and not file.escorted:
        gaps.append(_gap("trust.escort", "no escort named", "5.3.7"))
    return gaps


def check_standing(file: File | None, role: str, *, at: datetime) -> None:
    """Refuses, with everything that is missing, a role for a person who is not in order."""
    if gaps := standing(file, role, at=at):
        raise Refusals(gaps)


def _counts(file: File, item: Item, *, at: datetime) -> bool:
    found = file.findings.get(item)
    return found is not None and found.passed and (found.due is None or day_of(at) <= found.due)


def _served(file: File, role: str) -> bool:
    """Assessed, and not before the time of this grade was over (CPS 5.3.1)."""
    found = file.findings.get(Item.PROBATION)
    months = PROBATION[GRADE_OF[Role(role)]]
    return found is not None and found.passed and found.on >= later(file.engaged_on, months)


def _gap(rule: str, reason: str, cps: str, **details: Any) -> Refusal:
    return Refusal(Kind.CONFLICT, rule, reason, cps=cps, **details)


def later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def due_after(item: Item, on: date) -> date | None:
    """The last day a finding made on this day counts."""
    months = ITEMS[item].months
    return None if months is None else later(on, months)


def dues(file: File) -> list[tuple[date, str]]:
    """When the needed findings lapse, the next one first."""
    return sorted(
        (found.due, item)
        for item, found in file.findings.items()
        if ITEMS[Item(item)].needed and found.passed and found.due is not None
    )


def notice(due: date, *, at: datetime) -> int:
    """0 while it is far off, then one more for each day of `NOTICE`; `LAPSED` when it is over."""
    left = (due - day_of(at)).days
    return LAPSED if left < 0 else sum(left <= days for days in NOTICE)


def check_keeper(actor: Actor, person_id: int) -> None:
    """Refuses who keeps no personnel files, and everybody about themselves; not the system."""
    if actor.person_id is None:
        return
    check_compatible(actor.roles)
    if not KEEPERS & actor.roles:
        raise Refusal(Kind.FORBIDDEN, "trust.not_a_keeper", "keeps no files", cps="5.3.2")
    check_other(actor, person_id)


def check_other(actor: Actor, person_id: int) -> None:
    """Refuses a person's acts about their own file and roles."""
    if actor.person_id == person_id:
        raise own_file()


def own_file() -> Refusal:
    return Refusal(Kind.FORBIDDEN, "trust.own_file", "nobody decides about themselves", cps="5.2.4")


def check_warrant(actor: Actor, warrant: int | None) -> None:
    """Refuses (FORBIDDEN) a role given or taken by one person alone; set-up is the system's."""
    if actor.person_id is not None and warrant is None:
        raise Refusal(Kind.FORBIDDEN, "trust.approval_needed", "two people appoint", cps="5.2.4")


def check_vouchers(person_id: int, vouchers: Collection[Actor]) -> None:
    """Refuses (FORBIDDEN) all but two others of different duties (CPS 5.2.2, 5.2.4)."""
    ids = {voucher.person_id for voucher in vouchers} - {None, person_id}
    duties = [{DUTY_OF.get(Role(role)) for role in voucher.roles} for voucher in vouchers]
    if len(ids) != 2 or not all(duties) or set.intersection(*duties):  # noqa: PLR2004 -- two
        raise Refusal(
            Kind.FORBIDDEN, "trust.two_vouch", "two others of different duties", cps="5.2.4"
        )


def check_nobody_left(role: str, *, left: bool) -> None:
    """Refuses (CONFLICT) the way of the server while two people can decide as always."""
    if left:
        raise Refusal(
            Kind.CONFLICT, "trust.others_decide", f"there is a {role} in post", cps="5.2.4"
        )


def check_day(on: date, *, at: datetime) -> None:
    """Refuses (INVALID) a day that has not come."""
    if on > day_of(at):
        raise Refusal(Kind.INVALID, "trust.day_to_come", "lies ahead", field="on")


def check_rotation(on: date | None, *, relieved: bool, at: datetime) -> None:
    """Refuses (INVALID) a day that is not ahead, and a relief without a day (CPS 5.3.5)."""
    if on is None and relieved:
        raise Refusal(Kind.INVALID, "trust.rotation_day", "no day", cps="5.3.5", field="on")
    if on is not None and on <= day_of(at):
        raise Refusal(Kind.INVALID, "trust.rotation_past", "not ahead", cps="5.3.5", field="on")


def check_relief(person_id: int, relief_id: int, relief: File | None) -> None:
    """Refuses (INVALID) as a relief the person themselves and whoever is not in post."""
    if relief_id == person_id or relief is None or relief.state != State.IN_POST:
        raise Refusal(Kind.INVALID, "trust.relief", "cannot take over", cps="5.3.5", field="relief")


def check_escort(person_id: int, escort_id: int | None, escort: File | None) -> None:
    """Refuses (INVALID) as a contractor's escort nobody, the contractor, another contractor and
    whoever is not in post (CPS 5.3.7).
    """
    counts = escort is not None and escort.state == State.IN_POST and not escort.contractor
    if escort_id == person_id or not counts:
        raise Refusal(Kind.INVALID, "trust.escort", "no escort named", cps="5.3.7", field="escort")


def check_contractor(*, contractor: bool) -> None:
    """Refuses (CONFLICT) an escort for one of the house."""
    if not contractor:
        raise Refusal(Kind.CONFLICT, "trust.no_contractor", "is no contractor", cps="5.3.7")


def check_not_left(state: str) -> None:
    """Refuses (CONFLICT) changes about somebody who has left for good."""
    if state == State.LEFT:
        raise Refusal(Kind.CONFLICT, "trust.left", "has left", cps="5.3.6")


def check_given(role: str, held: Collection[str]) -> None:
    """Refuses (NOT_FOUND) the end of a role the person does not have."""
    if role not in held:
        raise Refusal(Kind.NOT_FOUND, "trust.not_appointed", f"is not {role}")
