"""Registration authorities and their service points: one tree (CPS 1.4.2). Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")


class OfficeKind(StrEnum):
    AUTHORITY = "authority"  # registration authority (RA)
    SERVICE_POINT = "service_point"  # a counter of an RA (LRA)


class State(StrEnum):
    OPEN = "open"
    STOPPED = "stopped"  # CPS 5.8: takes no applications any more; what was open went elsewhere


STEPS = Steps(("stop", [State.OPEN], State.STOPPED))

_AGREEMENT = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff()（）/._-]{2,39}")
QUOTA_MOST = 10_000_000
NAME_LENGTH = (2, 60)  # characters


@dataclass(frozen=True, slots=True)
class Authority:
    """What an RA may take in under its agreement (CPS 1.4.2); `quota`: applications a year."""

    agreement: str
    profiles: tuple[str, ...]
    quota: int | None  # None: as many as come
    valid_from: date
    valid_until: date


def path_of(code: str, parent_path: str = "") -> str:
    """Every office lies below its parent: `/RA01/LRA0103/`."""
    return f"{parent_path or '/'}{code}/"


def check_office(code: str, name: str, kind: OfficeKind, parent: OfficeKind | None) -> None:
    """Refuses odd codes, no name, and anything below a counter."""
    if not _CODE.fullmatch(code):
        raise Refusal(
            Kind.INVALID, "branches.code", "2 to 20 capitals, digits, hyphens", field="code"
        )
    check_name(name)
    if parent is OfficeKind.SERVICE_POINT:
        raise Refusal(
            Kind.INVALID,
            "branches.below_a_counter",
            "a service point has nothing below it",
            cps="1.4.2",
            field="parent",
        )
    if kind is OfficeKind.SERVICE_POINT and parent is None:
        raise Refusal(
            Kind.INVALID,
            "branches.counter_of_nobody",
            "a service point belongs to an RA",
            cps="1.4.2",
            field="parent",
        )


def check_name(name: str) -> str:
    """Refuses names that say nothing."""
    few, many = NAME_LENGTH
    if not few <= len(name.strip()) <= many:
        reason = f"{few} to {many} characters"
        raise Refusal(Kind.INVALID, "branches.name", reason, field="name", few=few, many=many)
    return name.strip()


def check_authority(wanted: Authority, kind: str, offered: Collection[str], *, today: date) -> None:
    """Refuses what no agreement says: no number, no profile, a term that is over."""
    if kind != OfficeKind.AUTHORITY:
        raise _no("not_an_ra", "a service point works under its RA's agreement", "office")
    if not _AGREEMENT.fullmatch(wanted.agreement):
        raise _no("agreement", "the number of the agreement, 3 to 40 characters", "agreement")
    if not wanted.profiles or set(wanted.profiles) - set(offered):
        raise _no("profiles", "profiles on offer, at least one", "profiles")
    if wanted.quota is not None and not 1 <= wanted.quota <= QUOTA_MOST:
        raise _no("quota_size", f"1 to {QUOTA_MOST}, or none", "quota")
    if wanted.valid_until < max(wanted.valid_from, today):
        raise _no("term", "the term is over before it begins", "valid_until")


def hindrances(
    state: str, authority: Authority | None, profile: str, used: int, *, today: date
) -> list[Refusal]:
    """Why this office may not hand an application of this profile in; `used` of this year's quota.

    Empty when it may.
    """
    if state != State.OPEN:
        return [stopped()]
    if authority is None:
        return [_not_now("no_authority", "no agreement in force", "1.4.2")]
    wrong = []
    if not authority.valid_from <= today <= authority.valid_until:
        wrong.append(_not_now("agreement_over", f"{authority.agreement} is not in force", "1.4.2"))
    if profile not in authority.profiles:
        wrong.append(_not_now("other_profile", f"{profile} is not in the agreement", "1.4.2"))
    if authority.quota is not None and used >= authority.quota:
        refusal = _not_now("quota_used", f"{used} of {authority.quota} this year", "1.4.2")
        refusal.details["quota"] = authority.quota
        wrong.append(refusal)
    return wrong


def stopped() -> Refusal:
    return _not_now("stopped", "the office has stopped its work", "5.8")


def check_stop(state: str, open_below: int, *, same: bool, successor_state: str) -> None:
    """Refuses to stop twice, to stop above somebody who works, and to hand over to nobody."""
    if state != State.OPEN:
        raise stopped()
    if open_below:
        raise _not_now("open_below", f"{open_below} offices below still work", "5.8")
    if same or successor_state != State.OPEN:
        raise Refusal(
            Kind.INVALID,
            "branches.successor",
            "another office that works takes over",
            cps="5.8",
            field="successor",
        )


def _no(rule: str, reason: str, field: str) -> Refusal:
    return Refusal(Kind.INVALID, f"branches.{rule}", reason, cps="1.4.2", field=field)


def _not_now(rule: str, reason: str, clause: str) -> Refusal:
    return Refusal(Kind.CONFLICT, f"branches.{rule}", reason, cps=clause)
