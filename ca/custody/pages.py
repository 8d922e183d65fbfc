"""What the pages of custody show; rows do not leave this room."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.actors import Actor
from ca.custody import queries, rules
from ca.custody.models import Activation, BroughtShare, CustodySet, Seat, StopOrder
from ca.custody.queries import (
    DEACTIVATE,
    HAND_OUT,
    STOPPERS,
    SUBJECT,
    SignerView,
    reachable,
    signer,
    unknown,
)
from ca.custody.rules import SeatState, SetState, ShareState, State
from people.api import Role, holders, may, open_approvals, staff_names
from pki import statements

SHOWN = 10  # activations and stops on the page


@dataclass(frozen=True, slots=True)
class SeatView:
    """`reachable`: the person has the role and is in order for it now; `own`: the reader's."""

    id: int
    number: int
    person_id: int
    name: str
    state: str
    fingerprint: str
    received_at: datetime | None
    opened_at: datetime | None
    reachable: bool
    own: bool


@dataclass(frozen=True, slots=True)
class SetView:
    id: int
    code: str
    signer: str
    state: str
    drafted_by: str
    drafted_at: datetime
    handed_out_at: datetime | None
    in_force_at: datetime | None
    approval_id: int | None
    fault: str
    seats: tuple[SeatView, ...]

    @property
    def reachable(self) -> int:
        """How many custodians could bring a share now."""
        return sum(seat.reachable for seat in self.seats)

    @property
    def too_few(self) -> bool:
        return self.reachable < rules.NEED

    @property
    def own(self) -> SeatView | None:
        """The reader's seat."""
        return next((seat for seat in self.seats if seat.own), None)


@dataclass(frozen=True, slots=True)
class HolderView:
    """A seat in one activation; `state` empty: no share was brought. `fault`: of the last one."""

    seat: SeatView
    state: str
    at: datetime | None
    fault: str


@dataclass(frozen=True, slots=True)
class ActivationView:
    """`percent` of what is needed is there; `holders` only on its own page."""

    id: int
    state: str
    purpose: str
    ceremony: str
    hours: int
    signatures: int
    reason: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime | None
    active_at: datetime | None
    ended_at: datetime | None
    fault: str
    accepted: int
    holders: tuple[HolderView, ...] = ()

    @property
    def percent(self) -> int:
        return min(100, 100 * self.accepted // rules.NEED)

    @property
    def is_open(self) -> bool:
        return self.state in rules.OPEN


@dataclass(frozen=True, slots=True)
class StopView:
    state: str
    how: str
    reason: str
    ordered_by: str
    ordered_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustodyPage:
    """`coming`: a set that is being handed out. `people`: who could get a seat (id, name)."""

    signer: SignerView
    in_force: SetView | None
    coming: SetView | None
    current: ActivationView | None
    activations: tuple[ActivationView, ...]
    stops: tuple[StopView, ...]
    people: tuple[tuple[int, str], ...]
    may_draft: bool
    may_ask: bool
    may_stop: bool
    may_deactivate: bool
    may_give_up: bool
    may_agree_to_end: bool
    deactivation: int | None  # the open approval
    need: int = rules.NEED


@dataclass(frozen=True, slots=True)
class SeatPage:
    """`handed`: what the browser opens (statement, signature, sealed, identity), all as text."""

    seat: SeatView
    set: SetView
    handed: dict[str, str]


@dataclass(frozen=True, slots=True)
class ActivationPage:
    """`offer`: what the browser checks and answers; empty while there is nothing to bring."""

    activation: ActivationView
    set: SetView
    own: HolderView | None
    may_bring: bool
    offer: dict[str, str]
    need: int = rules.NEED


def custody(actor: Actor, *, at: datetime) -> CustodyPage:
    """The whole page."""
    here = reachable(at)
    in_force, coming = _set_of(SetState.IN_FORCE, actor, here), _coming(actor, here)
    past = tuple(_activations(list(Activation.objects.order_by("-pk")[:SHOWN])))
    deactivation = open_approvals(DEACTIVATE, [SUBJECT]).get(SUBJECT)
    current = next((one for one in past if one.is_open), None)
    hosts = Role.SECURITY_ADMIN in actor.roles
    return CustodyPage(
        signer=signer(at=at),
        in_force=in_force,
        coming=coming,
        current=current,
        activations=past,
        stops=tuple(_stops()),
        people=tuple((one.id, one.name) for one in holders(Role.CUSTODIAN, at=at)),
        may_draft=hosts and coming is None and not may(actor, HAND_OUT),
        may_ask=hosts and in_force is not None and current is None,
        may_stop=bool(STOPPERS & actor.roles),
        may_deactivate=in_force is not None
        and in_force.own is not None
        and deactivation is None
        and not may(actor, DEACTIVATE),
        may_give_up=hosts,
        may_agree_to_end=deactivation is not None
        and not may(actor, DEACTIVATE, approval=deactivation),
        deactivation=deactivation.id if deactivation else None,
    )


def seat(seat_id: int, actor: Actor, *, at: datetime) -> SeatPage:
    """One's own seat. Refusal NOT_FOUND, FORBIDDEN for anybody else."""
    row = Seat.objects.select_related("set").filter(pk=seat_id).first()
    if row is None:
        raise unknown(f"seat {seat_id}")
    rules.check_own(row.person_id, actor)
    handed = {}
    if row.state == SeatState.HANDED_OUT:
        handed = {
            "statement": row.statement,
            "signature": bytes(row.signature).hex(),
            "sealed": bytes(row.sealed or b"").hex(),
            "identity": bytes(row.set.identity).hex(),
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
        }
    return ActivationPage(view, kept, own, bool(offer), offer)


# --- inside ----------------------------------------------------------------------------------


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
        )
        for row in rows
    ]
