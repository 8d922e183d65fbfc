"""Words about devices in templates."""

from django import template

from ca.devices import wording
from ca.wording import SIGNED_KINDS

register = template.Library()
TABLES = {
    "state": wording.STATES,
    "outcome": wording.OUTCOMES,
    "part": wording.PARTS,
    "check": wording.CHECKS,
    "fact": wording.FACTS,
    "kind": SIGNED_KINDS,
}
TONES = {"passed": "ok", "failed": "bad", "missed": "warn", "absent": "line", "asked": "info"}


@register.filter
def device_word(code: str, table: str) -> str:
    return str(TABLES[table].get(code, code))


@register.filter
def device_tone(code: str) -> str:
    """The class of a tag."""
    return TONES.get(code, "line")
