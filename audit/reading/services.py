"""Reading the journal is an act and leaves an entry itself (CPS 5.4.4)."""

import logging
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.jobs import enqueue
from audit.journal import queries as chain
from audit.journal import rules, witness
from audit.journal.rules import Break, Link, Outcome
from audit.log import record
from audit.reading import queries
from audit.reading.queries import EntryView, Page
from audit.reading.rules import Filters
from pki.errors import PkiError

log = logging.getLogger(__name__)


@transaction.atomic
def search(
    filters: Filters,
    *,
    before: int | None = None,
    after: int | None = None,
    actor: Actor,
    at: datetime,
) -> Page:
    """A page of entries for an auditor."""
    page = queries.entries(filters, before=before, after=after)
    asked = {
        "actor": filters.actor,
        "action": filters.action,
        "subject": filters.subject,
        "since": filters.since and filters.since.isoformat(),
        "until": filters.until and filters.until.isoformat(),
        "refused": filters.refused,
        "before": before,
        "after": after,
    }
    told = {name: value for name, value in asked.items() if value}
    record("audit.searched", "audit.journal", actor=actor, at=at, filters=told)
    return page


@transaction.atomic
def open_entry(entry_id: int, *, actor: Actor, at: datetime) -> EntryView:
    """One entry with its proof, for an auditor."""
    view = queries.entry(entry_id)
    record("audit.opened", f"audit.entry:{entry_id}", actor=actor, at=at)
    return view


@transaction.atomic
def ask_verification(*, actor: Actor, at: datetime) -> None:
    """Have the whole chain recomputed soon."""
    record("audit.verification_asked", "audit.journal", actor=actor, at=at)
    enqueue("audit.verify")


def verify(*, actor: Actor, at: datetime) -> Outcome:
    """Recompute the whole chain and write down what was found.

    Whoever owns the tables can chain everything anew, and only heads that were noted elsewhere
    tell: those that the signer keeps are compared, and the last one goes to the log as well.
    """
    end = chain.head()  # what is chained while we walk is not walked
    broken, heads = chain.first_break(last=end.seq), None
    if broken is None:
        try:
            testimony = witness.compare()
            broken, heads = testimony.broken, testimony.heads
        except PkiError as error:
            log.error("the journal's heads were not compared: %s", error)  # noqa: TRY400
    return _write_down(end, broken, heads, actor=actor, at=at)


@transaction.atomic
def _write_down(
    head: Link, broken: Break | None, heads: int | None, *, actor: Actor, at: datetime
) -> Outcome:
    found: dict[str, object] = {"entries": head.seq, "head": head.digest, "heads": heads}
    if broken:
        found |= {"broken_at": broken.seq, "entry": broken.entry, "fault": broken.fault}
    outcome = rules.outcome(broken, heads, queries.heads_compared())
    record(rules.VERIFIED, "audit.journal", actor=actor, at=at, outcome=outcome, **found)
    log.info("journal %s, noted head %s:%s", outcome, head.seq, head.digest)
    return outcome
