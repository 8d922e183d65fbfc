"""What a script plans, in words: for those who agree to it, those who hold it, and its paper."""

from collections.abc import Mapping

from ca.ceremonies import rules
from ca.ceremonies.wording import ENDINGS, PLAN, UNLIMITED
from pki import ceremonies

DIGESTED = frozenset({"issuer", "request"})  # too long to be read; whole in the script


def told(plan: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(what, value), in the order of the script."""
    return tuple((str(PLAN.get(name, name)), _value(name, value)) for name, value in plan.items())


def _value(name: str, value: str) -> str:
    if name in DIGESTED:
        return ceremonies.digest(bytes.fromhex(value))
    if name == "ending":
        return str(ENDINGS.get(value, "—"))
    return str(UNLIMITED) if value == rules.UNLIMITED else value or "—"
