"""What workers say to the signer about custody, and what it answers. Each can run twice or late.

The order is always the same: read what is to be said, say it outside any transaction, note the
answer. One worker at a time does so (`noting.tend`), but for `sealing`, which waits for nobody.
"""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from anxin.kernel.actors import SYSTEM
from anxin.kernel.jobs import each, enqueue
from audit.log import advance, advance_many
from ca.ceremonies.queries import going_on
from ca.custody import queries, rules
from ca.custody.models import Activation, BroughtShare, CustodySet, Seat
from ca.custody.rules import SeatState, SetState, ShareState, State
from ca.keys import services as keys
from pki import shares
from pki.errors import PkiError, TokenError
from pki.signer.protocol import Header

log = logging.getLogger(__name__)

TWICE = "custody.twice"  # the signer has this share already: an earlier delivery was interrupted
TOO_LATE = (Q(state=ShareState.WAITING) & ~Q(activation__state=State.OFFERED)) | Q(
    state=ShareState.ACCEPTED, activation__state=State.LAPSED
)
NO_HANDING_OUT = "custody.no_handing_out"  # the signer was restarted, or it took too long


# --- handing out -------------------------------------------------------------------------------


def hand_out(*, at: datetime) -> bool:
    """Have the signer make shares for a set whose custodians have all enrolled."""
    row = CustodySet.objects.filter(state=SetState.HANDING_OUT).first()
    seats = list(row.seats.order_by("number")) if row else []
    if row is None or any(seat.state != SeatState.ENROLLED for seat in seats):
        return False
    try:
        report = keys.custody()
        if report["set"] and _waits():  # without one shares were lost: docs/running.md
            return False
        handed = keys.hand_out([queries.as_custodian(seat) for seat in seats])
    except PkiError as error:
        _note_fault(row, error)
        return False
    with transaction.atomic():
        kept = queries.set_locked(row.pk)
        if kept.state != SetState.HANDING_OUT:
            return False  # given up meanwhile: nobody will sign a receipt
        for seat, share in zip(seats, handed, strict=True):
            _hand_to(seat, share, at=at)
        said = shares.fields_of(handed[0]["statement"].encode(), shares.HANDED_OUT)
        CustodySet.objects.filter(pk=row.pk).update(
            code=said["set"],
            signer=said["signer"],
            identity=bytes.fromhex(report["identity"]),
            handed_out_at=at,
            fault="",
        )
    return True


def _waits() -> bool:
    """A set in force is replaced only after two of its custodians said so."""
    in_force = CustodySet.objects.filter(state=SetState.IN_FORCE).exists()
    said = Activation.objects.filter(state=State.ACTIVE, purpose=rules.Purpose.RESPLIT)
    return in_force and not said.exists()


def _hand_to(seat: Seat, share: Header, *, at: datetime) -> None:
    statement: str = share["statement"]
    said = shares.fields_of(statement.encode(), shares.HANDED_OUT)
    Seat.objects.filter(pk=seat.pk).update(
        statement=statement,
        signature=bytes.fromhex(share["signature"]),
        sealed=bytes.fromhex(share["sealed"]),
        check_value=said["check"],
    )
    advance(seat, "hand_out", actor=SYSTEM, at=at, set=said["set"], check=said["check"])


def deliver_receipts(*, at: datetime) -> int:
    """Tell the signer who has received; how many. After the last the set is in force."""
    row = CustodySet.objects.filter(state=SetState.HANDING_OUT).first()
    seats = row.seats.filter(state=SeatState.RECEIPTED).order_by("number") if row else []
    told = 0
    for seat in seats:
        try:
            missing = _tell(seat)
        except PkiError as error:
            _lost(seat.set, error, at=at)
            return told
        told += 1
        _note_receipt(seat, missing, at=at)
    return told


def _tell(seat: Seat) -> int:
    """How many receipts the signer misses; none if it has the set, whoever told it the last."""
    try:
        return keys.received(seat.set.code, seat.number, bytes(seat.receipt or b""))
    except PkiError as error:
        if error.rule == NO_HANDING_OUT and keys.custody()["set"] == seat.set.code:
            return 0
        raise


@transaction.atomic
def _note_receipt(seat: Seat, missing: int, *, at: datetime) -> None:
    row = queries.set_locked(seat.set_id)
    advance(seat, "hold", actor=SYSTEM, at=at, check=seat.check_value)
    if missing or row.seats.exclude(state=SeatState.HELD).exists():
        return
    replace_current(at=at)
    CustodySet.objects.filter(pk=row.pk).update(in_force_at=at, fault="")
    advance(row, "put_in_force", actor=SYSTEM, at=at, set=row.code, signer=row.signer)


def replace_current(*, at: datetime) -> None:
    """What was in force ends, and with it what two of its custodians allowed."""
    for old in CustodySet.objects.select_for_update().filter(state=SetState.IN_FORCE):
        advance(old, "replace", actor=SYSTEM, at=at)
    for done in Activation.objects.select_for_update().filter(purpose=rules.Purpose.RESPLIT):
        if done.state == State.ACTIVE:
            end(done, "handed_out", at=at)


def _lost(row: CustodySet, error: PkiError, *, at: datetime) -> None:
    _note_fault(row, error)
    if error.rule != NO_HANDING_OUT:
        return
    with transaction.atomic():
        kept = queries.set_locked(row.pk)
        kept.seats.update(sealed=None)
        advance(kept, "drop", actor=SYSTEM, at=at, fault=error.rule)


def _note_fault(row: CustodySet, error: PkiError) -> None:
    log.warning("custody set %s: %s", row.pk, error)
    CustodySet.objects.filter(pk=row.pk).update(fault=error.rule)


# --- activation --------------------------------------------------------------------------------


