"""The signer as witness: it keeps the chain's ends where the owner of the tables cannot write.

Whoever owns the tables can chain everything anew and no walk finds it, for the chain has no secret
in it. The heads noted here then differ. See docs/decisions/0005-journal-sealing.md.
"""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from django.conf import settings

from anxin.kernel.jobs import enqueue
from audit.journal import queries, rules
from pki.errors import PkiError
from pki.signer.client import Signer

log = logging.getLogger(__name__)
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Testimony:
    """How many heads were compared, and the first that the chain does not contain."""

    heads: int
    broken: rules.Break | None


def note_head() -> None:
    """Have the signer keep where the chain ends now.

    When it has seen a later end, everything is verified at once, and the auditors are told.
    """
    head = queries.head()
    if not head.seq:
        return
    try:
        with closing(Signer(settings.SIGNER_SOCKET)) as signer:
            signer.note_head(head.seq, head.digest)
    except PkiError as error:
        if error.rule != "journal.head_back":
            log.warning("the journal's head %s was not noted: %s", head.seq, error)
            return
        log.critical("the journal went back to %s: %s", head.seq, error)
        if not queries.is_known_to_be_broken():
            enqueue("audit.verify")


def compare() -> Testimony:
    """Every head ever noted with the chain as it is. Raises PkiError without the signer."""
    count = 0
    with closing(Signer(settings.SIGNER_SOCKET)) as signer:
        for noted in _batches(signer.heads()):
            found = queries.digests_of([seq for seq, _ in noted])
            for seq, digest in noted:
                count += 1
                now = found.get(seq, "")
                if now != digest:
                    broken = rules.Break(seq, None, rules.Fault.REWRITTEN, digest, now or "no link")
                    return Testimony(count, broken)
    return Testimony(count, None)


def _batches(heads: Iterator[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    while batch := list(islice(heads, _BATCH)):
        yield batch
