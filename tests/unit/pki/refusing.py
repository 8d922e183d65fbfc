"""Asking the library for its refusals."""

from collections.abc import Callable

from pki.errors import PkiError


def rule_of(action: Callable[..., object], *arguments: object, **options: object) -> str:
    """The rule by which this is refused; empty if it is not. Any other exception is a failure."""
    try:
        action(*arguments, **options)
    except PkiError as refusal:
        return refusal.rule
    return ""
