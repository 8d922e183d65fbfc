"""Words for people and roles in templates."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import gettext

from people.approvals.rules import Duty
from people.factors.wording import FACTORS
from people.notices.wording import STATES as MAIL_STATES
from people.notices.wording import SUBJECTS
from people.personnel.wording import ACTS, CAUSES
from people.trust.roles import Role
from people.wording import (
    ALARMS,
    APPROVAL_STATES,
    DUTIES,
    GRADES,
    ITEMS,
    KEY_STATES,
    ROLES,
    STATES,
)

register = template.Library()
TABLES: dict[str, Mapping[Any, Any]] = {
    "alarm": ALARMS,
    "factor": FACTORS,
    "act": ACTS,
    "approval": APPROVAL_STATES,
    "cause": CAUSES,
    "duty": DUTIES,
    "grade": GRADES,
    "item": ITEMS,
    "key": KEY_STATES,
    "mail": SUBJECTS,
    "mail_state": MAIL_STATES,
    "standing": STATES,
}
TONES = {"in_post": "ok", "suspended": "bad", "left": "line", "": "warn"}


@register.filter
def role_name(role: str) -> str:
    """The name people read of a trusted role; an unknown code stays as it is."""
    return str(ROLES[Role(role)]) if role in set(Role) else role


@register.filter
def role_names(roles: Iterable[str]) -> str:
    return gettext("、").join(role_name(role) for role in sorted(roles))


@register.filter
def duty(action: str) -> Duty:
    """Who proposes and who checks an action."""
    found: Duty = settings.DUTIES[action]
    return found


@register.filter
def named(code: str, table: str) -> str:
    """The name people read of a code; `table` is a name of `TABLES`."""
    return str(TABLES[table][code])


@register.filter
def standing_tone(state: str) -> str:
    """The colour of a file's state."""
    return TONES[state]
