"""A demo's shares, for their own custodians' pages: a press instead of a file and a passphrase.

Nothing is here unless the installation is a demo, whatever files lie about. What is in the file the
supervisor lays out for the staff site (`anxin/supervisor/programs.py`).
"""

import json
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from pki import shares

LIMITS = (24 * 90, 1_000_000)  # hours, signatures


class DemoShare(NamedTuple):
    """A share file, as text, and what opens it."""

    file: str
    passphrase: str


def share_of(person_id: int, set_code: str) -> DemoShare | None:
    """What this person has of this set; None outside a demo, and once they have their own."""
    path = Path(settings.HOME) / "demo-site-shares.json"
    if not settings.DEMO or not path.exists():
        return None
    for row in json.loads(path.read_bytes()):
        said = shares.read_file(row["file"])
        if (said["person"], said["set"]) == (str(person_id), set_code):
            return DemoShare(row["file"], row["passphrase"])
    return None
