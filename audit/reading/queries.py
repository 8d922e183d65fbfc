"""The journal as the auditors see it; every shown link is recomputed on the way."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from anxin.kernel import canonical
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.numbers import day_of, number_in
from audit.journal import queries as chain
from audit.journal import rules as links
from audit.journal.models import Entry, Link
from audit.reading.rules import NOBODY, PAGE, Filters
from people.api import staff_matching


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry; `seq` is None until it is chained. `holds` is what recomputing its link said."""

    content: links.Content
    roles: tuple[str, ...]
    seq: int | None
    digest: str
    previous: str
    holds: bool

    @property
    def refused(self) -> bool:
        return self.content.outcome != "done"

    @property
    def canonical(self) -> str:
        """The text whose SM3 is the digest, byte for byte; "" while the entry waits."""
        if self.seq is None:
            return ""
        return canonical.encode(links.body(self.seq, self.previous, self.content)).decode()


@dataclass(frozen=True, slots=True)
class Page:
    entries: tuple[EntryView, ...]
    newer: int | None  # show what is after this id
    older: int | None  # show what is before this id


@dataclass(frozen=True, slots=True)
class Verification:
    """What the last walk along the whole chain found.

    `heads` kept by the signer were compared; None when it did not answer. `witnessed` unless it did
    not, or has fewer than it had before.
    """

    at: datetime
    entries: int
    heads: int | None
    broken_at: int | None
    fault: str
    witnessed: bool


@dataclass(frozen=True, slots=True)
class ChainState:
    seq: int
    digest: str
    waiting: int
    waiting_since: datetime | None
    verified: Verification | None

    @property
    def since(self) -> int:
        """How many entries were chained after the last full walk."""
        return self.seq - self.verified.entries if self.verified else self.seq


def entries(
    filters: Filters, *, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> Page:
    """A page of entries, newest first: those before an id, or those after one."""
    found = _matching(filters)
    if after is not None:
        rows = list(found.filter(pk__gt=after).order_by("pk")[: limit + 1])
        more_newer, more_older = len(rows) > limit, True
        rows = rows[:limit][::-1]
    else:
        older = found if before is None else found.filter(pk__lt=before)
        rows = list(older.order_by("-pk")[: limit + 1])
        more_newer, more_older = before is not None, len(rows) > limit
        rows = rows[:limit]
    return Page(
        entries=_views(rows),
        newer=rows[0].pk if rows and more_newer else None,
        older=rows[-1].pk if rows and more_older else None,
    )


def entry(entry_id: int) -> EntryView:
    """One entry; Refusal NOT_FOUND."""
    rows = list(Entry.objects.select_related("link").filter(pk=entry_id))
    if not rows:
        raise Refusal(Kind.NOT_FOUND, "journal.no_such_entry", f"no entry {entry_id}")
    return _views(rows)[0]


def chain_state() -> ChainState:
    """Where the chain ends, what waits behind it, and what the last full walk found."""
    head = chain.head()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(at) FROM audit_entry WHERE (xid, id) > (%s::text::xid8, %s)",
            [head.xid, head.entry],
        )
        waiting, since = cursor.fetchone()
    return ChainState(head.seq, head.digest, waiting, since, _last_verification())


def _last_verification() -> Verification | None:
    row = Entry.objects.filter(action=links.VERIFIED).order_by("-pk").first()
    if row is None:
        return None
    said = json.loads(row.details)
    return Verification(
        at=row.at,
        entries=said["entries"],
        heads=said.get("heads"),
        broken_at=said.get("broken_at"),
        fault=said.get("fault", ""),
        witnessed=row.outcome != links.Outcome.UNWITNESSED,
    )


def heads_compared() -> int:
    """How many heads the last walk has compared that could compare any."""
    rows = Entry.objects.filter(action=links.VERIFIED).exclude(details__contains='"heads":null')
    said = rows.order_by("-pk").values_list("details", flat=True).first()
    return int(json.loads(said).get("heads") or 0) if said else 0


def _matching(filters: Filters) -> QuerySet[Entry]:
    wanted = Q()
    if filters.actor in NOBODY:
        wanted &= Q(actor_id__isnull=True, actor_name=filters.actor)
    elif filters.actor:
        wanted &= Q(actor_id__in=staff_matching(filters.actor))
    if filters.action:
        wanted &= Q(action__startswith=filters.action)
    if filters.subject:
        wanted &= Q(subject__in=_subjects(filters.subject))
    if filters.since:
        wanted &= Q(at__gte=filters.since)
    if filters.until:
        wanted &= Q(at__lt=filters.until)
    if filters.refused:
        wanted &= ~Q(outcome="done")
    return Entry.objects.select_related("link").filter(wanted)


def _subjects(text: str) -> list[str]:
    """What a subject, a printed number, or the name of somebody who works here may mean."""
    people = (f"people.staffmember:{person}" for person in staff_matching(text))
    return [text, *people, *_numbered(text)]


def _numbered(text: str) -> set[str]:
    """Whatever was opened under a printed number, which tells the day and stands in the entry."""
    number = number_in(text)
    day = number and day_of(number)
    if not day:
        return set()
    opened = Entry.objects.filter(at__gte=day, at__lt=day + timedelta(days=1))
    return set(
        opened.filter(details__contains=f'"number":"{number}"').values_list("subject", flat=True)
    )


def _views(rows: list[Entry]) -> tuple[EntryView, ...]:
    sealed = [row.link.seq for row in rows if hasattr(row, "link")]
    before = dict(
        Link.objects.filter(seq__in=[seq - 1 for seq in sealed]).values_list("seq", "digest")
    )
    return tuple(_view(row, {0: links.GENESIS, **before}) for row in rows)


def _view(row: Entry, digests: dict[int, str]) -> EntryView:
    columns: dict[str, Any] = {name: getattr(row, name) for name in links.Content.__slots__}
    content = links.Content(**columns)
    roles = tuple(filter(None, row.actor_roles.split(",")))
    if not hasattr(row, "link"):
        return EntryView(content, roles, None, "", "", holds=True)
    link = links.Link(row.link.seq, row.pk, row.link.xid, row.link.previous, row.link.digest)
    broken = links.check(link, content, seq=link.seq, previous=digests.get(link.seq - 1, ""))
    return EntryView(content, roles, link.seq, link.digest, link.previous, holds=broken is None)
