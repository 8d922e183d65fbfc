"""Profiles as other rooms and houses see them: read anew each time, so that none is out of date."""

from collections.abc import Iterable, Mapping

from django.db.models import Q

from ca.profiles import delivered, rules
from ca.profiles.documents import profile_from
from ca.profiles.models import ProfileVersion
from ca.profiles.rules import Profile, State

# What a version says never changes (the table refuses it), so those that were read are kept.
# Which one is in force is asked each time.
KEPT: dict[tuple[str, int], Profile] = {(one.code, 1): one for one in delivered.EVERYTHING}
_ORDER = {profile.code: place for place, profile in enumerate(delivered.EVERYTHING)}
Named = tuple[str, int]  # code and version, as orders and certificates keep them


def profiles() -> list[Profile]:
    """Those on offer, in the order of pages. One query."""
    return [profile for profile in in_force() if profile.offered]


def in_force() -> list[Profile]:
    """What is issued by now, on offer or not, in the order of pages. One query."""
    return sorted(_found(Q(state=State.IN_FORCE)).values(), key=_place)


def _place(one: Profile) -> tuple[int, str]:
    """Those that came later stand behind those that were delivered."""
    return _ORDER.get(one.code, len(_ORDER)), one.code


def profile(code: str, version: int | None = None) -> Profile:
    """The version in force, or just that one. Refuses `profile.unknown`. At most one query."""
    return wanted([(code, version)])[code, version]


def longest_days(issuer: str) -> int:
    """The longest term that certificates of this authority have, "": of any; 0: it issues none.

    No version offers a longer one than those that were delivered (`ca.profiling.rules`): by them an
    authority's end was planned.
    """
    ours = [one for one in delivered.EVERYTHING if issuer in ("", one.issuer)]
    return max((max(one.days) for one in ours), default=0)


def issued_by(issuer: str) -> list[str]:
    """Codes of the profiles that an authority issues, which is the same in all versions."""
    return [one.code for one in in_force() if one.issuer == issuer]


def on_offer(code: str) -> Profile:
    """The version in force. Refuses `profile.unknown`, `profile.not_offered`."""
    found = profile(code)
    if not found.offered and found.kind is not rules.CertificateKind.MEASUREMENT:
        raise rules.not_offered(code)
    return found


def wanted(named: Iterable[tuple[str, int | None]]) -> dict[tuple[str, int | None], Profile]:
    """The same for many, with at most one query; None stands for the version in force.

    Refuses `profile.unknown`, also for versions nobody has agreed to.
    """
    asked = set(named)
    found: dict[tuple[str, int | None], Profile] = {
        (code, version): KEPT[code, version]
        for code, version in asked
        if version and (code, version) in KEPT
    }
    some = Q()
    for code, version in asked - found.keys():
        some |= Q(code=code, state=State.IN_FORCE) if version is None else _one(code, version)
    for code, version, text, state in _rows(some & Q(state__in=rules.READABLE)) if some else []:
        one = KEPT.setdefault((code, version), profile_from(text, version))
        found[code, version] = one
        if state == State.IN_FORCE:
            found[code, None] = one
    for code, version in sorted(asked, key=str):
        if (code, version) not in found:
            raise rules.unknown(f"{code} {version or ''}".strip())
    return {one: found[one] for one in asked}


def published() -> Q:
    """Of certificates: those by profiles that are published (CPS 4.4.2)."""
    found = _found(Q(state__in=rules.READABLE))
    some = Q(pk__in=[])
    for (code, version), one in found.items():
        if one.publication is rules.Publication.GENERAL:
            some |= Q(profile=code, profile_version=version)
    return some


def are_published(named: Iterable[Named]) -> frozenset[Named]:
    """Those whose certificates everybody may have (CPS 4.4.2). At most one query."""
    found = wanted(named)
    general = rules.Publication.GENERAL
    return frozenset(
        (code, version)
        for (code, version), one in found.items()
        if version is not None and one.publication is general
    )


def _one(code: str, version: int) -> Q:
    return Q(code=code, version=version)


def _found(which: Q) -> Mapping[Named, Profile]:
    return {(code, version): profile_from(text, version) for code, version, text, _ in _rows(which)}


def _rows(which: Q) -> list[tuple[str, int, str, str]]:
    rows = ProfileVersion.objects.filter(which)
    return list(rows.values_list("code", "version", "document", "state"))
