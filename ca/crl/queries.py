"""Reads: the latest lists, what they lack, and how fresh they are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, QuerySet

from anxin.kernel.errors import Kind, Refusal
from ca import wording
from ca.crl import rules
from ca.crl.models import RevocationList
from ca.hierarchy import queries as hierarchy
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.rules import State as AuthorityState
from ca.issuing.models import Certificate
from ca.revocation.models import AuthorityRevocation, Hold, LinkRevocation, Revocation
from ca.revocation.rules import releases
from people.api import spent
from pki.crls import Entry


def latest(ca_id: int) -> RevocationList | None:
    """The authority's last published list."""
    return _published(ca_id).first()


def _published(ca_id: int) -> QuerySet[RevocationList]:
    rows = RevocationList.objects.filter(ca_id=ca_id, state=rules.State.PUBLISHED)
    return rows.order_by("-number")


def _latest(ca_id: int) -> RevocationList | None:
    """The same without its DER, which may have megabytes."""
    return _published(ca_id).defer("der").first()


def behind(ca_ids: Collection[int]) -> set[int]:
    """Those whose last list the signer refused: it had signed a later one (`adopt_list`)."""
    rows = RevocationList.objects.filter(ca_id__in=ca_ids).order_by("ca_id", "-number")
    last = rows.distinct("ca_id").values_list("ca_id", "state", "fault")
    return {
        ca_id
        for ca_id, state, fault in last
        if state == rules.State.ABANDONED and fault.partition(":")[0] == rules.BEHIND
    }


def entries(ca_id: int, previous: RevocationList | None) -> list[bytes]:
    """What the next list holds: what is revoked or on hold.

    Expired certificates stay on one more list (RFC 5280 3.3), which is the end of a hold, too.
    """
    after = {"not_after__gte": previous.this_update} if previous else {}
    revoked = Revocation.objects.filter(ca_id=ca_id, **after)
    held = Hold.objects.filter(ca_id=ca_id, ended_at__isnull=True, **after)
    above = [table.objects.filter(ca_id=ca_id, **after) for table in ABOVE]
    tables = (*above, revoked, held)
    rows = (table.order_by("pk").values_list("entry", flat=True) for table in tables)
    return [bytes(entry) for found in rows for entry in found.iterator(chunk_size=10_000)]


@dataclass(frozen=True, slots=True)
class News:
    """What no list has told of yet: revocations, holds that began, holds that ended, authorities
    below and link certificates that were revoked (ids).
    """

    revoked: list[int]
    held: list[int]
    ended: list[int]
    authorities: list[int]
    links: list[int]

    def __len__(self) -> int:
        found = (self.revoked, self.held, self.ended, self.authorities, self.links)
        return sum(map(len, found))


_News = tuple[
    QuerySet[Revocation],
    QuerySet[Hold],
    QuerySet[Hold],
    QuerySet[AuthorityRevocation],
    QuerySet[LinkRevocation],
]
ABOVE = (AuthorityRevocation, LinkRevocation)


def _news(ca_id: int) -> _News:
    holds = Hold.objects.filter(ca_id=ca_id)
    return (
        Revocation.objects.filter(ca_id=ca_id, listed_at__isnull=True),
        holds.filter(ended_at__isnull=True, listed_at__isnull=True),
        holds.filter(ended_at__isnull=False, listed_at__isnull=False, dropped_at__isnull=True),
        AuthorityRevocation.objects.filter(ca_id=ca_id, listed_at__isnull=True),
        LinkRevocation.objects.filter(ca_id=ca_id, listed_at__isnull=True),
    )


def unlisted(ca_id: int) -> News:
    return News(*(list(rows.values_list("pk", flat=True)) for rows in _news(ca_id)))


def _oldest_unlisted(ca_id: int) -> datetime | None:
    revoked, held, ended, authorities, links = _news(ca_id)
    oldest = (
        revoked.aggregate(at=Min("revoked_at"))["at"],
        held.aggregate(at=Min("held_at"))["at"],
        ended.aggregate(at=Min("ended_at"))["at"],
        authorities.aggregate(at=Min("revoked_at"))["at"],
        links.aggregate(at=Min("revoked_at"))["at"],
    )
    return min((moment for moment in oldest if moment), default=None)


def unrevoked(ca_id: int, serials: Iterable[int]) -> list[int]:
    """Those of `serials` that are neither revoked nor on hold here."""
    wanted = {f"{serial:x}": serial for serial in serials}
    here = {"ca_id": ca_id, "certificate__serial__in": list(wanted)}
    revoked = Revocation.objects.filter(**here)
    held = Hold.objects.filter(**here, ended_at__isnull=True)
    for rows in (revoked, held):
        for found in rows.values_list("certificate__serial", flat=True):
            wanted.pop(found or "", None)
    for table in ABOVE:
        above = table.objects.filter(ca_id=ca_id, serial__in=list(wanted))
        for serial in above.values_list("serial", flat=True):
            wanted.pop(serial, None)
    return sorted(wanted.values())


