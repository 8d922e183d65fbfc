"""Publishing by LDAP (CPS 2.2, 4.4.2): the row is the job, and what is put twice is put once.

Nobody but workers and commands talks to the directory. While it cannot be reached certificates
are issued as ever and wait; nothing is given up.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Q

from anxin.kernel.actors import SYSTEM
from anxin.kernel.batches import insert
from anxin.kernel.locks import Work, held
from anxin.kernel.outbox import MOST_TRIES, take
from anxin.kernel.secret_files import read_private
from audit.log import advance_many, record
from ca.directory import ldap, queries, rules
from ca.directory.models import DirectoryEntry, DirectoryReport
from ca.directory.rules import Kind
from ca.issuing.models import Certificate
from ca.profiles.queries import are_published

log = logging.getLogger(__name__)
ANEW = ("made_at", "due_at", "tries")
OF_AUTHORITIES = Q(certificate__isnull=True)
NEVER_REFUSED, REFUSED = Q(state=rules.State.DUE), Q(state=rules.State.FAILED)


def enter(rows: Sequence[Certificate], ca_id: int, *, at: datetime) -> None:
    """Have those of these new certificates published that may be; part of the caller's act.

    They need `profile`, `profile_version` and an id. An authority's first entries are made when
    lists are looked at.
    """
    general = are_published({(row.profile, row.profile_version) for row in rows})
    insert(
        [
            _row(Kind.CERTIFICATE, ca_id, certificate_id=row.pk, at=at)
            for row in rows
            if (row.profile, row.profile_version) in general
        ]
    )


def _row(
    kind: Kind, ca_id: int, *, at: datetime, certificate_id: int | None = None
) -> DirectoryEntry:
    return DirectoryEntry(
        state=rules.State.DUE,
        kind=kind,
        ca_id=ca_id,
        certificate_id=certificate_id,
        made_at=at,
        due_at=at,
    )


def place() -> ldap.Place:
    """The directory that is set up. Raises Unreachable when its password cannot be read."""
    try:
        file = settings.LDAP_PASSFILE
        password = read_private(Path(file)).decode() if file else ""
    except ImproperlyConfigured as error:
        raise ldap.Unreachable("password", str(error)) from error
    return ldap.Place(
        url=settings.LDAP_URL,
        base=settings.LDAP_BASE,
        user=settings.LDAP_USER,
        password=password,
        start_tls=settings.LDAP_TLS,
        ca_file=settings.LDAP_CA,
    )


def publish(*, at: datetime) -> int:
    """Put there whatever is due; how many entries that were.

    0 where no directory is set up, while another worker is at it, and soon after it could not be
    reached.
    """
    with held(Work.PUBLISH, [0]) as mine:
        if not mine or not settings.LDAP_URL or queries.resting(at=at):
            return 0
        note_authorities(at=at)
        if not queries.waits(at=at):
            return 0
        try:
            with ldap.connect(place()) as directory:
                _note_answer(at=at)
                return _put_all(directory, at=at)
        except ldap.Unreachable as problem:
            _note_silence(problem, at=at)
            return 0


@transaction.atomic
def note_authorities(*, at: datetime) -> None:
    """Their certificates are to stand there, and of their lists the latest (CPS 2.2, 4.10)."""
    last = queries.latest_lists()
    rows = DirectoryEntry.objects.filter(certificate__isnull=True).select_for_update(of=("self",))
    known = {(row.ca_id, row.kind): row for row in rows}
    fresh, older = [], []
    for ca_id in queries.authorities():
        if (ca_id, Kind.AUTHORITY) not in known:
            fresh.append(_row(Kind.AUTHORITY, ca_id, at=at))
        number, since = last.get(ca_id, (0, at))
        row = known.get((ca_id, Kind.LIST))
        if row is None and number:
            fresh.append(_row(Kind.LIST, ca_id, at=since))
        elif row and row.state == rules.State.PUBLISHED and (row.number or 0) < number:
            row.made_at, row.due_at, row.tries = since, since, 0
            older.append(row)
    insert(fresh)
    advance_many(older, "renew", actor=SYSTEM, at=at, columns=ANEW)


def _put_all(directory: ldap.Directory, *, at: datetime) -> int:
    """Lists and authorities first (CPS 4.9.7), one batch of what was refused before last."""
    count = _put(directory, take(DirectoryEntry, OF_AUTHORITIES, at=at), at=at)
    for _ in range(rules.MOST_BATCHES):
        done = _put(directory, take(DirectoryEntry, NEVER_REFUSED, at=at), at=at)
        count += done
        if not done:  # there is nothing left, or the directory takes nothing
            break
    return count + _put(directory, take(DirectoryEntry, REFUSED, at=at), at=at)


def _put(directory: ldap.Directory, batch: Sequence[DirectoryEntry], *, at: datetime) -> int:
    """A batch; what was put is on record even if the connection breaks in the middle of it."""
    contents = queries.contents(batch)
    done: list[DirectoryEntry] = []
    failed: list[DirectoryEntry] = []
    try:
        for row in batch:
            content = contents[row.pk]
            try:
                directory.put(content.entry)
            except ldap.NotTaken as problem:
                row.error, row.due_at = problem.code, rules.entry_again(row.tries, at=at)
                failed.append(row)
            else:
                row.error, row.sent_at, row.number = "", at, content.number
                done.append(row)
    finally:
        _settle(done, failed, at=at)
    return len(done)


def withdraw(ca_ids: Sequence[int], *, at: datetime) -> int:
    """Take the certificates of authorities that have ended away, a batch; how many that were.

    Taken away first and then written down: what a worker leaves in between is taken away again.
    """
    with held(Work.PUBLISH, [0]) as mine:
        if not mine or not settings.LDAP_URL or queries.resting(at=at):
            return 0
        rows = queries.to_withdraw(ca_ids)
        try:
            with ldap.connect(place()) as directory:
                for dn in queries.places_of(rows):
                    directory.remove(dn)
        except ldap.Unreachable as problem:
            _note_silence(problem, at=at)
            return 0
        _withdrawn([row.pk for row in rows], at=at)
        return len(rows)


@transaction.atomic
def _withdrawn(ids: Sequence[int], *, at: datetime) -> None:
    rows = DirectoryEntry.objects.filter(pk__in=ids).select_for_update(of=("self",))
    for _, group in groupby(sorted(rows, key=attrgetter("state")), attrgetter("state")):
        advance_many(list(group), "withdraw", actor=SYSTEM, at=at)


@transaction.atomic
def _settle(
    done: Sequence[DirectoryEntry], failed: Sequence[DirectoryEntry], *, at: datetime
) -> None:
    for rows, verb, columns in (
        (done, "publish", ("error", "sent_at", "number")),
        (failed, "fail", ("error", "due_at")),
    ):
        for _, group in groupby(sorted(rows, key=attrgetter("state")), attrgetter("state")):
            alike = list(group)
            details = {row.pk: _told(row) for row in alike}
            advance_many(alike, verb, actor=SYSTEM, at=at, details=details, columns=columns)
    if failed:
        log.error("%s entries not taken by the directory: %s", len(failed), failed[0].error)
    if done:
        DirectoryReport.objects.filter(pk=DirectoryReport.ONLY).update(published_at=at)


def _told(row: DirectoryEntry) -> dict[str, object]:
    """What the journal keeps of it."""
    what = {"certificate": row.certificate_id, "authority": row.ca_id, "list": row.number}
    said = {name: value for name, value in what.items() if value is not None}
    return {**said, **({"error": row.error} if row.error else {})}


def _note_answer(*, at: datetime) -> None:
    _note(at, reachable=True)


def _note_silence(problem: ldap.Unreachable, *, at: datetime) -> None:
    log.error("directory: %s", problem)
    _note(at, reachable=False, fault=problem.fault, detail=problem.detail[:200])


@transaction.atomic
def _note(at: datetime, *, reachable: bool, fault: str = "", detail: str = "") -> None:
    """The journal is told of changes only."""
    report = DirectoryReport.objects.select_for_update().filter(pk=DirectoryReport.ONLY).first()
    if report is None:
        report = DirectoryReport(pk=DirectoryReport.ONLY, since=at, reachable=True)
    if report.reachable != reachable:
        verb = "back" if reachable else "lost"
        record(f"ca.directory_{verb}", "ca.directory", actor=SYSTEM, at=at, fault=fault)
        report.since = at
    report.tries = 0 if reachable else min(report.tries + 1, MOST_TRIES)
    report.again_at = None if reachable else rules.directory_again(report.tries, at=at)
    report.at, report.reachable = at, reachable
    report.fault, report.detail = fault, detail
    report.save()
