"""Asking for a certificate to be frozen or unfrozen (CPS 4.9.12 to 4.9.15): who may, why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from ra.requests.rules import Desk, steps

DOCUMENT_MOST = 120  # characters

DESK = Desk("hold", "FZ", cps="4.9.14")
STEPS = steps("carry_out")


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
        raise DESK.invalid("asker", f"no {asker}", cps="4.9.13", field="asker")
    if act == Act.UNFREEZE:
        if not may_lift(frozen_by, asker):
            raise DESK.invalid(
                "lifted_by_another", f"{frozen_by} asked for it", cps="4.9.13", field="asker"
            )
    elif cause not in BY_CAUSE or asker not in BY_CAUSE[cause].askers:
        raise DESK.invalid("cause", f"{asker} cannot give {cause}", cps="4.9.12", field="cause")
    if checked_how not in set(CheckedHow):
        raise DESK.invalid("checked_how", f"no {checked_how}", cps="4.9.14", field="checked_how")
    if (checked_how == CheckedHow.SEALED_LETTER) != (asker in _OFFICIAL):
        raise DESK.invalid(
            "wrong_proof",
            "holders are identified, offices write under their seal",
            cps="4.9.14",
            field="checked_how",
        )


def check_document(document: str) -> str:
    """Number and date of the form that was handed in, or of the sealed letter."""
    return DESK.check_words("document", document, DOCUMENT_MOST)


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
