"""Ceremonies as pages, workers and the record of one see them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from ca.ceremonies import rules
from ca.ceremonies.kinds import ROLE_OF
from ca.ceremonies.models import (
    Attestation,
    Ceremony,
    CeremonyLine,
    CeremonyPaper,
    CeremonyStep,
)
from ca.ceremonies.rules import Draft, State, StepState
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.rules import responder_label
from ca.keeping import rules as keeping
from ca.keeping.queries import kept
from ca.keeping.rules import Act, Facts
from ca.keeping.rules import State as KeyState
from ca.operators import proving
from people.api import holders, vote_records
from pki import ceremonies, votes
from pki.errors import PkiError


def unknown(number: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "ceremonies.unknown", f"no ceremony {number}", cps="5.2.2")


def ceremony(number: str) -> Ceremony:
    """Refuses `ceremonies.unknown`."""
    row = Ceremony.objects.filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def locked(number: str) -> Ceremony:
    """The same for a change, until the transaction ends."""
    row = Ceremony.objects.select_for_update().filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def held(*, at: datetime) -> dict[str, set[int]]:
    """Who holds each of the roles that a ceremony needs, now."""
    return {role: {one.id for one in holders(role, at=at)} for role in ROLE_OF.values()}


def next_number(*, at: datetime) -> str:
    """KC-2026-001; the caller holds the lock for numbers."""
    head = f"KC-{day_of(at).year}-"
    return f"{head}{Ceremony.objects.filter(number__startswith=head).count() + 1:03}"


def algorithm_of(label: str) -> str:
    """Of an authority's key, or of the ceremony's that made it; "" when nobody knows."""
    authority = CertificateAuthority.objects.filter(key_label=label).first()
    if authority is not None:
        return authority.key_algorithm
    rows = Ceremony.objects.filter(key_label=label, kind__in=rules.MAKING)
    made = rows.order_by("pk").last() or _answering_for_none(label)
    return str(script_of(made)["algorithm"]) if made else ""


def responder_of(label: str, *, drill: bool) -> str:
    """The label of the key that answers for this one's authority; of a drill it is its own."""
    return responder_label(rules.drill_label(label) if drill else label)


def _answering_for_none(label: str) -> Ceremony | None:
    """Where a responder's key was made, or begun, whose authority never came into being."""
    codes = CertificateAuthority.objects.filter(certificate__isnull=False).values_list("code")
    if label in {responder_label(code) for (code,) in codes}:
        return None
    rows = Ceremony.objects.filter(steps__code="make_responder", steps__round__gt=0)
    found = rows.distinct().order_by("-pk")
    return next(
        (one for one in found if responder_of(one.key_label, drill=one.drill) == label), None
    )


def facts_of(label: str) -> Facts | None:
    """What is known of a key that an authority has, or a ceremony has made or begun to make, of
    responders those that answer for none: the signer says whether its device has it.
    """
    authority = CertificateAuthority.objects.filter(key_label=label).first()
    steps = CeremonyStep.objects.filter(code__in=["make_key", "request"], round__gt=0)
    row = kept(label)
    begun = steps.filter(ceremony__key_label=label).exists()
    if authority is None and not begun and _answering_for_none(label) is None:
        return None
    return Facts(
        label=label,
        state=row.state if row else KeyState.ACTIVE,
        valid_until=authority.not_after if authority else None,
        copied=bool(row and row.copy),
        keep_until=row.keep_until if row else None,
        ended_in=row.ended_in if row else "",
    )


def check_free(said: Draft, *, at: datetime) -> None:
    """Refuses (CONFLICT) `ceremonies.label_taken` where a new key would meet an old one.

    Of what is done with a key that is there: what `ca.keeping.rules.check` refuses.
    """
    label = rules.label_of(said)
    if said.kind in list(Act):
        key = facts_of(label)
        keeping.check(said.kind, key, label=label, drill=said.drill, ending=said.ending, at=at)
        return
    there = CertificateAuthority.objects.filter(code=label).exists()
    made = Ceremony.objects.filter(key_label=label, kind__in=rules.MAKING)
    again = said.kind in rules.MAKING and made.exclude(state__in=rules.NOTHING_MADE).exists()
    entered = there and not (said.drill and said.kind == "import_certificate")
    if entered or again:
        raise Refusal(
            Kind.CONFLICT, "ceremonies.label_taken", f"{label} is there", field="key", label=label
        )


