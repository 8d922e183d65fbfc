"""Words about devices in templates."""

from django import template

from ca.custody.wording import FAULTS
from ca.devices import wording
from ca.wording import MODELS, SIGNED_KINDS

register = template.Library()
TABLES = {
    "state": wording.STATES,
    "outcome": wording.OUTCOMES,
    "part": wording.PARTS,
    "check": wording.CHECKS,
    "fact": wording.FACTS,
    "kind": SIGNED_KINDS,
    "model": MODELS,
}
TONES = {"passed": "ok", "failed": "bad", "missed": "warn", "absent": "line", "asked": "info"}


@register.filter
def device_word(code: str, table: str) -> str:
    return str(TABLES[table].get(code, code))


@register.filter
def signer_trouble(rule: str) -> str:
    """What a signer's or a device's rule means, the rule itself where nobody has said."""
    return str(FAULTS.get(rule) or wording.ADVICE.get(rule) or rule)


@register.filter
def device_tone(code: str) -> str:
    """The class of a tag."""
    return TONES.get(code, "line")
