"""How an authority ends, as one table: what is to be done, by whom, after what (CPS 5.7.3, 5.8).
Pure.

A step begins once the steps it needs are over. The system does its own by itself, but for those
that cannot be taken back: somebody begins these.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# Electronic Signature Law of the PRC, article 23, which CPS 5.8 refers to ("相关的法律法规"): each
# counts from the day on which it was done
PARTIES_TOLD = timedelta(days=90)  # before the service ends: subscribers, relying parties
MINISTRY_TOLD = timedelta(days=60)  # before it ends: the competent authority


class Kind(StrEnum):
    COMPROMISE = "compromise"  # CPS 5.7.3
    TERMINATION = "termination"  # CPS 5.8


class Doer(StrEnum):
    """Who does a step."""

    SYSTEM = "system"  # workers, at once or when somebody begins it
    ABOVE = "above"  # workers of the house above, who know the subscribers
    PEOPLE = "people"  # does it elsewhere and puts down what was done, and when
    CEREMONY = "ceremony"  # a key ceremony that is over


# Trusted roles (people.api.Role) that declare an end and run it; the committee agrees
RUNNERS = frozenset({"security_admin", "ca_admin"})
WATCHERS = RUNNERS | {"policy_member", "ca_operator", "auditor"}

GENERATING = frozenset({"generate_root", "generate", "generate_subordinate", "rollover"})
PUTTING_AWAY = frozenset({"archive", "destroy"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    `by_hand`: the system begins it only when somebody says so. `optional`: may be set aside with a
    reason. `ahead`: how long before the service ends it is to be done. `on_the_day`: not before the
    day the service ends, nor before what it needs was done that long ahead. `ceremonies`: kinds
    that count.
    """

    code: str
    cps: str
    doer: Doer = Doer.SYSTEM
    needs: tuple[str, ...] = ()
    by_hand: bool = False
    optional: bool = False
    ahead: timedelta | None = None
    on_the_day: bool = False
    ceremonies: frozenset[str] = frozenset()


REVOKE, EXTERNAL, KEYS, REPORT = "revoke", "external", "keys", "report"
NEW_KEY = "new_key"
TELL_SUBSCRIBERS = "tell_subscribers"

_COMPROMISE = (
    Step("stop", "5.7.3"),
    Step("tell_ministry", "5.7.3", Doer.PEOPLE),  # 1
    Step("tell_public", "5.7.3", Doer.PEOPLE),
    Step(TELL_SUBSCRIBERS, "5.7.3", Doer.ABOVE),
    Step(REVOKE, "5.7.3", needs=("stop",), by_hand=True),  # 2
    Step(EXTERNAL, "5.7.3", Doer.PEOPLE, needs=("stop",)),
    Step("lists", "5.7.3", needs=(REVOKE,), optional=True),
    Step("answers", "5.7.3", needs=(REVOKE,), optional=True),
    Step("directory", "5.7.3", needs=("lists",), optional=True),
    Step(NEW_KEY, "5.7.3", Doer.CEREMONY, needs=("stop",), ceremonies=GENERATING),  # 3
    Step("republish", "5.7.3", needs=(NEW_KEY,), optional=True),  # 4
)
_TERMINATION = (
    Step("tell_ministry", "5.8", Doer.PEOPLE, ahead=MINISTRY_TOLD),
    Step("tell_public", "5.8", Doer.PEOPLE, ahead=PARTIES_TOLD),  # 1, 2
    Step(TELL_SUBSCRIBERS, "5.8", Doer.ABOVE, ahead=PARTIES_TOLD),
    Step("successor", "5.8", Doer.PEOPLE, ahead=MINISTRY_TOLD),  # 10
    Step(
        "stop",
        "5.8",
        needs=("tell_ministry", "tell_public", TELL_SUBSCRIBERS, "successor"),
        by_hand=True,
        on_the_day=True,
    ),
    Step(REVOKE, "5.8", needs=("stop",), by_hand=True),  # 7, 8
    Step(EXTERNAL, "5.8", Doer.PEOPLE, needs=("stop",), optional=True),
    Step("lists", "5.8", needs=(REVOKE,), optional=True),  # 6
    Step("answers", "5.8", needs=(REVOKE,), optional=True),
    Step("directory", "5.8", needs=("lists",), optional=True),
    Step("records", "5.8", Doer.PEOPLE, needs=("stop",)),  # 4, 5
    # 9
    Step(KEYS, "5.8", Doer.CEREMONY, needs=("lists",), optional=True, ceremonies=PUTTING_AWAY),
)


def _whole(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The report comes after everything else."""
    everything = tuple(step.code for step in steps)
    return (*steps, Step(REPORT, steps[0].cps, Doer.PEOPLE, needs=everything))


STEPS: dict[Kind, tuple[Step, ...]] = {
    Kind.COMPROMISE: _whole(_COMPROMISE),
    Kind.TERMINATION: _whole(_TERMINATION),
}
CPS = {Kind.COMPROMISE: "5.7.3", Kind.TERMINATION: "5.8"}


def step_of(kind: str, code: str) -> Step:
    return next(step for step in STEPS[Kind(kind)] if step.code == code)


def codes(kind: str, *, external: bool) -> list[str]:
    """The steps of one run; `external`: a CA elsewhere has signed the authority's certificate."""
    return [step.code for step in STEPS[Kind(kind)] if external or step.code != EXTERNAL]
