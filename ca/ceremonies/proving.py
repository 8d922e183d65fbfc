"""What workers act on: what people have signed, not rows that some process wrote (CPS 5.2.2).

Whoever has the staff site's database role can write a ceremony that is running and a step that
waits for a worker. He cannot write two signed votes for the script, nor the attestations of the
steps before.
"""

import json
from datetime import datetime
from typing import Any

from anxin.kernel.errors import Kind, Refusal
from ca.ceremonies import queries, rules
from ca.ceremonies.models import Ceremony, CeremonyStep
from ca.ceremonies.rules import State, StepState
from ca.operators import proving as operators
from people.api import Role, SignedStatement
from pki import ceremonies, ceremony_votes
from pki.certificates import Certificate
from pki.errors import PkiError

RULE = "ceremonies.unproved"


def check(step: CeremonyStep) -> None:
    """Refuses (FORBIDDEN) `ceremonies.unproved`; `fault` names the first thing that is wrong."""
    said, standing = _proved(step.ceremony, _issuers(step))
    _check_step(step, said, standing)


def check_finished(number: str) -> None:
    """It was held to its end, as everybody in it has signed. Refuses as `check` does."""
    _said, standing = _proved(queries.ceremony(number), operators.issuers(), over=True)
    if standing.end != State.FINISHED:
        raise _unproved("ceremony.line_missing", "its record does not say that it was finished")


def _proved(
    row: Ceremony, issuers: list[Certificate], *, over: bool = False
) -> tuple[dict[str, Any], ceremonies.Standing]:
    """The script, and how far people have signed for it. `over`: keys count that were certified, or
    lost, after they signed.
    """
    try:
        kept = queries.so_far(row, even_lost=over)
        standing = ceremonies.so_far(kept, issuers, early=over)
    except PkiError as why:
        raise _unproved(why.rule, why.reason) from why
    said = json.loads(kept["script"])
    _check_row(row, said)
    _check_admin(kept["votes"])
    return said, standing


def _issuers(step: CeremonyStep) -> list[Certificate]:
    """Of operators' certificates, which everybody has whose signature counts; none in the
    ceremonies before there were any, to the end of the one that founds their authority.
    """
    found = operators.issuers()
    founding = step.state == StepState.ENTERING and _is_only(found, step)
    return [] if founding else found


def _is_only(issuers: list[Certificate], step: CeremonyStep) -> bool:
    """Whether it has made the one authority that has certified operators, and no other has."""
    return [one.der for one in issuers] == [bytes(step.result or b"")]


def check_signer(row: Ceremony, signed: SignedStatement, person_id: int) -> None:
    """Before a line says that somebody signed: no later one would be proved after it.

    Refuses (FORBIDDEN) `operators.uncertified`. Whoever is at the founding of the operators' CA
    has no certificate yet.
    """
    found = operators.issuers()
    if not any(_is_only(found, step) for step in CeremonyStep.objects.filter(ceremony=row)):
        at = datetime.fromisoformat(json.loads(signed.statement)["at"])
        operators.check_certified(signed.enrolled_by, person_id, at=at)


def _check_row(row: Ceremony, said: dict[str, Any]) -> None:
    """What others read of the ceremony is what its script says."""
    shown = (row.number, row.kind, row.drill, row.key_label)
    if shown != (said["number"], said["kind"], said["drill"] == "yes", said["key"]):
        raise _unproved("ceremony.row", "the row says something else than the script")


def _check_admin(found: list[dict[str, Any]]) -> None:
    """One of those who agreed was a CA administrator then."""
    agreed = [one for one in found if one["action"] == ceremony_votes.HOLD]
    if not any(operators.voted_as(one, Role.CA_ADMIN) for one in agreed):
        raise _unproved("ceremony.admin", "no CA administrator agreed")


def _check_step(step: CeremonyStep, said: dict[str, Any], standing: ceremonies.Standing) -> None:
    """The transcript says that this step goes on, in this round, with what was handed in."""
    turn = (step.position, step.round, rules.digest_of_given(step.given), True, "")
    if turn != (standing.step, standing.round, standing.given, standing.begun, standing.end):
        raise _unproved("ceremony.order", f"the transcript does not say that {step.code} goes on")
    written = said["steps"][step.position]
    attested = [int(one) for one in standing.attested]
    made = ceremonies.digest(bytes(step.result or b"")) if standing.result else ""
    if step.state == StepState.ACTING:
        proved = not standing.result
    else:
        proved = made == standing.result and not rules.missing(said, written, attested)
    if not proved:
        raise _unproved("ceremony.attestation_missing", f"{step.code}: not everybody has signed")


def _unproved(fault: str, reason: str) -> Refusal:
    return Refusal(Kind.FORBIDDEN, RULE, f"{fault}: {reason}", cps="5.2.2", fault=fault)
