"""What documents there are, and their pages; pictures are opened by `services`, which notes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from ra.applications.queries import visible
from ra.evidence.models import Document, Opened, Page


@dataclass(frozen=True, slots=True)
class PageView:
    """`number` counts from 1; size in pixels; `opened` by the person who asks."""

    number: int
    width: int
    height: int
    opened: bool


@dataclass(frozen=True, slots=True)
class DocumentView:
    """`opened`: the person who asks has had every page before their eyes."""

    id: int
    slot: str
    kind: str
    size: int
    sm3: str
    accepted_by: int
    accepted_at: datetime
    pages: tuple[PageView, ...]
    opened: bool


def unknown(document_id: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "evidence.unknown", f"no document {document_id}", cps="1.4.2")


def documents(application_id: int, viewer_id: int | None) -> list[DocumentView]:
    """Documents in hand, in the order they came; one query: every document has a page."""
    opened = Opened.objects.filter(page=OuterRef("pk"), viewer_id=viewer_id or 0)
    pages = (
        Page.objects.filter(document__application=application_id, document__removed_at__isnull=True)
        .select_related("document")
        .annotate(was_opened=Exists(opened))
        .order_by("document", "number")
    )
    return [_view(list(of_one)) for _, of_one in groupby(pages, lambda page: page.document_id)]


def unopened(application_id: int, viewer_id: int | None) -> list[DocumentView]:
    """Documents this person has yet to see."""
    return [document for document in documents(application_id, viewer_id) if not document.opened]


def held_slots(application_id: int) -> frozenset[str]:
    """Slots with at least one document."""
    rows = Document.objects.filter(application_id=application_id, removed_at__isnull=True)
    return frozenset(rows.values_list("slot", flat=True).distinct())


def held_counts(applications: Iterable[int]) -> dict[int, int]:
    """How many slots hold a document, by application; one query for a page of a list."""
    rows = Document.objects.filter(application_id__in=list(applications), removed_at__isnull=True)
    counts: dict[int, int] = {}
    for application_id, _ in rows.values_list("application_id", "slot").distinct():
        counts[application_id] = counts.get(application_id, 0) + 1
    return counts


def held_already(application_id: int, sm3: str) -> bool:
    """Whether this very file counts for the application, in whatever slot."""
    held = Document.objects.filter(application_id=application_id, removed_at__isnull=True)
    return held.filter(sm3=sm3).exists()


def document(document_id: int, actor: Actor) -> Document:
    """The row with its application, also a removed one. Refuses `evidence.unknown`."""
    row = (
        Document.objects.select_related("application")
        .filter(pk=document_id, application__in=visible(actor))
        .first()
    )
    if row is None:
        raise unknown(document_id)
    return row


def seen_before(sm3: str, application_id: int, actor: Actor) -> list[str]:
    """Numbers of other applications with the very same file, as far as the person sees them."""
    others = Document.objects.filter(sm3=sm3).exclude(application_id=application_id)
    found = visible(actor).filter(pk__in=others.values("application_id"))
    return list(found.order_by("pk").values_list("number", flat=True)[:10])


def elsewhere(digests: Iterable[str], subscriber: int, application_id: int) -> int:
    """How many other applications, not of this subscriber, hold one of these very files."""
    others = Document.objects.filter(sm3__in=list(digests), removed_at__isnull=True)
    others = others.exclude(application_id=application_id)
    others = others.exclude(application__subscriber_id=subscriber)
    return others.values("application_id").distinct().count()


def known_files(names: Iterable[UUID]) -> set[UUID]:
    """Those of the names that some row speaks of, whose application is not destroyed."""
    wanted = list(names)
    kept = Document.objects.filter(application__destroyed_at__isnull=True)
    found = set(kept.filter(original__in=wanted).values_list("original", flat=True))
    for column in ("image", "thumbnail"):
        pages = Page.objects.filter(**{f"{column}__in": wanted}, document__in=kept)
        found |= set(pages.values_list(column, flat=True))
    return found


def _view(rows: Sequence[Any]) -> DocumentView:
    """`rows`: all pages of one document, each with `was_opened`."""
    row = rows[0].document
    pages = tuple(PageView(page.number, page.width, page.height, page.was_opened) for page in rows)
    return DocumentView(
        id=row.pk,
        slot=row.slot,
        kind=row.kind,
        size=row.size,
        sm3=row.sm3,
        accepted_by=row.accepted_by,
        accepted_at=row.accepted_at,
        pages=pages,
        opened=all(page.opened for page in pages),
    )
