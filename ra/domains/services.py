"""Asking for proofs of control, and noting what was found (CPS 3.2.4).

Looking stands between two transactions, never inside one: the rows say what is due, workers look,
and a short transaction settles each. Web processes never look.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal, Refusals
from anxin.kernel.jobs import enqueue
from anxin.kernel.locks import Work, held
from audit.log import advance, record, subject_of
from people.api import Role
from ra.applicants.hosts import NameKind, ServerName, claimed, of_server
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.rules import UNDECIDED
from ra.domains import queries, rules
from ra.domains.caa import Caa
from ra.domains.checking import look
from ra.domains.models import NameProof
from ra.domains.resolving import vantages
from ra.domains.rules import Finding, State, Verdict

SWEEP = 8  # names in one run; others of the queue wait behind them
TOKEN = 32  # octets; RFC 8555 8.1 asks for 128 bits at least

# What the database lets workers, and who asks, change (anxin/grants.py)
PROOF = ("method", "proved_at", "valid_until", "checked_at", "findings", "reason", "tries")
FOUND = (*PROOF, "due_at", "caa", "caa_at")
ASKED = (*PROOF, "due_at", "token", "asked_at", "ask_until")


@transaction.atomic
def request_proofs(
    application_id: int, names: Sequence[str], *, actor: Actor, at: datetime
) -> None:
    """These are the application's names from now on; each new one gets a token.

    What is proved stays proved. Refuses `domains.decided`, `domains.none`, `domains.too_many` and,
    per name, what `ra.applicants.hosts.parse` refuses.
    """
    application = applications.locked(application_id, actor)
    rules.check_open(application.state, UNDECIDED)
    refusals: list[Refusal] = []
    wanted = rules.names_of(names, application.profile, refusals=refusals)
    if refusals:
        raise Refusals(refusals)
    rows = {row.name: row for row in NameProof.objects.filter(application=application)}
    for name, row in rows.items():
        if row.current != (name in wanted):
            NameProof.objects.filter(pk=row.pk).update(current=name in wanted)
    new = [_asked(application, name, at) for text, name in wanted.items() if text not in rows]
    NameProof.objects.bulk_create(new)
    record(
        "ra.request_name_proofs",
        subject_of(application),
        actor=actor,
        at=at,
        names=len(wanted),
        new=len(new),
    )


@transaction.atomic
def ask_for_claimed(
    application_id: int, fields: Mapping[str, str], *, actor: Actor, at: datetime
) -> None:
    """Part of submitting: what the device is called is to be proved, if that is of the internet."""
    names = claimed(fields)
    if not names:
        return
    held = queries.proofs(application_id)
    if not held.keys() >= set(names):
        request_proofs(application_id, [*held, *names], actor=actor, at=at)


def follow(application_id: int, fields: Mapping[str, str], *, actor: Actor, at: datetime) -> None:
    """Part of saving a draft: the names a server declares are those to be proved from now on."""
    names = of_server(fields)
    if names and set(queries.proofs(application_id)) != set(names):
        request_proofs(application_id, names, actor=actor, at=at)


@transaction.atomic
def check_again(application_id: int, proof_id: int, *, actor: Actor, at: datetime) -> None:
    """Somebody says it is published now. What failed or ended gets a new token first.

    Refuses `domains.unknown`, `domains.decided`, `domains.too_soon`, `domains.not_at_counter`.
    """
    if not actor.roles & {Role.OPERATOR, Role.REVIEWER}:
        raise Refusal(Kind.FORBIDDEN, "domains.not_at_counter", "not their work", cps="3.2.4")
    application = applications.locked(application_id, actor)
    rules.check_open(application.state, UNDECIDED)
    row = _locked(proof_id)
    if row is None or row.application_id != application.pk or not row.current:
        raise queries.unknown(proof_id)
    if row.state in {State.FAILED, State.EXPIRED}:
        _ask_anew(row, actor=actor, at=at)
        return
    rules.check_pause(row.checked_at, at=at)
    NameProof.objects.filter(pk=row.pk).update(due_at=at)
    record("ra.check_name_again", subject_of(row), actor=actor, at=at)
    enqueue("ra.check_names", proof_ids=[row.pk])


# --- workers ---------------------------------------------------------------------------------


def check(proof_ids: Sequence[int], *, at: datetime) -> int:
    """Look at those that are due, and note what was found; how many were looked at."""
    places = vantages()
    with held(Work.CHECK_NAMES, proof_ids) as mine:
        rows = queries.waiting(mine, at=at)
        found = look([queries.question(row) for row in rows], places)
        for row in rows:
            _settle(row, found[row.pk], vantages_asked=len(places), at=at)
    return len(rows)


def sweep(*, at: datetime) -> int:
    """What is due and nobody rang for; and what was proved too long ago."""
    for row in queries.over(at=at, limit=SWEEP):
        _end(row.pk, at=at)
    return check(queries.due(at=at, limit=SWEEP), at=at)


@transaction.atomic
def _settle(
    looked_at: NameProof, findings: Sequence[Finding], *, vantages_asked: int, at: datetime
) -> None:
    """One name's findings. Says nothing about a row that was asked anew meanwhile."""
    row = _locked(looked_at.pk)
    if row is None or (row.token, row.state) != (looked_at.token, looked_at.state):
        return
    row.checked_at, row.tries = at, row.tries + 1
    row.findings = [[one.vantage, one.method, one.outcome] for one in findings]
    kind = NameKind(row.kind)
    if row.state == State.PROVED:
        _note_caa(row, rules.caa_of(kind, findings, vantages=vantages_asked), at=at)
        return
    verdict = rules.judge(kind, findings, vantages=vantages_asked)
    row.caa, row.caa_at, row.reason = verdict.caa, at, verdict.reason
    if verdict.method and not verdict.final:
        _prove(row, verdict, at=at)
    elif verdict.final or at >= row.ask_until:
        _fail(row, verdict, at=at)
    else:
        row.due_at = min(at + rules.pause(row.tries), row.ask_until)
        row.save(update_fields=FOUND)


