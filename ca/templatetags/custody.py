"""Words for custody in templates."""

from django import template

from ca.ceremonies.shown import read_aloud
from ca.ceremonies.wording import KINDS
from ca.custody import wording
from ca.custody.rules import LONGEST
from pki.signer.offers import FOUNDING

register = template.Library()
register.filter(read_aloud)
TABLES = {
    "signer": wording.SIGNER,
    "set": wording.SETS,
    "seat": wording.SEATS,
    "activation": wording.ACTIVATIONS,
    "share": wording.SHARES,
    "stop": wording.STOPS,
    "stop_kind": wording.STOP_KINDS,
    "purpose": {**wording.PURPOSES, FOUNDING: wording.FOUNDING},
    "drill": wording.DRILLS,
    "due": wording.DUE,
}
TONES = {
    "in_force": "ok",
    "held": "ok",
    "active": "ok",
    "accepted": "ok",
    "done": "ok",
    "proved": "ok",
    "soon": "warn",
    "over": "bad",
    "refused": "bad",
    "sealed": "warn",
    "empty": "warn",
    "offered": "info",
    "handing_out": "info",
    "handed_out": "info",
    "ordered": "bad",
    "sealing": "bad",
}


@register.filter
def custody_word(code: str, table: str) -> str:
    """The name people read of a code; `table` is a name of `TABLES`."""
    return str(TABLES[table][code])


@register.filter
def custody_tone(code: str) -> str:
    """The colour of a state."""
    return TONES.get(code, "line")


@register.filter
def custody_fault(rule: str) -> str:
    """Why the signer said no."""
    return str(wording.FAULTS.get(rule) or wording.OTHER_FAULT % {"rule": rule})


@register.simple_tag
def purposes() -> list[tuple[str, str, int]]:
    """Code, name and hours at most."""
    return [(code.value, str(wording.PURPOSES[code]), hours) for code, hours in LONGEST.items()]


@register.simple_tag
def ceremony_kinds() -> list[tuple[str, str]]:
    """Code and name."""
    return [(code, str(name)) for code, name in KINDS.items()]
