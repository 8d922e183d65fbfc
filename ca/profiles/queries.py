"""Profiles as other houses see them."""

from collections.abc import Iterable

from ca.profiles import rules


def profiles() -> Iterable[rules.Profile]:
    """Those on offer."""
    return rules.PROFILES.values()


def profile(code: str) -> rules.Profile:
    """Refuses `profile.unknown`."""
    return rules.profile_of(code)
