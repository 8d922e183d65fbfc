"""What a profile may say, and what of it may change (CPS 1.5.2). Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from anxin.kernel.errors import Kind, Refusal, Refusals
from ca.profiles import delivered
from ca.profiles.rules import (
    LONGEST_KEY_YEARS,
    TITLES,
    Bearer,
    CertificateKind,
    Profile,
    Publication,
    State,
    national_of,
)

FARTHEST = timedelta(days=90)  # a change agreed to today begins by then
PATIENCE = timedelta(days=1)  # with certificates of keys that have voted
LONGEST_REASON = 500
MOST_REVIEWERS = 2  # CPS 4.3.1: there are approvals by one and by two

# What a subject may have (CPS 3.1.1), and what the counters can fill in for everybody
ATTRIBUTES = ("C", "ST", "L", "O", "OU", "CN", "serialNumber", "emailAddress")
FILLED = frozenset({"C", "O", "CN", "serialNumber"})
PURPOSES = ("clientAuth", "emailProtection", "codeSigning", "smartCardLogon")
OF_SERVERS = ("serverAuth", "clientAuth")
NATIONAL_FORMS = ("new", "old", "both")  # GB/T 20518-2018, the edition before it, both
# Whose certificates nobody publishes (CPS 4.4.2, 5.2.3)
WITHHELD = frozenset({CertificateKind.SCENARIO, CertificateKind.STAFF, CertificateKind.MEASUREMENT})
# The same for all versions: another one is another profile
OF_BASIS = ("issuer", "key_algorithm", "key_usage", "server")  # one drawn from it has the same
FIXED = ("code", "kind", *OF_BASIS, "policy", "basis", "titles")
# CPS 1.5.1: what another profile of the same applicants may be, beside what its basis is
FURTHER_KINDS = (CertificateKind.SCENARIO, CertificateKind.CLOUD)
_CODE = re.compile(r"(?=.{5,40}$)[a-z]+(-[a-z0-9]+)+")  # the first word says who applies for it
LONGEST_TITLE = 40
MOST_PRIVATE, LONGEST_TEXT = 5, 200
_ARC = r"(0|[1-9][0-9]{0,9})"
_LAST_ARCS = re.compile(rf"{_ARC}(\.{_ARC}){{0,5}}")
_OID = re.compile(rf"[12]\.{_ARC}(\.{_ARC}){{1,14}}")  # arc 0 is of standards alone
_KEYS = {"sm2": "sm2-256", "ec-p256": "sm2-256", "rsa": "rsa-2048"}  # CPS 6.3.2, as `profiles`
DELIVERED: Mapping[str, Profile] = {one.code: one for one in delivered.EVERYTHING}
# Arcs in which others number extensions and attributes, so nobody configures one of them as their
# own: RFC 5280 (2.5.29; 1.3.6.1.5), X.520, RSA's, GM/T 0006, GB/T 20518 new and old, Microsoft,
# CAs and browsers (CAB Forum 7.1.2.11), Netscape
_STANDARD = (
    "2.5", "1.3.6.1.5", "1.2.840.113549", "1.2.156.10197", "1.2.156.10260", "1.2.86.11.7",
    "1.3.6.1.4.1.311", "1.3.6.1.4.1.11129", "2.23.140", "2.16.840.1.113730",
)  # fmt: skip


def refuse(rule: str, reason: str, field: str, cps: str = "1.5.2", **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"profiles.{rule}", reason, cps=cps, field=field, **details)


def longest_years(profile: Profile) -> int:
    """No longer than a key may live (CPS 6.3.2), nor than the issuer was planned for (CPS 5.6)."""
    key = LONGEST_KEY_YEARS[Bearer.SUBSCRIBER, _KEYS[profile.key_algorithm]]
    planned = [max(one.years) for one in delivered.EVERYTHING if one.issuer == profile.issuer]
    return min(key, max(planned, default=key))


def first(profile: Profile) -> Profile | None:
    """What of the product's this one is, or was drawn from."""
    return DELIVERED.get(profile.basis or profile.code)


def is_basis(profile: Profile) -> bool:
    """Whether others may be drawn from it: what counters take applications for."""
    return profile.code in delivered.PROFILES


def kinds_from(basis: Profile) -> tuple[CertificateKind, ...]:
    return (basis.kind, *FURTHER_KINDS)


