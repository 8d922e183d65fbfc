"""Words of ceremonies for templates."""

from datetime import timedelta

from django import template

from ca.ceremonies.wording import KINDS, LINES, PARTS, STATES, STEPS

register = template.Library()

TONES = {"running": "warn", "finished": "ok", "aborted": "bad", "approved": "info"}


@register.filter
def ceremony_kind(code: str) -> str:
    return str(KINDS.get(code, code))


@register.filter
def ceremony_state(code: str) -> str:
    return str(STATES.get(code, code))


@register.filter
def ceremony_tone(code: str) -> str:
    """The class of a tag."""
    return TONES.get(code, "line")


@register.filter
def ceremony_step(code: str) -> str:
    return str(STEPS.get(code, code))


@register.filter
def ceremony_part(code: str) -> str:
    return str(PARTS.get(code, code))


@register.filter
def ceremony_line(code: str) -> str:
    return str(LINES.get(code, code))


@register.filter
def clock(left: timedelta) -> str:
    """Minutes and seconds, 03:12."""
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    return f"{minutes:02}:{seconds:02}"
