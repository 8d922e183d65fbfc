"""What must be in hand before an application is submitted, and what the machine notices. Pure."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from ra.applicants.rules import Field

NOT_CORRECTED = "not_corrected"  # why an application is closed: it came back, and stayed there
REQUEST_MOST = 30_000  # characters of a PKCS#10 request, PEM
MANY = 3  # subscribers with one telephone number: worth a look
_CODE = re.compile(r"[a-z_]{3,40}")
_DISTINGUISHER = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}")
_PASSPORT = re.compile(r"[A-Z]\d{8}|[A-Z]{2}\d{7}")  # of China, and its permits to travel


class Noticed(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


# Automatic checks, in the order they are shown.
CHECKS = (
    "number",  # check digits of identifiers (GB 11643, GB 32100)
    "proof",  # proof of possession, CPS 3.2.1
    "request_name",  # the name in the request, when there is one
    "known_name",  # this document was seen with another name
    "twin",  # another application of this person is open
    "same_file",  # a document is also in somebody else's application
    "shared_phone",  # many subscribers, one telephone
    "blacklist",  # CPS 4.2.2: somebody or something of it is not served
)


def verdicts(
    *,
    request_name: str,
    name: str,
    other_name: bool,
    twins: int,
    same_files: int,
    phone_users: int,
    listed: bool,
) -> dict[str, str]:
    """Automatic checks: code -> outcome. What cannot be right is refused before, not noted here."""
    return {
        "number": Noticed.OK.value,
        "proof": Noticed.OK.value,
        "request_name": _warn(bool(request_name) and request_name != name),
        "known_name": _bad(other_name),
        "twin": _warn(twins > 0),
        "same_file": _warn(same_files > 0),
        "shared_phone": _warn(phone_users >= MANY),
        "blacklist": _bad(listed),
    }


def _warn(noticed: bool) -> str:  # noqa: FBT001 -- one word, one meaning
    return (Noticed.WARN if noticed else Noticed.OK).value


def _bad(found: bool) -> str:  # noqa: FBT001 -- one word, one meaning
    return (Noticed.BAD if found else Noticed.OK).value


def distinguisher(text: str, documents: Iterable[str] = ()) -> str:
    """The subject's serial number, CPS 3.1.4: it will be public. "" stays "".

    Refuses what looks like the number of a document, and each of `documents`, hyphens or not.
    """
    value = text.strip().upper()
    plain = value.replace("-", "")
    well_formed = _DISTINGUISHER.fullmatch(value) and len(re.sub(r"\D", "", value)) <= 10  # noqa: PLR2004
    tells = _PASSPORT.fullmatch(plain) or any(number in plain for number in documents if number)
    if value and (not well_formed or tells):
        raise Refusal(
            Kind.INVALID,
            "intake.distinguisher",
            "capitals, digits and hyphens, at most ten digits, no document's number",
            cps="3.1.4",
            field="distinguisher",
        )
    return value


def check_cancel_reason(reason: str) -> None:
    """A code: it goes to the journal, where nothing personal may ever stand."""
    if not _CODE.fullmatch(reason):
        raise Refusal(
            Kind.INVALID,
            "intake.cancel_reason",
            "the reason is a code",
            cps="5.4.1",
            field="reason",
        )


def check_not_corrected(reason: str, *, overdue: bool) -> None:
    """Nobody is told that they were late before they are."""
    if reason == NOT_CORRECTED and not overdue:
        raise Refusal(
            Kind.CONFLICT,
            "intake.not_overdue",
            "there is still time to correct it",
            field="reason",
        )


def still_missing(*, request: bool, agreement: bool) -> list[Refusal]:
    """Steps of the form that were not taken."""
    wrong = []
    if not request:
        wrong.append(
            Refusal(
                Kind.INVALID,
                "intake.no_request",
                "no certificate request",
                cps="3.2.1",
                field="request",
            )
        )
    if not agreement:
        wrong.append(
            Refusal(
                Kind.INVALID,
                "intake.no_agreement",
                "the agreement was not accepted",
                cps="4.1.2.4",
                field="agreement",
            )
        )
    return wrong


def typed(values: Mapping[str, str], known: Mapping[str, Field]) -> dict[str, str]:
    """What of a posted form belongs to the draft, cut to a sane length."""
    return {
        code: str(text)[: known[code].longest] for code, text in values.items() if code in known
    }
