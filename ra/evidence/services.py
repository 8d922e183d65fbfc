"""Taking documents in, showing their pages. Everything is sealed before it touches the disk."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from audit.log import record, subject_of
from kmc import api as kmc
from pki.sm.sm3 import sm3
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.rules import check_editable, check_own, person
from ra.evidence import decoding, files, queries, rules
from ra.evidence.decoding import DecodedPage
from ra.evidence.models import Document, Opened, Page
from ra.verifications.services import void

ORPHAN_AFTER = timedelta(hours=6)  # longer than any request or transaction lives


@dataclass(frozen=True, slots=True)
class Added:
    """`seen_before`: numbers of other applications that hold the very same file."""

    document_id: int
    pages: int
    sm3: str
    seen_before: tuple[str, ...]


def add_evidence(
    application_id: int,
    slot: str,
    filename: str,
    data: bytes,
    *,
    content_type: str = "",
    actor: Actor,
    at: datetime,
) -> Added:
    """Take a file in: JPEG, PNG or PDF up to 20 MB, one of the slots of `rules.slots(profile)`.

    Refuses `evidence.*` with field and clause: empty, too_large, type, leading_data, mislabelled,
    truncated, trailing_data, damaged, animated, pixels, pages, encrypted, too_complex, slot,
    slot_full, duplicate; and `applications.*` when it may not be edited, or not by this person.
    """
    application = _own(application_id, actor)
    rules.check_slot(application.profile, slot, _held(application_id, slot))
    kind = rules.examine(data, filename=filename, content_type=content_type)
    _check_new(application_id, sm3(data).hex())
    pages = decoding.decode(kind, data)
    return take_in(application, slot, kind, data, pages, actor=actor, at=at)


def take_in(
    application: Application,
    slot: str,
    kind: str,
    data: bytes,
    pages: Sequence[DecodedPage],
    *,
    actor: Actor,
    at: datetime,
) -> Added:
    """The second half of `add_evidence`: seal, write the files, then the rows.

    Files of an act that fails are removed at once; those of a process that dies, by the sweep.
    """
    digest = sm3(data).hex()
    with _files_of_the_act(application.data_key) as store:
        document = Document(
            application_id=application.pk,
            slot=slot,
            kind=kind,
            size=len(data),
            sm3=digest,
            original=store(data),
            accepted_by=person(actor),
            accepted_at=at,
        )
        sealed = [_page(store, n, page) for n, page in enumerate(pages, start=1)]
        _keep(document, sealed, actor=actor, at=at)
    others = queries.seen_before(digest, application.pk, actor)
    return Added(document.pk, len(pages), digest, tuple(others))


@transaction.atomic
def _keep(document: Document, pages: list[Page], *, actor: Actor, at: datetime) -> None:
    application = applications.locked(document.application_id, actor)
    check_own(application.maker_id, actor.person_id)  # taken over while it was decoded?
    check_editable(application.state)
    rules.check_slot(application.profile, document.slot, _held(application.pk, document.slot))
    _check_new(application.pk, document.sm3)
    document.save(force_insert=True)
    for page in pages:
        page.document = document
    Page.objects.bulk_create(pages)
    void(application, document.slot, at=at)
    _changed(application)
    record(
        "ra.add_evidence",
        subject_of(application),
        actor=actor,
        at=at,
        document=document.pk,
        slot=document.slot,
        kind=document.kind,
        pages=len(pages),
        sm3=document.sm3,
    )


@transaction.atomic
def remove_evidence(document_id: int, *, actor: Actor, at: datetime) -> str:
    """Put a document aside; it stays sealed (CPS 3.2) and no longer counts. Answers its slot."""
    row = queries.document(document_id, actor)
    application = applications.locked(row.application_id, actor)
    check_own(application.maker_id, actor.person_id)
    check_editable(application.state)
    changed = Document.objects.filter(pk=document_id, removed_at__isnull=True).update(
        removed_at=at, removed_by=actor.person_id
    )
    if not changed:
        raise queries.unknown(document_id)
    void(application, row.slot, at=at)
    _changed(application)
    record(
        "ra.remove_evidence",
        subject_of(application),
        actor=actor,
        at=at,
        document=document_id,
        slot=row.slot,
    )
    return row.slot


@transaction.atomic
def page_image(document_id: int, page: int, *, actor: Actor, at: datetime) -> bytes:
    """One page as WebP; the journal says who saw which (CPS 5.4.1). `page` counts from 1."""
    row = queries.document(document_id, actor)
    found = _page_row(row, page)
    Opened.objects.get_or_create(page=found, viewer_id=person(actor), defaults={"first_at": at})
    record(
        "ra.view_evidence",
        subject_of(row.application),
        actor=actor,
        at=at,
        document=row.pk,
        page=page,
        slot=row.slot,
    )
    return _open(row, found.image)


@dataclass(frozen=True, slots=True, repr=False)
class FirstPage:
    """Page 1 of a document, as WebP."""

    document: int
    slot: str
    image: bytes


def first_pages(row: Application, slots: Iterable[str]) -> list[FirstPage]:
    """Of the latest document in each slot, for a machine to read; who asked notes it."""
    pages = Page.objects.filter(
        document__application=row,
        document__removed_at__isnull=True,
        document__slot__in=list(slots),
        number=1,
    ).select_related("document__application")
    latest = {page.document.slot: page for page in pages.order_by("document")}
    return [
        FirstPage(page.document_id, slot, _open(page.document, page.image))
        for slot, page in latest.items()
    ]


def thumbnail(document_id: int, page: int = 1, *, actor: Actor) -> bytes:
    """A small WebP of a page, too small to read; not noted."""
    row = queries.document(document_id, actor)
    return _open(row, _page_row(row, page).thumbnail)


@transaction.atomic
def original(document_id: int, *, purpose: str, actor: Actor, at: datetime) -> tuple[str, bytes]:
    """(kind, the file as it came). `purpose` is one of `rules.PURPOSES`."""
    rules.check_purpose(purpose)
    row = queries.document(document_id, actor)
    record(
        "ra.take_original",
        subject_of(row.application),
        actor=actor,
        at=at,
        document=row.pk,
        slot=row.slot,
        purpose=purpose,
    )
    return row.kind, _open(row, row.original)


def sweep_orphans(*, at: datetime) -> int:
    """Remove files no row speaks of: of processes that died between file and row; how many."""
    found = list(files.older_than(at - ORPHAN_AFTER))
    known = queries.known_files(name for name, _ in found)
    orphans = [path for name, path in found if name not in known or path.suffix]
    for path in orphans:
        path.unlink(missing_ok=True)
    if orphans:
        record("ra.sweep_evidence", "ra.evidence", actor=SYSTEM, at=at, files=len(orphans))
    return len(orphans)


# --- inside ----------------------------------------------------------------------------------


@contextmanager
def _files_of_the_act(data_key: UUID) -> Iterator["_Store"]:
    """Files written inside are gone again when the act fails."""
    store = _Store(data_key)
    try:
        yield store
    except BaseException:
        with suppress(OSError):
            files.remove(store.written)
        raise


class _Store:
    """Seals, writes, remembers what it wrote."""

    def __init__(self, data_key: UUID) -> None:
        self.data_key = data_key
        self.written: list[UUID] = []

    def __call__(self, data: bytes) -> UUID:
        name = uuid4()
        self.written.append(name)
        files.write(name, kmc.seal_file(self.data_key, _place(name), _blocks(data)))
        return name


def _page(store: "_Store", number: int, page: DecodedPage) -> Page:
    return Page(
        number=number,
        image=store(page.image),
        thumbnail=store(page.thumbnail),
        width=page.width,
        height=page.height,
    )


def _open(row: Document, name: UUID) -> bytes:
    sealed = files.read(name)
    return b"".join(kmc.unseal_file(row.application.data_key, _place(name), sealed))


def _place(name: UUID) -> str:
    return f"ra.evidence:{name}"


def _blocks(data: bytes) -> Iterable[bytes]:
    view = memoryview(data)
    return (bytes(view[i : i + files.BLOCK]) for i in range(0, len(data), files.BLOCK))


def _own(application_id: int, actor: Actor) -> Application:
    application = applications.visible(actor).filter(pk=application_id).first()
    if application is None:
        raise applications.unknown(application_id)
    check_own(application.maker_id, actor.person_id)
    check_editable(application.state)
    return application


def _held(application_id: int, slot: str) -> int:
    return Document.objects.filter(
        application_id=application_id, slot=slot, removed_at__isnull=True
    ).count()


def _check_new(application_id: int, digest: str) -> None:
    if queries.held_already(application_id, digest):
        raise rules.refuse("duplicate", "this very file is here already")


def _page_row(row: Document, page: int) -> Page:
    found = row.pages.filter(number=page).first()
    if found is None:
        raise queries.unknown(f"{row.pk} page {page}")
    return found


def _changed(application: Application) -> None:
    application.content_version += 1
    application.save(update_fields=["content_version"])
