"""Asking authority sources about an application, and keeping what they say (CPS 3.2.4, 4.2.1)."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import record, subject_of
from kmc import api as kmc
from ra.applicants.kinds import kind_of
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.rules import EDITABLE, check_editable, check_own, person
from ra.lookups import connectors, rules
from ra.lookups.connectors import Asked
from ra.lookups.rules import PARTIES, Lookup, Match, Reply, Said, Silence
from ra.verifications import queries as verifications
from ra.verifications.rules import Method, Result, Verified
from ra.verifications.services import note


def ask_at_counter(application_id: int, *, actor: Actor, at: datetime) -> None:
    """Whoever enters the application asks; what is borne out or contradicted is noted as how the
    document was verified: by a trusted third-party database (CPS 3.2.2, 3.2.3).

    Refuses as `ask`, and `applications.*` when it may not be edited, or not by this person.
    """

    def row_of() -> Application:
        row = applications.locked(application_id, actor)
        check_own(row.maker_id, actor.person_id)
        check_editable(row.state)
        return row

    ask(row_of, actor=actor, at=at)


def ask(row_of: Callable[[], Application], *, actor: Actor, at: datetime) -> None:
    """Ask every source that knows such a party. `row_of` locks the row, or refuses.

    No transaction is open while sources are waited for: what goes out is in the journal before.
    Refuses `lookups.nobody`, `lookups.enough`.
    """
    with transaction.atomic():
        row = row_of()
        content = applications.content(row)
        asked = connectors.pairs(connectors.configured(), rules.questions(content.fields))
        rules.check_any(len(asked), len(rules.unpacked(content.lookups)))
        out = [[source.name, question.party] for source, question in asked]
        record("ra.ask_sources", subject_of(row), actor=actor, at=at, asked=out)
    _keep(row.pk, asked, connectors.ask(asked), actor=actor, at=at)


@transaction.atomic
def _keep(
    application_id: int,
    asked: Sequence[Asked],
    heard: Sequence[Reply | Silence],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    row = applications.locked(application_id, actor)
    new = [_lookup(one, reply, actor=actor, at=at) for one, reply in zip(asked, heard, strict=True)]
    kept = [*rules.unpacked(applications.content(row).lookups), *new]
    dossier = row.dossier
    dossier.lookups = kmc.seal(row.data_key, dossier.lookups_context(), rules.packed(kept))
    dossier.save(update_fields=["lookups"])
    for one in new:
        outcomes = {code: said.outcome for code, said in one.found.items()}
        record(
            "ra.look_up",
            subject_of(row),
            actor=actor,
            at=at,
            outcome="failed" if one.silence else "done",
            source=one.source,
            party=one.party,
            silence=one.silence,
            fields=outcomes,
        )
    if row.state in EDITABLE and row.maker_id == actor.person_id:
        _note(row, new, actor=actor, at=at)


def _lookup(asked: Asked, reply: Reply | Silence, *, actor: Actor, at: datetime) -> Lookup:
    source, question = asked
    words = PARTIES[question.party].words
    said = reply.fields if isinstance(reply, Reply) else {}
    return Lookup(
        source=source.name,
        party=question.party,
        at=at,
        officer_id=person(actor),
        silence="" if isinstance(reply, Reply) else reply.value,
        reference=reply.reference if isinstance(reply, Reply) else "",
        asked={words[word]: value for word, value in question.fields.items()},
        found={
            words[word]: said.get(word, Said(Match.UNKNOWN)) for word in question.fields if said
        },
    )


def _note(row: Application, new: Sequence[Lookup], *, actor: Actor, at: datetime) -> None:
    """What a person has noted before stays, unless a source contradicts."""
    slots = kind_of(row.profile).slots
    held = {slot for slot, _ in applications.documents_of(row)}
    passed = {one.slot for one in verifications.current(row.pk) if one.result == Result.PASSED}
    fields = applications.content(row).fields
    found = []
    for one in {one.party: one for one in new}.values():
        slot = PARTIES[one.party].slot
        result, reference = rules.result(one.party, one.asked, new)
        same = all(fields.get(code) == value for code, value in one.asked.items())
        done = result == Result.PASSED and slot in passed
        if result and slot in slots and slot in held and same and not done:
            found.append(Verified(slot, Method.DATABASE, result, reference))
    if found:
        note(row.pk, found, actor=actor, at=at)
