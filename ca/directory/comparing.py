"""Whether the directory says what the database does, and having it put right."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from anxin.kernel import deliveries
from anxin.kernel.actors import Actor
from audit.log import advance_many, record_many, subject_of
from ca.directory import ldap, queries, rules, services
from ca.directory.models import DirectoryEntry
from ca.hierarchy import places
from ca.issuing.models import Certificate
from ca.issuing.rules import ISSUED
from ca.profiles.queries import are_published, published

BATCH = 500


@dataclass(slots=True)
class Comparison:
    """Certificates by their ids, of authorities the entries' own (`authorities`).

    `unknown` are serial numbers there that the database has not: after a restore they may be all
    that is left of certificates, so nobody removes them. `withheld`: there, and not to be.
    """

    equal: int = 0
    waiting: int = 0
    missing: list[int] = field(default_factory=list)
    different: list[int] = field(default_factory=list)
    withheld: dict[int, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    authorities: list[int] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not (self.wrong or self.withheld or self.unknown)

    @property
    def wrong(self) -> int:
        """What publishing it anew puts right."""
        return len(self.missing) + len(self.different) + len(self.authorities)


def compare(directory: ldap.Directory) -> Comparison:
    """All of it. Raises Unreachable, NotTaken."""
    found = Comparison()
    there: set[int] = set()
    for ca_id, code in queries.authorities().items():
        branch = places.branch(code, settings.LDAP_BASE)
        shown = directory.below(branch, "pkiUser", rules.USER_CERTIFICATE)
        for page in _pages(shown):
            _compare_page(found, there, ca_id, page)
    for pk, state in _to_be_published().values_list("pk", "directory_entry__state").iterator():
        if pk in there:
            continue
        if state in deliveries.WAITING:
            found.waiting += 1
        else:
            found.missing.append(pk)
    found.authorities = _different_authorities(directory)
    return found


def _to_be_published() -> QuerySet[Certificate]:
    issued = [state.value for state in ISSUED]
    withdrawn = Q(directory_entry__state=rules.State.WITHDRAWN)
    rows = Certificate.objects.filter(published(), state__in=issued)
    return rows.exclude(withdrawn).order_by("pk")


def _pages(shown: Iterator[tuple[str, bytes]]) -> Iterator[dict[str, bytes]]:
    """Certificates by their serial numbers, some at a time."""
    page: dict[str, bytes] = {}
    for dn, der in shown:
        page[dn.partition("=")[2].partition(",")[0].lower()] = der
        if len(page) == BATCH:
            yield page
            page = {}
    yield page


def _compare_page(found: Comparison, there: set[int], ca_id: int, page: dict[str, bytes]) -> None:
    rows = Certificate.objects.filter(ca_id=ca_id, serial__in=list(page))
    known = list(rows.values_list("serial", "pk", "profile", "profile_version", "der"))
    general = are_published({(profile, version) for _, _, profile, version, _ in known})
    for serial, pk, profile, version, der in known:
        shown = page.pop(serial or "")
        there.add(pk)
        if (profile, version) not in general:
            found.withheld[pk] = serial or ""
        elif shown == bytes(der or b""):
            found.equal += 1
        else:
            found.different.append(pk)
    found.unknown += sorted(page)


def _different_authorities(directory: ldap.Directory) -> list[int]:
    """Entries of authorities and lists that say something else, unless they wait."""
    rows = DirectoryEntry.objects.filter(
        certificate__isnull=True, state=rules.State.PUBLISHED
    ).select_related("ca")
    entries = list(rows.order_by("pk"))
    wanted = queries.contents(entries)
    return [row.pk for row in entries if not _stands(directory, wanted[row.pk].entry)]


def _stands(directory: ldap.Directory, entry: rules.Entry) -> bool:
    return all(
        directory.read(entry.dn, name) == value
        for name, value in entry.attributes.items()
        if isinstance(value, bytes)
    )


def repair(directory: ldap.Directory, found: Comparison, *, actor: Actor, at: datetime) -> None:
    """Have what is missing or different published anew; take away what is not to be there."""
    certificates = [*found.missing, *found.different]
    for start in range(0, len(certificates), BATCH):
        _publish_anew(certificates[start : start + BATCH], actor=actor, at=at)
    _renew(DirectoryEntry.objects.filter(pk__in=found.authorities), actor=actor, at=at)
    _remove(directory, found.withheld, actor=actor, at=at)


@transaction.atomic
def _publish_anew(ids: list[int], *, actor: Actor, at: datetime) -> None:
    rows = DirectoryEntry.objects.filter(certificate_id__in=ids, state=rules.State.PUBLISHED)
    _renew(rows, actor=actor, at=at)
    without = Certificate.objects.filter(pk__in=ids, directory_entry__isnull=True)
    by_authority: dict[int, list[Certificate]] = {}
    for row in without.only("pk", "ca", "profile", "profile_version").select_for_update(
        of=("self",)
    ):
        by_authority.setdefault(row.ca_id, []).append(row)
    for ca_id, certificates in by_authority.items():
        services.enter(certificates, ca_id, at=at)


@transaction.atomic
def _renew(found: QuerySet[DirectoryEntry], *, actor: Actor, at: datetime) -> None:
    rows = list(found.select_for_update(of=("self",)))
    for row in rows:
        row.made_at, row.due_at, row.tries = at, at, 0
    advance_many(rows, "renew", actor=actor, at=at, columns=services.ANEW)


def _remove(
    directory: ldap.Directory, withheld: dict[int, str], *, actor: Actor, at: datetime
) -> None:
    """Written down before it is done: a removal nobody wrote down would be a hole."""
    rows = Certificate.objects.filter(pk__in=withheld).select_related("ca").defer("der", "tbs")
    removed = list(rows)
    if not removed:
        return
    record_many(
        "ca.directory_removed", [(subject_of(row), {}) for row in removed], actor=actor, at=at
    )
    for row in removed:
        directory.remove(rules.certificate_place(settings.LDAP_BASE, row.ca.code, row.serial or ""))
