"""Reads: what waits to be published, what its entry says, and how the directory is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Min, QuerySet

from anxin.kernel import deliveries
from ca import wording
from ca.crl import queries as lists
from ca.crl.models import RevocationList
from ca.crl.rules import State as ListState
from ca.directory import rules
from ca.directory.models import DirectoryEntry, DirectoryReport
from ca.directory.rules import Entry, Kind
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.queries import parsed
from ca.hierarchy.rules import State as AuthorityState
from ca.hierarchy.rules import certifies_authorities
from pki import names


def waits(*, at: datetime) -> bool:
    """Whether anything is due."""
    waiting = DirectoryEntry.objects.filter(state__in=deliveries.WAITING, due_at__lte=at)
    return waiting.exists()


def resting(*, at: datetime) -> bool:
    """Whether the directory is left in peace after it could not be reached."""
    return DirectoryReport.objects.filter(again_at__gt=at).exists()


def authorities() -> dict[int, str]:
    """Codes of those that write, by their ids."""
    rows = CertificateAuthority.objects.filter(state=AuthorityState.ACTIVE).order_by("pk")
    return dict(rows.values_list("pk", "code"))


def latest_lists() -> dict[int, tuple[int, datetime]]:
    """Number and time of each authority's latest list."""
    rows = RevocationList.objects.filter(state=ListState.PUBLISHED).order_by("ca_id", "-number")
    found = rows.distinct("ca_id").values_list("ca_id", "number", "this_update")
    return {ca_id: (number, since) for ca_id, number, since in found}


def behind(ca_ids: Sequence[int]) -> int:
    """How many of these authorities have a later list than the one that stands there."""
    last = {ca_id: number for ca_id, (number, _) in latest_lists().items()}
    rows = DirectoryEntry.objects.filter(kind=Kind.LIST, state=rules.State.PUBLISHED)
    there = dict(rows.filter(ca_id__in=ca_ids).values_list("ca_id", "number"))
    return sum((there.get(ca_id) or 0) < last.get(ca_id, 0) for ca_id in ca_ids)


def there_or_behind(ca_ids: Sequence[int]) -> int:
    """The same, and how many of their certificates stand there, or wait to."""
    return behind(ca_ids) + _there(ca_ids).count()


def _there(ca_ids: Sequence[int]) -> QuerySet[DirectoryEntry]:
    rows = DirectoryEntry.objects.filter(ca_id__in=ca_ids, kind=Kind.CERTIFICATE)
    return rows.exclude(state=rules.State.WITHDRAWN)


def to_withdraw(ca_ids: Sequence[int]) -> list[DirectoryEntry]:
    """A batch of their certificates that stand there, or wait to."""
    return list(_there(ca_ids).order_by("pk")[: rules.WITHDRAWN_AT_ONCE])


def places_of(rows: Sequence[DirectoryEntry]) -> list[str]:
    """The names of these certificates' entries."""
    found = DirectoryEntry.objects.filter(pk__in=[row.pk for row in rows])
    return [
        rules.certificate_place(settings.LDAP_BASE, code, serial or "")
        for code, serial in found.values_list("ca__code", "certificate__serial")
    ]


@dataclass(frozen=True, slots=True)
class Content:
    """`number`: of a list."""

    entry: Entry
    number: int | None = None


def contents(rows: Sequence[DirectoryEntry]) -> dict[int, Content]:
    """What is to stand there now, by the rows' ids."""
    found = {row.pk: _of_authority(row) for row in rows if row.kind != Kind.CERTIFICATE}
    ids = [row.pk for row in rows if row.kind == Kind.CERTIFICATE]
    columns = ("pk", "ca__code", "certificate__serial", "certificate__subject", "certificate__der")
    values = DirectoryEntry.objects.filter(pk__in=ids).values_list(*columns)
    for pk, code, serial, subject, der in values:
        name = names.parse(bytes(subject))
        found[pk] = Content(
            rules.certificate_entry(
                settings.LDAP_BASE,
                code,
                serial=serial or "",
                name=name.get("CN") or "",
                organization=name.get("O") or "",
                der=bytes(der or b""),
            )
        )
    return found


def _of_authority(row: DirectoryEntry) -> Content:
    ca = row.ca
    certificate = bytes(ca.certificate or b"")
    if row.kind == Kind.AUTHORITY:
        return Content(rules.authority_entry(settings.LDAP_BASE, ca.code, der=certificate))
    last = lists.latest(ca.pk)
    assert last is not None  # the row is there because a list is
    entry = rules.list_entry(
        settings.LDAP_BASE,
        ca.code,
        der=bytes(last.der or b""),
        of_authorities=certifies_authorities(parsed(certificate)),
    )
    return Content(entry, last.number)


@dataclass(frozen=True, slots=True)
class EntryView:
    """Of a certificate: since when it stands in the directory, or `waiting_since`."""

    published_at: datetime | None
    waiting_since: datetime | None
    error: str


def entry_of(certificate_id: int) -> EntryView | None:
    """None for one that is not to be published, or no more."""
    row = DirectoryEntry.objects.filter(certificate_id=certificate_id).first()
    if row is None or row.state == rules.State.WITHDRAWN:
        return None
    if row.state == rules.State.PUBLISHED:
        return EntryView(row.sent_at, None, "")
    return EntryView(None, row.made_at, row.error)


@dataclass(frozen=True, slots=True)
class DirectoryView:
    """For the dashboard. `address` is "" where no directory is set up, `at` None before a worker
    has asked it; `waiting_since`: the entry that waits longest.
    """

    address: str
    at: datetime | None
    since: datetime | None
    reachable: bool
    fault: str
    detail: str
    published_at: datetime | None
    waiting: int
    failed: int
    waiting_since: datetime | None

    @property
    def is_down(self) -> bool:
        return bool(self.address and self.at and not self.reachable)


def directory() -> DirectoryView:
    waiting = DirectoryEntry.objects.filter(state__in=deliveries.WAITING)
    report = DirectoryReport.objects.filter(pk=DirectoryReport.ONLY).first()
    fault = report.fault if report else ""
    return DirectoryView(
        address=settings.LDAP_URL,
        at=report.at if report else None,
        since=report.since if report else None,
        reachable=bool(report and report.reachable),
        fault=str(wording.DIRECTORY_FAULTS[fault]) if fault else "",
        detail=report.detail if report else "",
        published_at=report.published_at if report else None,
        waiting=waiting.count(),
        failed=waiting.filter(state=rules.State.FAILED).count(),
        waiting_since=waiting.aggregate(oldest=Min("made_at"))["oldest"],
    )
