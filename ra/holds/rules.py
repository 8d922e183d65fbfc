"""Asking for a certificate to be frozen or unfrozen (CPS 4.9.12 to 4.9.15): who may, why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps

NOTE_MOST = 1000  # characters
DOCUMENT_MOST = 120


class State(StrEnum):
    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STEPS = Steps(
    ("carry_out", [State.REQUESTED], State.DONE),
    ("refuse", [State.REQUESTED], State.REFUSED),
    ("withdraw", [State.REQUESTED], State.WITHDRAWN),
)


class Act(StrEnum):
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"


# What two people agree to, and the state a certificate must be in for it (CPS 4.9.14)
ACTIONS: Mapping[str, str] = {
    Act.FREEZE: "ra.freeze_certificate",
    Act.UNFREEZE: "ra.unfreeze_certificate",
}
_STATE_BEFORE: Mapping[str, str] = {Act.FREEZE: "valid", Act.UNFREEZE: "held"}


class Asker(StrEnum):
    """CPS 4.9.13, in its order."""

    SUBSCRIBER = "subscriber"
    AGENT = "agent"
    RA = "ra"
    GOVERNMENT = "government"
    COURT = "court"


class CheckedHow(StrEnum):
    """CPS 4.9.14: how it was made sure who asks."""

    ON_SITE = "on_site"
    DATABASE = "database"
    BIOMETRIC = "biometric"
    SEALED_LETTER = "sealed_letter"  # of whoever is not the holder: the form bears the seal


_HOLDER = frozenset({Asker.SUBSCRIBER, Asker.AGENT})
_OFFICIAL = frozenset({Asker.RA, Asker.GOVERNMENT, Asker.COURT})


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the form; yes means this cause of CPS 4.9.12. `askers` may give it."""

    cause: str  # of ca.api.HoldCause
    askers: frozenset[Asker]


# CPS 4.9.12
QUESTIONS: tuple[Question, ...] = (
    Question("own_wish", _HOLDER),  # 1
    Question("unpaid", frozenset({Asker.RA})),  # 2
    Question("authority", _OFFICIAL),  # 3
)
BY_CAUSE: Mapping[str, Question] = {question.cause: question for question in QUESTIONS}


def may_lift(frozen_by: str, asker: str) -> bool:
    """Whose freeze is lifted by whom: what the holder asked for by the holder or the agent, what
    an office or a court asked for by that kind of office alone (CPS 4.9.13, 4.9.15).
    """
    if frozen_by in _HOLDER:
        return asker in _HOLDER
    return asker == frozen_by


def check_request(
    act: str, cause: str, asker: str, checked_how: str, *, frozen_by: str = ""
) -> None:
    """Refuses `holds.*` with field and clause; `frozen_by` asked for the freeze to be lifted."""
    if asker not in set(Asker):
        raise _refuse("asker", f"no {asker}", cps="4.9.13", field="asker")
    if act == Act.UNFREEZE:
        if not may_lift(frozen_by, asker):
            raise _refuse(
                "lifted_by_another", f"{frozen_by} asked for it", cps="4.9.13", field="asker"
            )
    elif cause not in BY_CAUSE or asker not in BY_CAUSE[cause].askers:
        raise _refuse("cause", f"{asker} cannot give {cause}", cps="4.9.12", field="cause")
    if checked_how not in set(CheckedHow):
        raise _refuse("checked_how", f"no {checked_how}", cps="4.9.14", field="checked_how")
    if (checked_how == CheckedHow.SEALED_LETTER) != (asker in _OFFICIAL):
        raise _refuse(
            "wrong_proof",
            "holders are identified, offices write under their seal",
            cps="4.9.14",
            field="checked_how",
        )


def check_document(document: str) -> str:
    """Number and date of the form that was handed in, or of the sealed letter."""
    text = document.strip()
    if not 4 <= len(text) <= DOCUMENT_MOST:  # noqa: PLR2004
        raise _refuse("document", "number and date of the form", cps="4.9.14", field="document")
    return text


def check_note(note: str) -> str:
    """The reason in their words; sealed, so it may name people."""
    text = note.strip()
    if not 4 <= len(text) <= NOTE_MOST:  # noqa: PLR2004
        raise _refuse("note", "say why", cps="4.9.14", field="note")
    return text


def check_answer(message: str) -> str:
    """Why a request is refused; sealed, so it may name people."""
    text = message.strip()
    if not 4 <= len(text) <= 300:  # noqa: PLR2004
        raise _refuse("message", "4 to 300 characters", cps="4.9.14", field="message")
    return text


def check_state(act: str, certificate_state: str) -> None:
    """A valid certificate is frozen, a frozen one unfrozen. Refuses `holds.not_now`."""
    if _STATE_BEFORE.get(act) != certificate_state:
        raise Refusal(
            Kind.CONFLICT,
            "holds.not_now",
            f"cannot {act}: the certificate is {certificate_state}",
            cps="4.9.12",
            state=certificate_state,
        )


def check_waiting(state: str) -> None:
    if state != State.REQUESTED:
        raise Refusal(
            Kind.CONFLICT, "holds.over", f"the request is {state}", cps="4.9.14", state=state
        )


def check_decider(maker_id: int, person_id: int | None, *, is_reviewer: bool) -> None:
    if person_id is None or person_id == maker_id:
        raise Refusal(
            Kind.FORBIDDEN, "holds.own_work", "nobody checks their own work", cps="4.9.14"
        )
    if not is_reviewer:
        raise Refusal(Kind.FORBIDDEN, "holds.not_a_reviewer", "reviewers decide", cps="4.9.14")


def check_own(maker_id: int, person_id: int | None) -> None:
    if person_id != maker_id:
        raise Refusal(Kind.FORBIDDEN, "holds.not_yours", "somebody else entered it", cps="4.9.14")


def _refuse(rule: str, reason: str, *, cps: str, field: str) -> Refusal:
    return Refusal(Kind.INVALID, f"holds.{rule}", reason, cps=cps, field=field)
