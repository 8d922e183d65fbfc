"""What is done about people, and how long a person's page lists what was."""

from enum import StrEnum

from people.approvals.rules import subject_of_person as subject_of

__all__ = ["ACTIONS", "Act", "Cause", "subject_of"]


class Act(StrEnum):
    """What needs another person's vote."""

    APPOINT = "appoint"
    DISMISS = "dismiss"
    REINSTATE = "reinstate"
    ENROL_KEY = "enrol_key"
    OPEN_ACCOUNT = "open_account"
    ENROL = "enrol"


ACTIONS: dict[Act, str] = {act: f"people.{act}" for act in Act}


class Cause(StrEnum):
    """Why a person is suspended, CPS 5.3.6."""

    SUSPECTED = "suspected"  # of an act they were not authorised for
    ESTABLISHED = "established"
    TOKEN_LOST = "token_lost"  # noqa: S105 -- their device or card may be in other hands
