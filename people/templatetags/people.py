"""Words for people and roles in templates."""

from django import template

from people.trust.rules import Role
from people.wording import ROLES

register = template.Library()


@register.filter
def role_name(role: str) -> str:
    """The name people read of a trusted role; an unknown code stays as it is."""
    return str(ROLES[Role(role)]) if role in set(Role) else role