def expired(ca_id: int, serials: Iterable[int], before: datetime) -> dict[int, bytes]:
    """Those of `serials` whose certificates ended before that moment, with the certificates."""
    wanted = [f"{serial:x}" for serial in serials]
    rows = Certificate.objects.filter(ca_id=ca_id, serial__in=wanted, not_after__lt=before)
    over = {"ca_id": ca_id, "serial__in": wanted, "not_after__lt": before}
    authorities = AuthorityRevocation.objects.filter(**over)
    links = LinkRevocation.objects.filter(**over)
    found = [
        *rows.values_list("serial", "der"),
        *authorities.values_list("serial", "authority__certificate"),
        *links.values_list("serial", "link__certificate"),
    ]
    return {int(serial or "", 16): bytes(der or b"") for serial, der in found}


def released(ca_id: int, gone: Iterable[Entry]) -> frozenset[int]:
    """Serial numbers of those entries whose hold, this very one, was released by an approval."""
    entries = {entry.der: entry.serial for entry in gone}
    serials = [f"{serial:x}" for serial in entries.values()]
    ended = Hold.objects.filter(
        ca_id=ca_id, certificate__serial__in=serials, release_warrant__isnull=False
    ).values_list("certificate_id", "certificate__requester", "entry", "release_warrant")
    rows = [(key, by, bytes(entry), warrant or 0) for key, by, entry, warrant in ended]
    approved = spent([warrant for *_, warrant in rows])
    return frozenset(
        entries[entry]
        for key, by, entry, warrant in rows
        if entry in entries
        and warrant in approved
        and releases(approved[warrant].action, approved[warrant].subject, key, by)
    )


@dataclass(frozen=True, slots=True)
class ListFile:
    """The list as relying parties fetch it."""

    der: bytes
    sm3: str
    this_update: datetime
    next_update: datetime


def list_file(code: str) -> ListFile:
    """Refuses `crl.unknown`."""
    rows = RevocationList.objects.filter(ca__code=code, state=rules.State.PUBLISHED)
    row = rows.order_by("-number").first()
    if row is None:
        raise Refusal(Kind.NOT_FOUND, "crl.unknown", f"no list of {code}")
    return ListFile(bytes(row.der or b""), row.sm3, row.this_update, row.next_update)


@dataclass(frozen=True, slots=True)
class ListView:
    """One authority's line on the dashboard and on the public page.

    `elapsed` and `planned` are shares of the list's life in percent; `left` is until nextUpdate.
    """

    ca_id: int
    code: str
    authority: str
    demo: bool
    number: int | None
    entries: int
    this_update: datetime | None
    next_update: datetime | None
    sm3: str
    freshness: str
    freshness_label: str
    elapsed: int
    planned: int
    left: timedelta | None
    unlisted: int


def list_views(at: datetime) -> list[ListView]:
    """All active authorities, superiors first."""
    rows = CertificateAuthority.objects.filter(state=AuthorityState.ACTIVE).order_by("pk")
    return [_view(row, _latest(row.pk), at) for row in rows]


def active() -> list[int]:
    """Authorities that issue lists."""
    rows = CertificateAuthority.objects.filter(state=AuthorityState.ACTIVE)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def is_due(ca_id: int, at: datetime) -> bool:
    """Whether an authority's next list is to be issued now."""
    row = CertificateAuthority.objects.get(pk=ca_id)
    return rules.is_due(_standing(row, _latest(ca_id)), at=at)


def _standing(ca: CertificateAuthority, last: RevocationList | None) -> rules.Standing:
    return rules.Standing(
        this_update=last.this_update if last else None,
        next_update=last.next_update if last else None,
        requested_at=ca.crl_requested_at,
        oldest_unlisted=_oldest_unlisted(ca.pk),
    )


def _view(ca: CertificateAuthority, last: RevocationList | None, at: datetime) -> ListView:
    standing = _standing(ca, last)
    fresh = rules.freshness(standing, at=at)
    life = last.next_update - last.this_update if last else rules.LIFETIME
    elapsed = (at - last.this_update) / life if last else 0.0
    return ListView(
        ca_id=ca.pk,
        code=ca.code,
        authority=ca.subject,
        demo=ca.demo,
        number=last.number if last else None,
        entries=last.entries if last else 0,
        this_update=standing.this_update,
        next_update=standing.next_update,
        sm3=last.sm3 if last else "",
        freshness=fresh,
        freshness_label=str(wording.FRESHNESS[fresh]),
        elapsed=min(100, max(0, round(100 * elapsed))),
        planned=round(100 * (rules.PLANNED_EVERY / rules.LIFETIME)),
        left=last.next_update - at if last else None,
        unlisted=len(unlisted(ca.pk)),
    )


@dataclass(frozen=True, slots=True)
class Repository:
    """The public page: each authority beside its list."""

    at: datetime
    authorities: tuple[tuple[hierarchy.AuthorityView, ListView], ...]


def repository(at: datetime) -> Repository:
    lists = {view.code: view for view in list_views(at)}
    views = hierarchy.authority_views()
    return Repository(at, tuple((view, lists[view.code]) for view in views))
