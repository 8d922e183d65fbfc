"""What the pages of custody show; rows do not leave this room."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from anxin.kernel.actors import Actor
from ca.custody import orders, queries, rules
from ca.custody.models import Activation, BroughtShare, CustodySet, Seat, StopOrder
from ca.custody.queries import (
    STOPPERS,
    SUBJECT,
    helper_places,
    helpers,
    reachable,
    signer,
    unknown,
)
from ca.custody.register import DrillState, resplit_by
from ca.custody.rules import SeatState, SetState, ShareState, State, Stop, StopState
from ca.custody.shapes import (
    ActivationPage,
    ActivationView,
    CustodyPage,
    DrillPage,
    HolderView,
    OlderSet,
    SeatPage,
    SeatView,
    SetView,
    StopView,
    WordsPage,
)
from ca.keys import queries as sealings
from people.api import Role, holders, may, open_approvals, staff_names
from pki import statements
from pki.custody_records import DEACTIVATE, HAND_OUT
from pki.signer.protocol import HOME

READERS = frozenset({Role.SECURITY_ADMIN, Role.CA_ADMIN, Role.AUDITOR})  # of the whole record
SHOWN = 10  # activations and stops on the page


def custody(actor: Actor, *, at: datetime) -> CustodyPage:
    """The whole page."""
    here = reachable(at)
    in_force, coming = _in_force(actor, here, at=at), _coming(actor, here)
    past = tuple(_activations(list(Activation.objects.order_by("-pk")[:SHOWN])))
    deactivation = open_approvals(DEACTIVATE, [SUBJECT]).get(SUBJECT)
    busy = {one.place for one in past if one.is_open}
    hosts, said = Role.SECURITY_ADMIN in actor.roles, signer(at=at)
    return CustodyPage(
        signer=said,
        helpers=helpers(at=at),
        in_force=in_force,
        coming=coming,
        activations=past,
        stops=tuple(_stops()),
        people=tuple((one.id, one.name) for one in holders(Role.CUSTODIAN, at=at)),
        may_draft=hosts and coming is None and not may(actor, HAND_OUT),
        may_ask=hosts and in_force is not None and not busy >= {HOME, *helper_places()},
        may_stop=bool(STOPPERS & actor.roles),
        may_deactivate=in_force is not None
        and in_force.own is not None
        and deactivation is None
        and not may(actor, DEACTIVATE),
        may_give_up=hosts,
        may_agree_to_end=deactivation is not None
        and not may(actor, DEACTIVATE, approval=deactivation),
        may_take_record=bool(READERS & actor.roles),
        deactivation=deactivation.id if deactivation else None,
        older=_older(said.set_code),
        stop_says=orders.says(Stop.EMERGENCY, actor, at=at),
        end_says=orders.says(Stop.ORDERLY, actor, at=at),
    )


def _own_seat(seat_id: int, actor: Actor) -> Seat:
    row = Seat.objects.select_related("set").filter(pk=seat_id).first()
    if row is None:
        raise unknown(f"seat {seat_id}")
    rules.check_own(row.person_id, actor)
    return row


def seat(seat_id: int, actor: Actor, *, at: datetime) -> SeatPage:
    """One's own seat. Refusal NOT_FOUND, FORBIDDEN for anybody else."""
    row = _own_seat(seat_id, actor)
    handed = {}
    if row.state == SeatState.HANDED_OUT:
        handed = {
            "statement": row.statement,
            "signature": bytes(row.signature).hex(),
            "sealed": bytes(row.sealed or b"").hex(),
            "identity": bytes(row.set.identity).hex(),
            "name": row.name,
        }
    here = reachable(at)
    return SeatPage(_seat(row, actor, here), _set(row.set, actor, here), handed)


def activation(activation_id: int, actor: Actor, *, at: datetime) -> ActivationPage:
    """One activation with its holders. Refusal NOT_FOUND."""
    row = queries.activation(activation_id)
    kept = _set(row.set, actor, reachable(at))
    found = _holders(row, kept)
    (view,) = _activations([row], holders=found)
    own = next((one for one in found if one.seat.own), None)
    offered = row.state == State.OFFERED and row.expires_at is not None and at < row.expires_at
    to_bring = own is not None and own.state not in set(rules.COUNTED) and own.seat.reachable
    offer = {}
    if offered and own is not None and to_bring:
        offer = {
            "statement": row.statement,
            "signature": bytes(row.signature).hex(),
            "identity": bytes(row.set.identity).hex(),
            "number": str(own.seat.number),
            "key": own.seat.fingerprint,
            "newcomers": queries.newcomers() if row.purpose == rules.Purpose.RESPLIT else "",
            "script": queries.script_digest(row),
        }
    resplit = row.purpose == rules.Purpose.RESPLIT
    return ActivationPage(
        view, kept, own, bool(offer), offer, queries.newcomer_names() if resplit else ()
    )


def words(seat_id: int, actor: Actor, *, at: datetime) -> WordsPage:
    """Refusal NOT_FOUND, FORBIDDEN for anybody else, and for a share of a set not in force."""
    row = _own_seat(seat_id, actor)
    rules.check_held(row.state, row.set.state)
    seat = _seat(row, actor, reachable(at))
    own = {
        "signer": row.set.signer,
        "set": row.set.code,
        "number": str(row.number),
        "person": str(row.person_id),
        "name": row.name,
        "check": row.check_value,
        "key_fingerprint": seat.fingerprint,
    }
    return WordsPage(seat, own)


