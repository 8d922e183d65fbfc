"""Money on pages."""

from django import template

from ra.fees import rules

register = template.Library()

TONES = {
    "open": "info",
    "paid": "ok",
    "arrears": "bad",
    "refund_due": "warn",
    "refund_asked": "warn",
}


@register.filter
def yuan(fen: int) -> str:
    """1234 -> 12.34"""
    return rules.yuan(fen)


@register.filter
def fee_tone(state: str) -> str:
    return TONES.get(state, "line")
