"""Charts as SVG drawn on the server: no script, printable, values as attributes."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

LEFT, RIGHT, TOP, FLOOR = 40, 784, 20, 170  # user units of the 790 by 200 drawing
LABELS = 6


@register.simple_tag
def bars(days: list[tuple[str, int, int]]) -> SafeString:
    """Daily counts (label, up, down) as the inside of a 790 by 200 SVG."""
    top = max([up for _label, up, _down in days] + [1])
    scale = (FLOOR - TOP) / top
    step = (RIGHT - LEFT) / max(len(days), 1)
    wide = round(step * 0.62, 1)
    upper, lower, ticks = [], [], []
    for at, (label, up, down) in enumerate(days):
        x = round(LEFT + at * step, 1)
        height = round(up * scale, 1)
        upper.append((x, round(FLOOR - height, 1), wide, height, f"{label}：{up} / {down}"))
        lower.append((x, wide, round(max(down * scale, min(down, 1)), 1)))
        if (len(days) - 1 - at) % max(len(days) // LABELS, 1) == 0:
            ticks.append((x, label))
    lines = [(y, round((FLOOR - y) / scale)) for y in range(TOP, FLOOR + 1, 50)]
    return (
        format_html_join("", '<line x1="36" x2="784" y1="{0}" y2="{0}" class="grid"/>', lines)
        + format_html_join("", '<text x="30" y="{}" text-anchor="end">{}</text>', lines)
        + format_html_join(
            "",
            '<rect x="{}" y="{}" width="{}" height="{}" rx="1.5" class="up">'
            "<title>{}</title></rect>",
            upper,
        )
        + format_html_join("", '<rect x="{}" y="172" width="{}" height="{}" class="down"/>', lower)
        + format_html_join("", '<text x="{}" y="197">{}</text>', ticks)
    )


@register.simple_tag
def points(values: list[float]) -> str:
    """The points of a polyline 200 by 48 through these values."""
    if not values:
        return ""
    low, high = min(values), max(values)
    step = 200 / max(len(values) - 1, 1)
    tall = 40 / ((high - low) or 1)
    return " ".join(f"{at * step:.1f},{44 - (v - low) * tall:.1f}" for at, v in enumerate(values))
