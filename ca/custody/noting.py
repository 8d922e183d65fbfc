"""What the signer says of its custodians and of itself, noted for web processes that cannot ask.

The signer's own list is what counts (docs/decisions/0013): a set of which the database knows
nothing, such as that of a restored system, is taken over from there.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.jobs import each
from anxin.kernel.locks import Work, held
from audit.log import record, subject_of
from ca.ceremonies.queries import going_on
from ca.custody import delivery, queries, rules, sealing
from ca.custody.delivery import activated, end, replace_current
from ca.custody.models import Activation, CustodySet, Seat
from ca.custody.rules import SeatState, SetState, State
from ca.keys import services as keys
from ca.keys.models import CustodyReport
from pki.errors import PkiError
from pki.signer.protocol import HOME, Header

log = logging.getLogger(__name__)

BOOK_EVERY = timedelta(minutes=1)


def tend(*, at: datetime) -> None:
    """Everything that waits for the signer, and how it is; what another worker is at is left. None
    of it waits for another that goes wrong.
    """
    each(partial(_do, at=at), [sealing.seal])
    with held(Work.CUSTODY, [0]) as mine:
        each(partial(_do, at=at), PARTS if mine else ())


def _do(part: Callable[..., object], *, at: datetime) -> bool:
    part(at=at)
    return True


def note(*, at: datetime) -> None:
    """Ask every signer and write the answers down; silence is an answer too."""
    each(partial(_note, at=at), keys.places())
    CustodyReport.objects.filter(pk__gt=len(keys.places())).delete()  # not configured any more


def _note(place: int, *, at: datetime) -> bool:
    try:
        report = _said(place)
    except PkiError as error:
        _silent(place, error.rule, at=at)
        return False
    with transaction.atomic():
        CustodyReport.objects.update_or_create(
            pk=queries.number_of(place), defaults={"at": at, "report": report, "fault": ""}
        )
        if place == HOME:
            _adopt(report, at=at)
        _follow(place, report, at=at)
    if place == HOME:
        _read_book(at=at)
    return True


PARTS = (
    note,  # first, too: of an activation not written down nothing lapses, and no share is refused
    delivery.lapse,
    delivery.hand_out,
    delivery.deliver_receipts,
    delivery.make_offers,
    delivery.deliver_shares,
    note,
)


def _read_book(*, at: datetime) -> None:
    """Once a minute, for the record that auditors take home (`records.py`)."""
    row = CustodyReport.objects.get(pk=queries.number_of(HOME))
    if row.book_at is not None and row.book_at <= at < row.book_at + BOOK_EVERY:
        return
    try:
        book = keys.custody_book()
    except PkiError as error:
        log.warning("the signer's book was not read: %s", error)
        return
    CustodyReport.objects.filter(pk=row.pk).update(book=book, book_at=at)


def _said(place: int) -> Header:
    """What was brought for a ceremony ends with it (CPS 6.2.9): then the signer is sealed first."""
    report = keys.custody(place)
    if report["ceremony"] and going_on(report["ceremony"]) is None:
        keys.seal_after(report["ceremony"])
        return keys.custody(place)
    return report


def _silent(place: int, fault: str, *, at: datetime) -> None:
    """What it said last stays as it was, with its time."""
    CustodyReport.objects.get_or_create(pk=queries.number_of(place), defaults={"at": at})
    CustodyReport.objects.filter(pk=queries.number_of(place)).update(fault=fault)


def _adopt(report: Header, *, at: datetime) -> None:
    """Take over the signer's list unless it is the one we handed out."""
    current = CustodySet.objects.filter(state=SetState.IN_FORCE).first()
    if not all(one["person"].isdecimal() for one in report["custodians"]):
        log.error("the signer's custodians are not people of this house")
        return
    if not report["set"] or (current and current.code == report["set"]):
        return
    known = CustodySet.objects.filter(code=report["set"]).first()
    if known is not None:  # one whose last receipt is being noted, or of long ago
        if known.state != SetState.HANDING_OUT:
            log.error("the signer is back at custody set %s, which is %s", known.pk, known.state)
        return
    replace_current(at=at)
    row = CustodySet.objects.create(
        state=SetState.IN_FORCE,
        code=report["set"],
        signer=report["signer"],
        identity=bytes.fromhex(report["identity"]),
        drafted_at=at,
        in_force_at=at,
    )
    Seat.objects.bulk_create(
        Seat(
            set=row,
            state=SeatState.HELD,
            number=one["number"],
            person_id=int(one["person"]),
            name=one["name"],
            key=bytes.fromhex(one["key"]),
            check_value=one["check"],
        )
        for one in report["custodians"]
    )
    people = [one["person"] for one in report["custodians"]]
    record("ca.adopt_custody", subject_of(row), actor=SYSTEM, at=at, set=row.code, people=people)


def _follow(place: int, report: Header, *, at: datetime) -> None:
    """Activations end with the signer's, whatever ended it; and none is overlooked."""
    here = Activation.objects.select_for_update().filter(place=place)
    for row in here.filter(state=State.OFFERED, session=report["session"]):
        activated(row, at=at)  # the worker that brought the last share died before that
    for row in here.filter(state=State.ACTIVE):
        if row.purpose == rules.Purpose.RESPLIT:
            over = row.active_at is not None and rules.is_over(row.active_at, row.hours, at=at)
        else:
            over = row.session != report["session"]
        if over:
            end(row, "sealed", at=at)
