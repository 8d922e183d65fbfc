"""Words of profiles for templates."""

from django import template

from ca.profiling.wording import STATES

register = template.Library()
TONES = {"in_force": "ok", "proposed": "warn", "agreed": "info"}


@register.filter
def profile_state(state: str) -> str:
    return str(STATES[state])


@register.filter
def profile_tone(state: str) -> str:
    """The class of a tag."""
    return TONES.get(state, "line")
