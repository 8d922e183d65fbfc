"""Reading the documents of an application, and keeping what was read (CPS 4.2.1).

A reading is a hint beside what is declared. It fills nothing in, confirms nothing, decides nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from audit.log import record, subject_of
from kmc import api as kmc
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.rules import person
from ra.evidence.services import first_pages
from ra.readings import reading, rules
from ra.readings.rules import READ, Reading


def read(row_of: Callable[[], Application], *, actor: Actor, at: datetime) -> None:
    """Read the first page of the latest document of each look that is known.

    `row_of` locks the row, or refuses.
    No transaction is open meanwhile: who has what read is in the journal before. Pictures are
    opened in memory. Refuses `readings.nothing` and as `reading.read`.
    """
    with transaction.atomic():
        row = row_of()
        pages = first_pages(row, READ)
        if not pages:
            raise Refusal(Kind.NOT_READY, "readings.nothing", "no document that can be read")
        documents = [one.document for one in pages]
        record("ra.read_documents", subject_of(row), actor=actor, at=at, documents=documents)
    texts = reading.read([one.image for one in pages])
    officer = person(actor)
    new = [
        Reading(one.document, one.slot, at, officer, rules.fields(one.slot, lines))
        for one, lines in zip(pages, texts, strict=True)
    ]
    _keep(row.pk, new, actor=actor, at=at)


@transaction.atomic
def _keep(application_id: int, new: Sequence[Reading], *, actor: Actor, at: datetime) -> None:
    """The latest reading of a document replaces the one before."""
    row = applications.locked(application_id, actor)
    dossier = row.dossier
    again = {one.document for one in new}
    before = rules.unpacked(applications.content(row).readings)
    kept = [*(one for one in before if one.document not in again), *new]
    dossier.readings = kmc.seal(row.data_key, dossier.readings_context(), rules.packed(kept))
    dossier.save(update_fields=["readings"])
    for one in new:
        told = {code: found.percent for code, found in one.found.items()}
        record(
            "ra.reading",
            subject_of(row),
            actor=actor,
            at=at,
            document=one.document,
            slot=one.slot,
            percent=told,
        )