def _prove(row: NameProof, verdict: Verdict, *, at: datetime) -> None:
    row.method, row.proved_at, row.valid_until = verdict.method, at, at + rules.PROOF_TERM
    row.due_at = _next_caa(row, at)
    row.save(update_fields=FOUND)
    advance(row, "prove", actor=SYSTEM, at=at, method=row.method, caa=row.caa, seen=row.findings)


def _fail(row: NameProof, verdict: Verdict, *, at: datetime) -> None:
    row.due_at = None
    row.save(update_fields=FOUND)
    advance(row, "fail", actor=SYSTEM, at=at, rule=verdict.reason, seen=row.findings)


def _note_caa(row: NameProof, caa: str, *, at: datetime) -> None:
    """A change is written down; that nothing has changed is not, six times a day."""
    changed = caa != row.caa
    row.caa, row.caa_at = caa, at
    row.reason = rules.CAA_RULES[Caa(caa)]
    row.due_at = _next_caa(row, at)
    row.save(update_fields=FOUND)
    if changed:
        record("ra.note_caa", subject_of(row), actor=SYSTEM, at=at, caa=caa, seen=row.findings)


def _next_caa(row: NameProof, at: datetime) -> datetime | None:
    """As long as the application is not decided; addresses have no CAA."""
    if row.kind == NameKind.IP or row.application.state not in UNDECIDED:
        return None
    wait = rules.CAA_RENEWED if row.caa == Caa.PERMITTED else rules.PAUSES[0]
    return at + wait


@transaction.atomic
def _end(proof_id: int, *, at: datetime) -> None:
    row = _locked(proof_id)
    if row is not None and row.state == State.PROVED:
        row.due_at, row.reason = None, "domains.proof_over"
        row.save(update_fields=["due_at", "reason"])
        advance(row, "expire", actor=SYSTEM, at=at)


def _asked(application: Application, name: ServerName, at: datetime) -> NameProof:
    return NameProof(
        application=application,
        name=name.text,
        kind=name.kind,
        state=State.ASKED,
        token=secrets.token_urlsafe(TOKEN),
        asked_at=at,
        ask_until=at + rules.ASK_TERM,
        due_at=at + rules.PAUSES[0],
    )


def _ask_anew(row: NameProof, *, actor: Actor, at: datetime) -> None:
    row.token, row.asked_at = secrets.token_urlsafe(TOKEN), at
    row.ask_until, row.due_at = at + rules.ASK_TERM, at + rules.PAUSES[0]
    row.tries, row.reason, row.findings, row.method = 0, "", [], ""
    row.proved_at = row.valid_until = row.checked_at = None
    row.save(update_fields=ASKED)
    advance(row, "ask", actor=actor, at=at)


def _locked(proof_id: int) -> NameProof | None:
    rows = NameProof.objects.select_for_update(of=("self",)).select_related("application")
    return rows.filter(pk=proof_id).first()