def free_generation(lineage: str, first: int, *, drill: bool) -> int:
    """The next number that no ceremony has made a key for, from `first` on."""
    made = Ceremony.objects.filter(kind__in=rules.MAKING).exclude(state__in=rules.NOTHING_MADE)
    taken = set(made.values_list("key_label", flat=True))
    number = first
    while (rules.drill_label if drill else str)(f"{lineage}-{number}") in taken:
        number += 1
    return number


@dataclass(frozen=True, slots=True)
class RequestMade:
    """What a finished ceremony has asked of a CA elsewhere; `result` has the request."""

    number: str
    label: str
    drill: bool
    algorithm: str
    path_length: int


def requests_made() -> dict[str, RequestMade]:
    """By number of the ceremony, the newest first."""
    rows = CeremonyStep.objects.filter(
        code="request", state=StepState.DONE, ceremony__state=State.FINISHED
    )
    found = {}
    for step in rows.select_related("ceremony").order_by("-ceremony"):
        row, said = step.ceremony, script_of(step.ceremony)
        found[row.number] = RequestMade(
            row.number,
            row.key_label,
            row.drill,
            said["algorithm"],
            int(said["plan"]["path_length"]),
        )
    return found


def step_named(steps: Sequence[CeremonyStep], code: str) -> CeremonyStep:
    """Refuses `ceremonies.unknown_step`."""
    found = next((one for one in steps if one.code == code), None)
    if found is None:
        raise Refusal(Kind.NOT_FOUND, "ceremonies.unknown_step", f"no step {code}", cps="5.2.2")
    return found


def given(step: CeremonyStep) -> list[int]:
    """Who has attested it in this round."""
    rows = Attestation.objects.filter(step=step, round=step.round)
    return list(rows.values_list("person_id", flat=True))


def without_outcome(row: Ceremony) -> str:
    """The step whose act was begun and never answered: a worker was killed, or is late; "" if none.

    Nobody knows how far it came; certificates that it may have made are revoked (`unused`).
    """
    begun = row.steps.filter(round__gt=0, result__isnull=True, fault="").exclude(
        state=StepState.DONE
    )
    acts = {one["code"] for one in script_of(row)["steps"] if one["act"]}
    found = begun.filter(code__in=acts)
    return found.values_list("code", flat=True).first() or ""


def fields(row: Ceremony, step: CeremonyStep, person_id: int) -> dict[str, str]:
    """What this person signs for this step."""
    return ceremonies.fields(
        ceremony=row.number,
        script=row.digest,
        step=step.code,
        round_=step.round,
        result=step.result_digest,
        person=person_id,
    )


def abort_fields(row: Ceremony, person_id: int, reason: str) -> dict[str, str]:
    """What this person signs to end it early; `reason` "" where the browser fills its digest in."""
    return ceremonies.fields(
        ceremony=row.number,
        script=row.digest,
        step=ceremonies.ABORT,
        round_=1,
        result=votes.comment_digest(reason) if reason else "",
        person=person_id,
    )


def to_do() -> list[int]:
    """Steps that wait for a worker, the oldest first."""
    rows = CeremonyStep.objects.filter(state__in=rules.WORK, ceremony__state=State.RUNNING)
    return list(rows.order_by("began_at").values_list("pk", flat=True))


def late(*, at: datetime) -> list[int]:
    """Steps whose time is over."""
    rows = CeremonyStep.objects.filter(
        state__in=rules.TIMED,
        due_at__lte=at,
        ceremony__state=State.RUNNING,
    )
    return list(rows.order_by("due_at").values_list("pk", flat=True))


def record(number: str) -> dict[str, Any]:
    """The record of a ceremony that has ended, as `pki.ceremonies` proves it: what was proved then
    stays so, whoever loses a key later.

    Refuses (CONFLICT) `ceremonies.goes_on`.
    """
    row = ceremony(number)
    if row.state not in rules.OVER:
        raise Refusal(Kind.CONFLICT, "ceremonies.goes_on", f"it is {row.state}", cps="5.2.2")
    return so_far(row, even_lost=True)


