"""What applicants wrote of their own when they corrected something online (CPS 4.2.2). Pure."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

_NUMBER = re.compile(r"[0-9]{5,}[0-9Xx]?")


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """`number`: of what came in; `at`: when it was handed in, ISO 8601."""

    number: str
    at: str
    text: str

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def masked(self) -> str:
        """Long numbers without all but their last two characters (CPS 9.3)."""
        return _NUMBER.sub(lambda found: "*" * (len(found[0]) - 2) + found[0][-2:], self.text)


def packed(rows: Sequence[Said]) -> bytes:
    return json.dumps([asdict(row) for row in rows], ensure_ascii=False).encode()


def unpacked(plain: bytes) -> list[Said]:
    """Oldest first; of nothing, nothing."""
    return [Said(**row) for row in json.loads(plain)] if plain else []
