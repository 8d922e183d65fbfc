"""Which value a verdict was about, without keeping the value."""

from collections.abc import Mapping

from kmc import api as kmc
from ra.applicants.rules import FIELDS, by_proxy
from ra.applications.models import Application
from ra.applications.queries import Content
from ra.review import rules


def of(application: Application, content: Content) -> dict[str, bytes]:
    """Everything a reviewer has to judge, in the page's order, each with the mark of its value.

    Checklist items are marked by the round: a new submission is looked at anew.
    """
    fields = [code for code in FIELDS if content.fields.get(code)]
    marks = {code: _mark(application, code, content.fields[code]) for code in fields}
    for code in rules.checklist(content.fields, proxy=by_proxy(content.fields)):
        marks[code] = _mark(application, code, str(application.round))
    return marks


def valid(
    application: Application, reviewer_id: int | None, current: Mapping[str, bytes]
) -> dict[str, str]:
    """Verdicts of one reviewer that are about the current values."""
    rows = application.verdicts.filter(reviewer_id=reviewer_id or 0)
    return {
        row.item: row.verdict
        for row in rows
        if row.item in current and bytes(row.mark) == current[row.item]
    }


def _mark(application: Application, item: str, value: str) -> bytes:
    return kmc.blind_index("ra.verdict", f"{application.pk}|{item}|{value}")
