"""Trying a code: the same steps whether the number exists or not.

An unknown number is tried on the decoy row, so that it costs the same reads, the same hash, the
same write and the same journal entry as a known one with a wrong code.
"""

from datetime import datetime

from anxin.kernel import codes as told
from anxin.kernel.actors import Actor
from audit.log import advance, record, subject_of
from ra.handover import queries, rules
from ra.handover.models import DownloadCredential, StatusAccess


def credential(reference: str) -> DownloadCredential | None:
    """The row with this reference, else the decoy; locked. None in a database without decoys."""
    named = "".join(c for c in reference if c.isdigit())[:12]
    rows = DownloadCredential.objects.filter(reference__in=[named, rules.DECOY])
    keys = dict(rows.values_list("reference", "pk"))
    key = keys.get(named, keys.get(rules.DECOY))
    return DownloadCredential.objects.select_for_update().filter(pk=key or 0).first()


def access(number: str) -> StatusAccess | None:
    """The same for an application's number."""
    named = rules.number_as_printed(number)
    rows = StatusAccess.objects.filter(number__in=[named, rules.DECOY])
    keys = dict(rows.values_list("number", "pk"))
    key = keys.get(named, keys.get(rules.DECOY))
    return StatusAccess.objects.select_for_update().filter(pk=key or 0).first()


def opens(row: DownloadCredential, code: str, *, at: datetime) -> bool:
    """Whether this code, now, opens this credential; never the decoy."""
    given = queries.hashed(rules.DOWNLOAD, row.reference, code)
    fits = told.fits(bytes(row.code_hash), given)
    in_time = row.state == rules.State.OPEN and at < row.expires_at
    return fits and in_time and row.application_id is not None


def lets_in(row: StatusAccess, code: str, *, at: datetime) -> bool:
    """Whether this code, now, shows this application; never the decoy."""
    fits = told.fits(bytes(row.code_hash), queries.hashed(rules.ACCESS, row.number, code))
    paused = row.locked_until is not None and at < row.locked_until
    return fits and not paused and row.number != rules.DECOY


def wrong_code(row: DownloadCredential, *, actor: Actor, at: datetime) -> None:
    """Count it; the fifth locks for good."""
    count = min(row.tries + 1, rules.MOST) if row.application_id else 0
    DownloadCredential.objects.filter(pk=row.pk).update(tries=count)
    record(
        "ra.wrong_authorisation_code",
        subject_of(row),
        actor=actor,
        at=at,
        outcome="refused",
    )
    if count >= rules.TRIES and row.state == rules.State.OPEN:
        advance(row, "lock", actor=actor, at=at)


def wrong_access(row: StatusAccess, *, actor: Actor, at: datetime) -> None:
    """Count it; the fifth makes everybody wait. Tries during the pause do not lengthen it."""
    paused = row.locked_until is not None and at < row.locked_until
    tries, until = (
        (row.tries, row.locked_until) if paused else rules.after_wrong_access(row.tries, at=at)
    )
    StatusAccess.objects.filter(pk=row.pk).update(tries=tries, locked_until=until)
    record(
        "ra.wrong_access_code",
        f"ra.statusaccess:{row.pk}",
        actor=actor,
        at=at,
        outcome="refused",
    )
