"""Words for what the journal holds as codes."""

from django import template

from audit.wording import FAULTS, OUTCOMES

register = template.Library()


@register.filter
def outcome_name(outcome: str) -> str:
    return str(OUTCOMES.get(outcome, outcome))


@register.filter
def fault_name(fault: str) -> str:
    return str(FAULTS.get(fault, fault))  # type: ignore[call-overload]
