"""What may be done with a CA key besides signing, and when (CPS 6.2.3 to 6.2.10). Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from pki.signer.offers import DRILL, DRILLS, ENDINGS, EXPIRED


class State(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"
    DESTROYED = "destroyed"


STEPS = Steps(
    ("archive", [State.ACTIVE], State.ARCHIVED),
    ("destroy", [State.ACTIVE, State.ARCHIVED], State.DESTROYED),
)


class Act(StrEnum):
    """Kinds of ceremonies, and their acts."""

    INITIALISE = "initialise"
    BACKUP = "backup"
    RESTORE = "restore"
    ARCHIVE = "archive"
    DESTROY = "destroy"


ENDING = (Act.ARCHIVE, Act.DESTROY)
DEVICE_LABEL = "spare"  # what stands for a key where the whole device is meant


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a key. `valid_until`: the end of its authority's certificate, if any.

    `ended_in`: the number of the ceremony that archived or destroyed it.
    """

    label: str
    state: str
    valid_until: datetime | None
    copied: bool
    keep_until: datetime | None
    ended_in: str = ""


def check(
    act: str, key: Facts | None, *, label: str, drill: bool, ending: str, at: datetime
) -> None:
    """Refuses (INVALID) `keeping.unknown_key`, `drill_key`, `device_drill`, `ending`; (CONFLICT)
    `keeping.over`, `in_force`, `no_copy`, `period`.
    """
    if act == Act.INITIALISE:
        _check_device(drill=drill)
        return
    if key is None:
        raise _invalid("unknown_key", "no such key", field="key", label=label)
    # A restore may be a drill with any key: it ends as it began.
    if act != Act.RESTORE and drill != label.startswith(DRILLS):
        raise _invalid("drill_key", "drills are for keys of drills", field="key", label=label)
    if act in ENDING and (ending not in ENDINGS or (ending == DRILL) != drill):
        raise _invalid("ending", "say why the key ends", field="ending", cps="6.2.5")
    over = (State.DESTROYED,) if act == Act.DESTROY else (State.ARCHIVED, State.DESTROYED)
    if key.state in over:
        raise _conflict("over", f"it is {key.state}", "6.2.5", label=label)
    if act == Act.RESTORE and not key.copied:
        raise _conflict("no_copy", "never backed up", "6.2.4", label=label)
    if act in ENDING and ending == EXPIRED:
        _check_expired(act, key, at=at)


def _check_device(*, drill: bool) -> None:
    """A drill would take the device into use all the same."""
    if drill:
        raise _invalid("device_drill", "the device would be in use", field="drill", cps="6.2.1")


def _check_expired(act: str, key: Facts, *, at: datetime) -> None:
    if key.valid_until is not None and key.valid_until > at:
        day = f"{key.valid_until:%Y-%m-%d}"
        raise _conflict("in_force", "its authority is in force", "6.2.5", label=key.label, day=day)
    if act == Act.DESTROY and (key.keep_until is None or at < key.keep_until):
        day = f"{key.keep_until:%Y-%m-%d}" if key.keep_until else "—"
        raise _conflict("period", "archived first", "6.2.10", label=key.label, day=day)


def check_helpers(left: Mapping[int, Collection[str]], *, label: str, cps: str) -> None:
    """By place, what helpers still have of a key that ends. Refuses `keeping.helper_has_it`."""
    if having := {place: names for place, names in left.items() if names}:
        places = "、".join(map(str, having))
        raise Refusal(
            Kind.NOT_READY,
            "keeping.helper_has_it",
            "; ".join(f"{place}: {', '.join(names)}" for place, names in having.items()),
            cps=cps,
            label=label,
            places=places,
        )


def ended(label: str, state: str) -> Refusal:
    """Said where such a key is to sign."""
    return Refusal(
        Kind.CONFLICT, "keeping.signs_nothing", f"{label} is {state}", cps="6.2.5", label=label
    )


def reason_of(plan: Mapping[str, str]) -> str:
    """Why a key ends, as its script says."""
    return plan.get("ending", "")


def _invalid(rule: str, reason: str, *, field: str, cps: str = "", **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"keeping.{rule}", reason, cps=cps, field=field, **details)


def _conflict(rule: str, reason: str, cps: str, **details: object) -> Refusal:
    return Refusal(Kind.CONFLICT, f"keeping.{rule}", reason, cps=cps, field="key", **details)
