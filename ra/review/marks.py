"""Which value a verdict was about, without keeping the value."""

from collections.abc import Mapping
from dataclasses import dataclass

from kmc import api as kmc
from ra.applicants.kinds import asked, kind_of
from ra.applicants.rules import by_proxy
from ra.applications.models import Application
from ra.applications.procedures import SIGNED_TICKS
from ra.applications.queries import Content

SEEN = "seen."  # before a field's code: its whole value was shown to this person


@dataclass(frozen=True, slots=True)
class Found:
    """What one reviewer found about the current values; `seen` are fields revealed to them."""

    verdicts: Mapping[str, str]
    seen: frozenset[str]


def of(application: Application, content: Content) -> dict[str, bytes]:
    """Everything a reviewer has to judge, in the page's order, each with the mark of its value.

    Checklist items are marked by the round: a new submission is looked at anew.
    """
    kind = kind_of(application.profile)
    fields = [code for code in kind.fields if content.fields.get(code)]
    marks = {code: mark(application, code, content.fields[code]) for code in fields}
    for code in asked(kind.ticks, content.fields, proxy=by_proxy(content.fields)):
        if application.signed and code not in SIGNED_TICKS:
            continue
        marks[code] = mark(application, code, str(application.round))
    return marks


def found(application: Application, reviewer_id: int | None, current: Mapping[str, bytes]) -> Found:
    """Verdicts of one reviewer that are about the current values, and which of these they saw."""
    rows = application.verdicts.filter(reviewer_id=reviewer_id or 0)
    said = {
        row.item: row.verdict
        for row in rows
        if current.get(row.item.removeprefix(SEEN)) == bytes(row.mark)
    }
    return Found(
        {item: verdict for item, verdict in said.items() if not item.startswith(SEEN)},
        frozenset(item.removeprefix(SEEN) for item in said if item.startswith(SEEN)),
    )


def mark(application: Application, item: str, value: str) -> bytes:
    """A keyed digest of a value in its place."""
    return kmc.blind_index("ra.verdict", f"{application.pk}|{item}|{value}")
