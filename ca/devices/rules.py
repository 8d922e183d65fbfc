"""The self-test of the devices that hold CA keys (CPS 6.2.11): when it is due. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.states import Steps

EVERY = timedelta(hours=6)  # CPS 6.2.11
UNTESTED = timedelta(days=1)  # without one that passed: an alarm


class State(StrEnum):
    """Of a self-test."""

    ASKED = "asked"
    PASSED = "passed"
    FAILED = "failed"  # the device, a key or a known answer is not right
    MISSED = "missed"  # the signer was sealed, or did not answer: nothing was tested


STEPS = Steps(
    ("pass", [State.ASKED], State.PASSED),
    ("fail", [State.ASKED], State.FAILED),
    ("miss", [State.ASKED], State.MISSED),
)


def is_due(last: datetime | None, *, at: datetime) -> bool:
    """Whether the timetable wants another: `last`: when the last one was asked for."""
    return last is None or at - last >= EVERY


def is_untested(since: datetime | None, *, at: datetime) -> bool:
    """`since`: the last one that passed, or the first there was; None: there was none yet."""
    return since is not None and at - since >= UNTESTED