def purposes_of(profile: Profile) -> tuple[str, ...]:
    return OF_SERVERS if profile.server else PURPOSES


def check_profile(profile: Profile, *, arc: str) -> None:
    """Refuses (Refusals, each with its field) what no version may say.

    `arc`: below which the CA numbers extensions of its own.
    """
    found = list(_faults(profile, arc))
    if found:
        raise Refusals(found)


def _faults(profile: Profile, arc: str) -> Iterator[Refusal]:
    yield from _fixed(profile)
    most = longest_years(profile)
    if not profile.years or list(profile.years) != sorted({*profile.years} & {*range(1, most + 1)}):
        yield refuse("years", f"1 to {most}", "years", "6.3.2", most=most)
    yield from _wrong_attributes(profile)
    allowed = purposes_of(profile)
    if not profile.purposes or not set(profile.purposes) <= set(allowed):
        yield refuse("purposes", "one at least, of those there are", "purposes", "7.1.2")
    if profile.server and "serverAuth" not in profile.purposes:
        yield refuse("purposes", "a server authenticates as one", "purposes", "7.1.2")
    if not _LAST_ARCS.fullmatch(profile.policy):
        yield refuse("policy", "not an object identifier", "policy", "7.1.2")
    if profile.publication is Publication.GENERAL and profile.kind in WITHHELD:
        yield refuse("publication", "never published", "publication", "4.4.2")
    enough = 1 if profile.kind is CertificateKind.STAFF else MOST_REVIEWERS
    if not 1 <= profile.reviews <= enough:
        yield refuse("reviews", f"1 to {enough}", "reviews", "4.3.1", most=enough)
    yield from _wrong_offer(profile)
    yield from _wrong_extensions(profile)
    yield from _wrong_private(profile, arc)
    yield from _wrong_evidence(profile)


def _wrong_offer(profile: Profile) -> Iterator[Refusal]:
    if profile.offered and profile.kind in WITHHELD - {CertificateKind.SCENARIO}:
        yield refuse("offered", "no counter takes applications for it", "offered", "1.5.1")
    if profile.retired and (profile.offered or profile.kind is CertificateKind.STAFF):
        yield refuse("retired_needed", "staff sign in with it", "retired", "5.2.3")


def _fixed(profile: Profile) -> Iterator[Refusal]:
    basis = first(profile)
    for name in OF_BASIS if profile.basis else FIXED:
        if basis is None or getattr(profile, name) != getattr(basis, name):
            yield refuse("fixed", f"{name} stays", name)
            return
    if basis is not None and profile.basis:
        yield from _wrong_identity(profile, basis)


def _wrong_identity(profile: Profile, basis: Profile) -> Iterator[Refusal]:
    """Of a profile that did not come with the product."""
    word = basis.code.partition("-")[0]
    if profile.code.partition("-")[0] != word or not _CODE.fullmatch(profile.code):
        yield refuse("code", "who applies, and words of its own", "code", "1.5.1", word=word)
    if not is_basis(basis) or profile.kind not in kinds_from(basis):
        yield refuse("kind", f"{profile.kind} from {basis.code}", "kind", "1.5.1")
    titles = dict(profile.titles)
    if [*titles] != [*TITLES] or not all(map(_is_title, titles.values())):
        yield refuse("titles", "a name in each language", "title_zh", "1.5.1")
    elif not titles["en"].isascii():
        yield refuse("titles", "English", "title_en", "1.5.1")


def _is_title(text: str) -> bool:
    return 0 < len(text) <= LONGEST_TITLE and text.isprintable() and text == text.strip()


def check_new(profile: Profile, others: Iterable[Profile]) -> None:
    """Refuses (Refusals) a code, a policy or a name that another profile has."""
    taken = []
    for one in others:
        if one.code == profile.code:
            taken.append(refuse("code_taken", profile.code, "code", "1.5.1"))
        elif one.policy == profile.policy:
            taken.append(refuse("policy_taken", f"of {one.code}", "policy", code=one.code))
        elif {*dict(one.titles).values()} & {*dict(profile.titles).values()}:
            taken.append(refuse("title_taken", f"of {one.code}", "title_zh", code=one.code))
    if taken:
        raise Refusals(list({one.rule: one for one in taken}.values()))


