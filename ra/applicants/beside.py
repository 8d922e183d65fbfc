"""Two values side by side, masked as ever, with the characters that differ. Pure."""

import difflib
from dataclasses import dataclass

from ra.applicants.rules import shown

Part = tuple[str, bool]  # text, whether the other side has something else here


@dataclass(frozen=True, slots=True)
class Beside:
    """What is declared and what another source has, masked; `same` of the whole values."""

    declared: tuple[Part, ...]
    other: tuple[Part, ...]
    same: bool

    @property
    def text(self) -> str:
        """What the other has."""
        return "".join(text for text, _ in self.other)


def beside(code: str, declared: str, other: str) -> Beside:
    """Where a mask keeps the places of characters, it hides none of the differences."""
    ours, theirs = shown(code, declared), shown(code, other)
    keeps = len(ours) == len(declared) and len(theirs) == len(other)
    one, two = (declared, other) if keeps or ours == theirs else (ours, theirs)
    if not keeps and declared != other and ours == theirs:  # the difference is in what is hidden
        return Beside(((ours, True),), ((theirs, True),), same=False)
    left: list[Part] = []
    right: list[Part] = []
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        left += [(ours[i1:i2], kind != "equal")] * (i1 < i2)
        right += [(theirs[j1:j2], kind != "equal")] * (j1 < j2)
    return Beside(tuple(left), tuple(right), same=declared == other)
