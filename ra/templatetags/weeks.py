"""How an office kept its terms, as SVG drawn on the server."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from anxin.templatetags.charts import ceiling, grid
from ra.offices.queries import Week

register = template.Library()

LEFT, RIGHT, TOP, FLOOR = 40, 784, 20, 170  # user units of the 790 by 200 drawing


@register.simple_tag
def week_bars(weeks: Sequence[Week]) -> SafeString:
    """Received by week, what was late of it in red; the inside of a 790 by 200 SVG."""
    top = ceiling(one.received for one in weeks)
    scale = (FLOOR - TOP) / top
    step = (RIGHT - LEFT) / max(len(weeks), 1)
    wide = round(step * 0.62, 1)
    whole, late, labels = [], [], []
    for at, one in enumerate(weeks):
        x, label = round(LEFT + at * step, 1), f"{one.monday:%m-%d}"
        said = _("%(day)s 起一周：受理 %(received)d，按时 %(in_time)d，超时 %(late)d") % {
            "day": label,
            "received": one.received,
            "in_time": one.in_time,
            "late": one.late,
        }
        high, red = round(one.received * scale, 1), round(one.late * scale, 1)
        whole.append((x, round(FLOOR - high, 1), wide, high, said))
        late.append((x, round(FLOOR - red, 1), wide, red))
        labels.append((x, label))
    lines = grid(top, FLOOR, scale)
    return (
        format_html_join("", '<line x1="36" x2="784" y1="{0}" y2="{0}" class="grid"/>', lines)
        + format_html_join("", '<text x="30" y="{}" text-anchor="end">{}</text>', lines)
        + format_html_join("", f'{_RECT} class="up"><title>{{}}</title></rect>', whole)
        + format_html_join("", f'{_RECT} class="down"/>', late)
        + format_html_join("", '<text x="{}" y="190">{}</text>', labels)
    )


_RECT = '<rect x="{}" y="{}" width="{}" height="{}"'