def _wrong_attributes(profile: Profile) -> Iterator[Refusal]:
    """CPS 3.1.2: what names somebody stays; what nobody fills in is asked of nobody."""
    basis = first(profile)
    for short, must in basis.attributes.items() if basis else ():
        if must and not profile.attributes.get(short, False):
            yield refuse("attribute_needed", short, f"attribute_{short}", "3.1.2", attribute=short)
    for short, must in profile.attributes.items():
        if short not in ATTRIBUTES or (must and short not in FILLED):
            yield refuse("attribute", short, f"attribute_{short}", "3.1.1", attribute=short)


def _wrong_extensions(profile: Profile) -> Iterator[Refusal]:
    known = national_of(profile)
    for what, form in profile.extensions:
        if what not in known or form not in NATIONAL_FORMS:
            yield refuse("extension", f"{what} {form}", f"extension_{what}", "7.1.2")
    if len({what for what, _ in profile.extensions}) < len(profile.extensions):
        yield refuse("extension", "twice", "extensions", "7.1.2")


def _wrong_private(profile: Profile, arc: str) -> Iterator[Refusal]:
    """CPS 7.1.2: of the CA's own arc, each one UTF8String of so many characters."""
    if len(profile.private) > MOST_PRIVATE or len(dict(profile.private)) < len(profile.private):
        yield refuse("private", f"at most {MOST_PRIVATE}, each once", "private", "7.1.2")
    for oid, text in profile.private:
        legible = 0 < len(text) <= LONGEST_TEXT and text.isprintable() and text == text.strip()
        if not _OID.fullmatch(oid) or not legible:
            yield refuse("private", f"{oid} {text!r}", "private", "7.1.2")
        elif not _below(oid, arc) or any(_below(oid, one) for one in _STANDARD):
            yield refuse("private_arc", f"{oid} outside {arc}", "private", "7.1.2", arc=arc)


def _below(oid: str, arc: str) -> bool:
    return oid.startswith(f"{arc}.")


def _wrong_evidence(profile: Profile) -> Iterator[Refusal]:
    """CPS 3.2.2, 3.2.3: no document less than the CPS asks for; one that depends may be for all."""
    basis, asked = first(profile), dict(profile.evidence)
    least = dict(basis.evidence) if basis else {}
    same = asked.keys() == least.keys() and len(asked) == len(profile.evidence)
    if not same or any(when not in {least[code], "always"} for code, when in asked.items()):
        yield refuse("evidence", "no less than the CPS asks for", "evidence", "3.2.3")


def check_change(before: Profile, after: Profile) -> None:
    """Refuses what stays in all versions, what says the same, and any change of a retired one."""
    if before.retired:
        raise Refusal(Kind.CONFLICT, "profiles.retired", "it is retired", cps="1.5.1")
    for name in FIXED:
        if getattr(before, name) != getattr(after, name):
            raise refuse("fixed", f"{name} stays", name)
    if all(getattr(before, name) == getattr(after, name) for name in _CHANGING):
        raise Refusal(Kind.CONFLICT, "profiles.same", "nothing changes", cps="1.5.2")


_CHANGING = (
    "years",
    "attributes",
    "purposes",
    "extensions",
    "private",
    "publication",
    "reviews",
    "offered",
    "evidence",
    "retired",
)


def check_call_off(state: str, day: date | None, *, today: date) -> None:
    """Refuses (CONFLICT) to call off what has begun, or what nobody has agreed to yet."""
    if state != State.AGREED or (day is not None and day <= today):
        raise Refusal(Kind.CONFLICT, "profiles.not_to_come", f"it is {state}", cps="1.5.2")


def check_base(seen: int, in_force: int) -> None:
    """Refuses a change drawn up from a version that is not in force any more."""
    if seen != in_force:
        raise Refusal(
            Kind.CONFLICT, "profiles.changed_meanwhile", f"{in_force} is in force, not {seen}"
        )


def check_day(day: date | None, *, today: date) -> None:
    """Refuses a change for a day that is over or too far off; none: as soon as it is agreed to."""
    if day is not None and not today < day <= today + FARTHEST:
        raise refuse("valid_from", "tomorrow at the earliest", "valid_from", days=FARTHEST.days)


def differences(
    before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """(field, what is taken away, what is added) of two profiles in words, field by field."""
    found = []
    for field, now in after.items():
        was = before.get(field, ())
        gone = tuple(one for one in was if one not in now)
        new = tuple(one for one in now if one not in was)
        if gone or new:
            found.append((field, gone, new))
    return found
