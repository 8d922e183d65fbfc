"""Charts as SVG drawn on the server: no script, printable, values as attributes."""

from collections.abc import Iterable, Sequence
from datetime import date
from math import ceil
from typing import Protocol

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

LEFT, RIGHT, TOP, BOTTOM = 40, 784, 20, 182  # user units of the 790 by 200 drawing
LABELS = 6
LINES = 3  # above the floor, at whole numbers
LEAST = 12  # what the part below the floor gets
BAR = '<rect x="{}" y="{}" width="{}" height="{}" rx="1.5" class="up">'


class DailyCount(Protocol):
    """What a day of the chart must have."""

    @property
    def day(self) -> date: ...
    @property
    def issued(self) -> int: ...
    @property
    def revoked(self) -> int: ...


def ceiling(counts: Iterable[int]) -> int:
    """Where the drawing ends: at or above each count, and LINES lines stand at whole numbers."""
    return LINES * max(ceil(max(counts, default=0) / LINES), 1)


def grid(top: int, floor: float, scale: float) -> list[tuple[float, int]]:
    """Height and count of the floor and of the lines above."""
    return [(round(floor - count * scale, 1), count) for count in range(0, top + 1, top // LINES)]


@register.simple_tag
def bars(days: Sequence[DailyCount]) -> SafeString:
    """Certificates issued (up) and revoked (down) by day, as the inside of a 790 by 200 SVG."""
    top = ceiling(one.issued for one in days)
    deepest = max((one.revoked for one in days), default=0)
    scale = min((BOTTOM - TOP) / (top + deepest), (BOTTOM - TOP - LEAST) / top)
    floor = TOP + top * scale
    step = (RIGHT - LEFT) / max(len(days), 1)
    wide = round(step * 0.62, 1)
    upper, lower, ticks = [], [], []
    for at, one in enumerate(days):
        x, label = round(LEFT + at * step, 1), f"{one.day:%m-%d}"
        height = round(one.issued * scale, 1)
        said = _("%(day)s 签发 %(issued)d，吊销 %(revoked)d") % {
            "day": label,
            "issued": one.issued,
            "revoked": one.revoked,
        }
        upper.append((x, round(floor - height, 1), wide, height, said))
        lower.append((x, round(floor + 2, 1), wide, round(one.revoked * scale, 1)))
        if (len(days) - 1 - at) % max(len(days) // LABELS, 1) == 0:
            ticks.append((x, label))
    lines = grid(top, floor, scale)
    return (
        format_html_join("", '<line x1="36" x2="784" y1="{0}" y2="{0}" class="grid"/>', lines)
        + format_html_join("", '<text x="30" y="{}" text-anchor="end">{}</text>', lines)
        + format_html_join("", f"{BAR}<title>{{}}</title></rect>", upper)
        + format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}" class="down"/>', lower)
        + format_html_join("", '<text x="{}" y="197">{}</text>', ticks)
    )
