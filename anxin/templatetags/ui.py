"""What every template may use: icons, time left, differences, values as classes."""

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from anxin.actions import ACTIONS, ACTORS
from anxin.kernel.errors import Refusal
from anxin.wording import sentence

register = template.Library()

DIGEST = re.compile(r"[0-9A-Fa-f]{40,}\Z")  # SHA-1 and longer


@register.filter
def told(refusal: Refusal) -> str:
    """The refusal as a sentence, its clause at the end unless the sentence names it."""
    said = sentence(refusal)
    if not refusal.cps or refusal.cps in said:
        return said
    return _("%(sentence)s（CPS %(clause)s）") % {"sentence": said, "clause": refusal.cps}


@register.simple_tag
@lru_cache(maxsize=1024)  # a page draws sixty of them, of a hundred that there are
def icon(name: str, css: str = "ic", label: str = "") -> SafeString:
    """One symbol of the sprite; with a label it speaks, without it is decoration."""
    role = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="{}" {}><use href="{}#i-{}"/></svg>',
        css,
        mark_safe(role),  # noqa: S308 -- either a constant or escaped above
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def groups(text: str, size: int = 4) -> str:
    """Hex digits in groups: 4A1F 88D0."""
    return " ".join(text[i : i + size] for i in range(0, len(text), size))


@register.filter
def legible(value: object) -> str:
    """A value as it stands, digests in it in groups and one width: they are compared by eye."""
    parts = [
        format_html('<span class="mono">{}</span>', groups(word, 8)) if DIGEST.match(word) else word
        for word in str(value).split(" ")
    ]
    return format_html_join(" ", "{}", ((part,) for part in parts))


@register.filter
def short(text: str) -> str:
    """The two ends of a digest: 9c41…e07b."""
    ends = 4
    return text if len(text) <= 2 * ends else f"{text[:ends]}…{text[-ends:]}"


@register.filter
def time_left(left: timedelta) -> str:
    """Working time left in words: 剩 1 时 10 分, 已超时 6 分."""
    late = left < timedelta()
    words = span(abs(left))
    return _("已超时 %(span)s") % {"span": words} if late else _("剩 %(span)s") % {"span": words}


@register.filter
def span(length: timedelta) -> str:
    """A length of time in its two biggest units."""
    minutes = int(length.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _("%(days)d 天 %(hours)d 时") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d 时 %(minutes)02d 分") % {"hours": hours, "minutes": rest}
    return ngettext("%(minutes)d 分", "%(minutes)d 分", rest) % {"minutes": rest}


@register.filter
def percent_class(value: float, letter: str = "p") -> str:
    """A share of 100 as a class: the CSP allows no style attribute."""
    return f"{letter}{min(100, max(0, round(value)))}"


@register.simple_tag
def marked(parts: Iterable[tuple[str, bool]], tag: str) -> SafeString:
    """One side of a comparison (ra.applicants.beside); what differs stands in `ins` or `del`."""
    return format_html_join(
        "",
        "{}{}{}",
        (
            (mark_safe(f"<{tag}>"), text, mark_safe(f"</{tag}>"))  # noqa: S308 -- a literal of ours
            if differs
            else ("", text, "")
            for text, differs in parts
        ),
    )


@register.filter
def action_name(action: str) -> str:
    """What an action of the journal is called; its code where nobody named it."""
    return str(ACTIONS.get(action, action))


@register.filter
def actor_name(name: str) -> str:
    """People by their name, the system and applicants in the reader's language."""
    return str(ACTORS.get(name, name))
