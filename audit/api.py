"""Front door of the auditors' floor: reading the journal."""

from audit.journal.queries import first_break
from audit.journal.services import seal

__all__ = ["first_break", "seal"]