def make_offers(*, at: datetime) -> int:
    """Have each signer offer what was asked of it; how many did."""
    asked = Activation.objects.filter(state=State.ASKED).order_by("place")
    return each(partial(_make_offer, at=at), list(asked.values_list("pk", flat=True)))


def _make_offer(activation_id: int, *, at: datetime) -> bool:
    row = Activation.objects.get(pk=activation_id)
    try:
        offer = keys.offer(
            row.purpose,
            script=going_on(row.ceremony) or "",
            hours=row.hours,
            signatures=row.signatures,
            newcomers=queries.newcomers() if row.purpose == rules.Purpose.RESPLIT else "",
            place=row.place,
        )
    except TokenError as error:
        log.warning("activation %s: %s", row.pk, error)
        return False  # the signer does not answer: asked again, until it is too late
    except PkiError as error:
        with transaction.atomic():
            kept = _locked(row.pk)
            Activation.objects.filter(pk=row.pk).update(fault=error.rule, ended_at=at)
            advance(kept, "refuse", actor=SYSTEM, at=at, fault=error.rule)
        return False
    said = shares.fields_of(offer["statement"].encode(), shares.OFFER)
    with transaction.atomic():
        kept = _locked(row.pk)
        Activation.objects.filter(pk=row.pk).update(
            session=said["session"],
            statement=offer["statement"],
            signature=bytes.fromhex(offer["signature"]),
            offered_at=at,
            expires_at=datetime.fromisoformat(said["expires"]),
        )
        advance(kept, "offer", actor=SYSTEM, at=at, session=said["session"])
    return True


def deliver_shares(*, at: datetime) -> int:
    """Take the shares that wait to the signer; how many it took in."""
    rows = BroughtShare.objects.filter(state=ShareState.WAITING, activation__state=State.OFFERED)
    return each(partial(_deliver, at=at), list(rows.order_by("pk").values_list("pk", flat=True)))


def _deliver(share_id: int, *, at: datetime) -> bool:
    row = BroughtShare.objects.select_related("activation", "seat").get(pk=share_id)
    offer = row.activation
    try:
        answer = keys.bring(
            offer.session,
            row.seat.number,
            bytes(row.signature or b""),
            bytes(row.sealed or b""),
            place=offer.place,
        )
    except TokenError as error:
        if not error.permanent:
            log.warning("share %s: %s", row.pk, error)
            return False
        _settle(row, "refuse", error.rule, active=False, at=at)
        return False
    except PkiError as error:
        if error.rule != TWICE:
            _settle(row, "refuse", error.rule, active=False, at=at)
            return False
        answer = {"accepted": [], "active": False}
    enough = answer["active"] or len(answer["accepted"]) >= rules.NEED
    _settle(row, "accept", "", active=bool(enough), at=at)
    return True


@transaction.atomic
def _settle(row: BroughtShare, verb: str, fault: str, *, active: bool, at: datetime) -> None:
    """What became of a share; its ciphertext is wiped in the same transaction."""
    offer = _locked(row.activation_id)
    _close(row, verb, at=at, fault=fault)
    if verb == "accept":
        Seat.objects.filter(pk=row.seat_id).update(opened_at=at)
    if active and offer.state == State.OFFERED:
        activated(offer, at=at)


def _close(row: BroughtShare, verb: str, *, at: datetime, fault: str) -> None:
    """One statement: a share that waits has its ciphertext, one that is settled has none."""
    row.sealed = None
    row.settled_at, row.fault = at, fault
    said = {row.pk: {"seat": row.seat.number, "fault": fault}}
    columns = ("sealed", "settled_at", "fault")
    advance_many([row], verb, actor=SYSTEM, at=at, details=said, columns=columns)


def _locked(activation_id: int) -> Activation:
    return Activation.objects.select_for_update().get(pk=activation_id)


def activated(offer: Activation, *, at: datetime) -> None:
    """The shares were enough; what was active before ends with it."""
    here = Activation.objects.select_for_update().filter(place=offer.place)
    for old in here.filter(state=State.ACTIVE):
        end(old, "replaced", at=at)
    Activation.objects.filter(pk=offer.pk).update(active_at=at)
    advance(offer, "activate", actor=SYSTEM, at=at, purpose=offer.purpose)
    enqueue("ca.note_signer")


def end(row: Activation, why: str, *, at: datetime) -> None:
    """`why`: a code, for the journal."""
    Activation.objects.filter(pk=row.pk).update(ended_at=at)
    advance(row, "end", actor=SYSTEM, at=at, why=why)


def lapse(*, at: datetime) -> int:
    """End what nobody completed in time, and wipe what came in; how many."""
    asked = Activation.objects.filter(state__in=rules.OPEN).values_list("pk", flat=True)
    late = each(partial(_lapse, at=at), list(asked))
    left = BroughtShare.objects.filter(TOO_LATE).values_list("pk", flat=True)
    each(partial(_wipe, at=at), list(left))
    return late


@transaction.atomic
def _lapse(activation_id: int, *, at: datetime) -> bool:
    rows = Activation.objects.select_for_update(skip_locked=True).filter(state__in=rules.OPEN)
    row = rows.filter(pk=activation_id).first()
    if row is None or not rules.is_late(row.asked_at, row.expires_at, at=at):
        return False
    Activation.objects.filter(pk=row.pk).update(ended_at=at)
    advance(row, "lapse", actor=SYSTEM, at=at)
    return True


@transaction.atomic
def _wipe(share_id: int, *, at: datetime) -> bool:
    rows = BroughtShare.objects.select_for_update(of=("self",)).select_related("seat")
    share = rows.filter(TOO_LATE, pk=share_id).first()
    if share is not None:
        _close(share, "lapse", at=at, fault="")
    return share is not None