def so_far(row: Ceremony, *, even_lost: bool = False) -> dict[str, Any]:
    """The same of a ceremony, ended or not. `even_lost`: keys that were lost since count."""
    attested = Attestation.objects.select_related("line").filter(line__ceremony=row)
    lines = list(CeremonyLine.objects.filter(ceremony=row).order_by("seq"))
    acted = set(_acted(lines))
    made = [one for one in steps_of(row) if one.result is not None and one.code in acted]
    agreed = set() if row.approval_id is None else {row.approval_id}
    signed = [_attestation(one) for one in attested.order_by("line__seq")]
    votes_for = vote_records(agreed | {one.enrolled_by for one in attested})
    for one in (*signed, *votes_for):
        one["certificate"] = certificate_of(one, even_lost=even_lost)
    return {
        "format": ceremonies.RECORD,
        "script": row.script,
        "digest": row.digest,
        "lines": [{"text": one.text, "digest": one.digest} for one in lines],
        "attestations": signed,
        "results": {one.code: bytes(one.result or b"").hex() for one in made},
        "votes": votes_for,
    }


def steps_of(row: Ceremony) -> list[CeremonyStep]:
    """Those that its script has, in its order; any other row was written by somebody else."""
    codes: list[str] = []
    with suppress(ValueError, KeyError, TypeError):  # no script: `pki.ceremonies` says so
        codes = [one["code"] for one in script_of(row)["steps"]]
    rows = CeremonyStep.objects.filter(ceremony=row).order_by("position")
    return [one for one in rows if codes[one.position : one.position + 1] == [one.code]]


def _acted(lines: Iterable[CeremonyLine]) -> Iterator[str]:
    """Steps of which a line says what they made: a row by itself proves nothing."""
    for one in lines:
        with suppress(ValueError, KeyError, TypeError):  # no line: `pki.ceremonies` says so
            line = ceremonies.line_of(one.text)
            if line.what == "acted":
                yield str(line.step)


def certificate_of(one: Mapping[str, Any], *, even_lost: bool) -> str:
    """Of the operator (hex) whose key has signed; "" without one."""
    try:
        person_id = json.loads(one["enrolment"])["person"]
    except (ValueError, KeyError, TypeError):  # unsigned, or written by somebody else
        return ""
    found = proving.certificate(one["enrolled_by"], person_id, even_lost=even_lost)
    return found.der.hex() if found else ""


def _attestation(row: Attestation) -> dict[str, Any]:
    return {
        "seq": row.line.seq,
        "statement": row.statement,
        "signature": bytes(row.signature).hex(),
        "public_key": bytes(row.public_key).hex(),
        "enrolled_by": row.enrolled_by,
        "enrolment": row.enrolment,
    }


def without_paper() -> list[str]:
    """Ceremonies that are over and have no document yet, the oldest first."""
    rows = Ceremony.objects.filter(state__in=rules.OVER, paper__isnull=True)
    return list(rows.order_by("ended_at").values_list("number", flat=True))


def paper(number: str) -> bytes:
    """The signed PDF/A. Refuses (CONFLICT) `ceremonies.no_paper`: workers have not made it yet."""
    row = CeremonyPaper.objects.filter(ceremony=ceremony(number)).first()
    if row is None:
        raise Refusal(Kind.CONFLICT, "ceremonies.no_paper", "not made yet", cps="5.2.2")
    return bytes(row.content)


def result(number: str, code: str) -> bytes:
    """What a step made, as everybody has attested it: proved once more, since what is sent to a CA
    elsewhere leaves this system (CPS 3.2.1). Refuses `ceremonies.unknown_step`, `not_attested`.
    """
    row = ceremony(number)
    step = step_named([one for one in steps_of(row) if one.state == StepState.DONE], code)
    if step.result is None:
        raise Refusal(Kind.NOT_FOUND, "ceremonies.unknown_step", "it made nothing", cps="5.2.2")
    try:
        kept = so_far(row, even_lost=row.state in rules.OVER)
        proved = ceremonies.so_far(kept, proving.issuers(), early=True)
        attested = step.position < proved.step
        fault = "ceremony.order"
    except PkiError as why:
        attested, fault = False, why.rule
    if not attested:
        raise Refusal(
            Kind.CONFLICT, "ceremonies.not_attested", f"{code}: {fault}", cps="5.2.2", fault=fault
        )
    return bytes(step.result)


def script_of(row: Ceremony) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(row.script)
    return found


def fault_in(text: str) -> Refusal | None:
    """Why a step's act was refused (`working.fault_of`); None: it was not."""
    if not text:
        return None
    said = json.loads(text)
    return Refusal(Kind.CONFLICT, said["rule"], said["reason"], cps=said["cps"], **said["details"])


def going_on(number: str) -> str | None:
    """The script of a ceremony that was agreed to and is not over; None for any other."""
    rows = Ceremony.objects.filter(number=number, state__in=(State.APPROVED, State.RUNNING))
    return rows.values_list("script", flat=True).first()
