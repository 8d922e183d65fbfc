"""Words of the ends of authorities for templates."""

from typing import Any

from django import template

from ca.endings import queries
from ca.endings.wording import DOERS, FAULTS, KINDS, RULES, STATES, STEP_STATES, STEPS

register = template.Library()


@register.simple_tag
def ending_notices() -> list[Any]:
    """What everybody is told about the ends of authorities, newest first."""
    return list(queries.notices())


WORDS = {
    "kind": KINDS,
    "state": STATES,
    "step": STEPS,
    "step_state": STEP_STATES,
    "rule": RULES,
    "doer": DOERS,
    "fault": FAULTS,
}
TONES = {
    "declared": "warn",
    "running": "bad",
    "finished": "ok",
    "acting": "info",
    "done": "ok",
}


@register.filter
def ending_word(code: str, kind: str) -> str:
    return str(WORDS[kind].get(code, code))


@register.filter
def ending_tone(code: str) -> str:
    """The class of a tag."""
    return TONES.get(code, "line")
