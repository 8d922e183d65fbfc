"""How a document was verified, and with what result (CPS 3.2.2, 3.2.3, 3.2.7). Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal


class Method(StrEnum):
    ON_SITE = "on_site"
    DATABASE = "database"  # trusted third-party database
    BIOMETRIC = "biometric"  # online biometric check, of persons
    OTHER_CA = "other_ca"  # by another CA, under an agreement (CPS 3.2.7)


class Result(StrEnum):
    PASSED = "passed"
    FAILED = "failed"


_PERSON = frozenset(Method)  # CPS 3.2.3
_ORGANIZATION = frozenset({Method.ON_SITE, Method.DATABASE, Method.OTHER_CA})  # CPS 3.2.2
_PAPER = frozenset({Method.ON_SITE, Method.DATABASE})
IDENTIFIED = (Method.ON_SITE, Method.DATABASE, Method.BIOMETRIC)  # CPS 3.2.3: somebody who asks
# By slot; every other document is a paper written for this application.
METHODS: Mapping[str, frozenset[Method]] = {
    "id_front": _PERSON,
    "id_back": _PERSON,
    "agent_id": _PERSON,
    "licence": _ORGANIZATION,
}
LONGEST = 64  # characters of a reference


@dataclass(frozen=True, slots=True)
class Verified:
    """What somebody found about the documents of one slot.

    `reference` is the number of the query, the check or the other CA's record; `agreement` the
    number of the agreement with that CA.
    """

    slot: str
    method: str
    result: str = Result.PASSED
    reference: str = ""
    agreement: str = ""


def methods(slot: str) -> list[Method]:
    """Ways in which the documents of a slot may be verified, in the order of the page."""
    return [method for method in Method if method in METHODS.get(slot, _PAPER)]


def check(found: Verified, slots: Collection[str], held: Collection[str]) -> None:
    """Refuses with the field: unknown slot, no document, method, result, reference."""
    if found.slot not in slots:
        raise _refuse("slot", found, f"no slot {found.slot}")
    if found.slot not in held:
        raise _refuse("no_document", found, "there is nothing to verify")
    if found.method not in methods(found.slot):
        raise _refuse("method", found, f"{found.slot} is not verified by {found.method}")
    if found.result not in set(Result):
        raise _refuse("result", found, f"no result {found.result}")
    wanted = found.method != Method.ON_SITE  # whoever was not there says where to look it up
    if (wanted and not found.reference) or len(found.reference) > LONGEST:
        raise _refuse("reference", found, "the number of the query or record")


def missing(needed: Iterable[str], noted: Collection[str]) -> list[Refusal]:
    """One refusal for each document nobody has verified."""
    return [
        _refuse("missing", Verified(slot, ""), f"{slot} was not verified")
        for slot in needed
        if slot not in noted
    ]


def failed(found: Iterable[Verified]) -> list[Refusal]:
    """Why it cannot be approved: a document that did not pass (CPS 4.2.2)."""
    return [
        Refusal(
            Kind.CONFLICT,
            "verifications.failed",
            f"{one.slot} did not pass",
            cps="4.2.2",
            field=one.slot,
        )
        for one in found
        if one.result != Result.PASSED
    ]


def _refuse(rule: str, found: Verified, reason: str) -> Refusal:
    return Refusal(
        Kind.INVALID,
        f"verifications.{rule}",
        reason,
        cps="3.2.3" if METHODS.get(found.slot) is _PERSON else "3.2.2",
        field=found.slot,
    )
