"""What was read off documents, as the review page shows it: masked like what is declared."""

from dataclasses import dataclass

from ra.applicants.beside import Beside, beside
from ra.readings.rules import Read


@dataclass(frozen=True, slots=True)
class ReadView:
    """One field as the engine read it, with how certain it is of it; never the field itself."""

    beside: Beside
    percent: int
    sure: bool


def view(code: str, declared: str, read: Read | None) -> ReadView | None:
    return ReadView(beside(code, declared, read.text), read.percent, read.sure) if read else None
