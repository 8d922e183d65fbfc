"""Front door of the auditors' floor: reading the journal."""

from audit.journal.queries import first_break
from audit.journal.rules import Break
from audit.journal.services import seal
from audit.reading.queries import ChainState, EntryView, Page, chain_state, entries, entry
from audit.reading.rules import Filters

__all__ = [
    "Break",
    "ChainState",
    "EntryView",
    "Filters",
    "Page",
    "chain_state",
    "entries",
    "entry",
    "first_break",
    "seal",
]
