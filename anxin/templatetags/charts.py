"""Charts as SVG drawn on the server: no script, printable, values as attributes."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

LEFT, RIGHT, TOP, FLOOR = 40, 784, 20, 170  # user units of the 790 by 200 drawing
LABELS = 6
BELOW = 12  # room between the floor and the labels
BAR = '<rect x="{}" y="{}" width="{}" height="{}" rx="1.5" class="up">'


class DailyCount(Protocol):
    """What a day of the chart must have."""

    @property
    def day(self) -> date: ...
    @property
    def issued(self) -> int: ...
    @property
    def revoked(self) -> int: ...


@register.simple_tag
def bars(days: Sequence[DailyCount]) -> SafeString:
    """Certificates issued (up) and revoked (down) by day, as the inside of a 790 by 200 SVG."""
    top = max([one.issued for one in days] + [1])
    scale = (FLOOR - TOP) / top
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
        upper.append((x, round(FLOOR - height, 1), wide, height, said))
        lower.append(
            (x, wide, round(min(max(one.revoked * scale, min(one.revoked, 1) * 2), BELOW), 1))
        )
        if (len(days) - 1 - at) % max(len(days) // LABELS, 1) == 0:
            ticks.append((x, label))
    lines = [(y, round((FLOOR - y) / scale)) for y in range(TOP, FLOOR + 1, 50)]
    return (
        format_html_join("", '<line x1="36" x2="784" y1="{0}" y2="{0}" class="grid"/>', lines)
        + format_html_join("", '<text x="30" y="{}" text-anchor="end">{}</text>', lines)
        + format_html_join("", f"{BAR}<title>{{}}</title></rect>", upper)
        + format_html_join("", '<rect x="{}" y="172" width="{}" height="{}" class="down"/>', lower)
        + format_html_join("", '<text x="{}" y="197">{}</text>', ticks)
    )