def drill(drill_id: int, actor: Actor, *, at: datetime) -> DrillPage:
    """Refusal NOT_FOUND, FORBIDDEN for anybody else."""
    row = queries.drill(drill_id)
    rules.check_own(row.seat.person_id, actor)
    is_open = row.state == DrillState.ASKED and at < row.expires_at
    asked = {
        "drill": row.challenge,
        "set": row.seat.set.code,
        "number": str(row.seat.number),
    }
    state = DrillState.LAPSED if row.state == DrillState.ASKED and not is_open else row.state
    here = reachable(at)
    return DrillPage(
        row.pk, state, _seat(row.seat, actor, here), row.expires_at, asked if is_open else {}
    )


# --- inside ----------------------------------------------------------------------------------


def _in_force(actor: Actor, here: Collection[int], *, at: datetime) -> SetView | None:
    """With what the register knows of each seat."""
    found = _set_of(SetState.IN_FORCE, actor, here)
    if found is None:
        return None
    kept = {one.seat_id: one for one in queries.register(at=at)}
    drilled = queries.last_drills()
    seats = tuple(
        replace(
            seat,
            away_since=kept[seat.id].away_since,
            replace_by=_replace_by(kept[seat.id].away_since),
            drilled_at=drilled.get(seat.id),
            due_at=kept[seat.id].due_at,
            due=kept[seat.id].due(at=at),
        )
        for seat in found.seats
        if seat.id in kept
    )
    return replace(found, seats=seats)


def _replace_by(away_since: datetime | None) -> datetime | None:
    return resplit_by(away_since) if away_since else None


def _older(code: str) -> OlderSet | None:
    row = queries.older_set(code)
    if row is None:
        return None
    names = row.seats.order_by("number").values_list("name", flat=True)
    return OlderSet(row.in_force_at, tuple(names))


def _coming(actor: Actor, here: Collection[int]) -> SetView | None:
    return _set_of(SetState.HANDING_OUT, actor, here) or _set_of(SetState.DRAFTED, actor, here)


def _set_of(state: SetState, actor: Actor, here: Collection[int]) -> SetView | None:
    row = CustodySet.objects.filter(state=state).first()
    return _set(row, actor, here) if row else None


def _set(row: CustodySet, actor: Actor, here: Collection[int]) -> SetView:
    return SetView(
        id=row.pk,
        code=row.code,
        signer=row.signer,
        state=row.state,
        drafted_by=_name(row.drafted_by),
        drafted_at=row.drafted_at,
        handed_out_at=row.handed_out_at,
        in_force_at=row.in_force_at,
        approval_id=row.approval_id,
        fault=row.fault,
        seats=tuple(_seat(one, actor, here) for one in row.seats.order_by("number")),
    )


def _seat(row: Seat, actor: Actor, here: Collection[int]) -> SeatView:
    return SeatView(
        id=row.pk,
        number=row.number,
        person_id=row.person_id,
        name=row.name,
        state=row.state,
        fingerprint=statements.fingerprint(bytes(row.key)) if row.key else "",
        received_at=row.received_at,
        opened_at=row.opened_at,
        reachable=row.person_id in here,
        own=row.person_id == actor.person_id,
    )


def _name(person_id: int | None) -> str:
    return staff_names([person_id]).get(person_id, "") if person_id is not None else ""


def _activations(
    rows: Collection[Activation], holders: tuple[HolderView, ...] = ()
) -> list[ActivationView]:
    names = staff_names([row.asked_by for row in rows])
    taken = BroughtShare.objects.filter(
        activation__in=[row.pk for row in rows], state=ShareState.ACCEPTED
    )
    accepted = list(taken.values_list("activation_id", flat=True))
    return [
        ActivationView(
            id=row.pk,
            place=row.place,
            state=row.state,
            purpose=row.purpose,
            ceremony=row.ceremony,
            hours=row.hours,
            signatures=row.signatures,
            reason=row.reason,
            asked_by=names.get(row.asked_by, ""),
            asked_at=row.asked_at,
            expires_at=row.expires_at,
            active_at=row.active_at,
            ended_at=row.ended_at,
            fault=row.fault,
            accepted=accepted.count(row.pk),
            holders=holders,
        )
        for row in rows
    ]


def _holders(row: Activation, kept: SetView) -> tuple[HolderView, ...]:
    last: dict[int, BroughtShare] = {}
    for share in row.shares.order_by("pk"):
        last[share.seat_id] = share
    return tuple(_holder(one, last.get(one.id)) for one in kept.seats)


def _holder(seat: SeatView, share: BroughtShare | None) -> HolderView:
    if share is None:
        return HolderView(seat, "", None, "")
    return HolderView(seat, share.state, share.settled_at or share.brought_at, share.fault)


def _stops() -> list[StopView]:
    rows = list(StopOrder.objects.order_by("-pk")[:SHOWN])
    names = staff_names([row.ordered_by for row in rows])
    return [
        StopView(
            row.state,
            row.how,
            row.reason,
            names.get(row.ordered_by, ""),
            row.ordered_at,
            row.done_at,
            tuple(sealings.places_of(row.pk)) if row.state == StopState.SEALING else (),
        )
        for row in rows
    ]
