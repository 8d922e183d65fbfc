"""How custody stands, for the dashboard and the services; what pages show is in `pages.py`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from anxin.kernel.errors import Kind, Refusal
from ca.custody import rules
from ca.custody.models import Activation, CustodyReport, CustodySet, Seat
from ca.custody.rules import SeatState, SetState
from people.api import Role, holders
from pki.signer.custodyset import newcomers_digest
from pki.signer.protocol import Header

STOPPERS = frozenset({Role.CUSTODIAN, Role.SECURITY_ADMIN, Role.CA_ADMIN})
HAND_OUT, DEACTIVATE = "ca.hand_out_shares", "ca.deactivate_keys"
SUBJECT = "ca.custody"  # what an orderly end is about: there is one signer
STALE = timedelta(seconds=60)  # nobody has heard of the signer for too long


@dataclass(frozen=True, slots=True)
class SignerView:
    """The signer as it said last; `at` None: never. `state` as in `ca.keys.services.custody`."""

    at: datetime | None
    stale: bool
    state: str
    fingerprint: str
    identity: str
    set_code: str
    purpose: str
    until: datetime | None
    signatures_left: int | None
    ends_soon: bool
    fault: str


@dataclass(frozen=True, slots=True)
class Standing:
    """For the dashboard; `reachable` None: there is no set."""

    until: datetime | None
    reachable: int | None


def signer(*, at: datetime) -> SignerView:
    """The last report."""
    row = CustodyReport.objects.filter(pk=CustodyReport.ONLY).first()
    if row is None:
        return SignerView(None, True, "", "", "", "", "", None, None, False, "")
    said = row.report
    until = datetime.fromisoformat(said["until"]) if said.get("until") else None
    return SignerView(
        at=row.at,
        stale=at - row.at > STALE,
        state=said.get("state", ""),
        fingerprint=said.get("signer", ""),
        identity=said.get("identity", ""),
        set_code=said.get("set", ""),
        purpose=said.get("purpose", ""),
        until=until,
        signatures_left=said.get("signatures_left"),
        ends_soon=until is not None and until - at <= rules.ENDS_SOON,
        fault=row.fault,
    )


def standing(*, at: datetime) -> Standing:
    """What the dashboard says of custody."""
    row = CustodySet.objects.filter(state=SetState.IN_FORCE).first()
    here = reachable(at) if row else set()
    seats = row.seats.values_list("person_id", flat=True) if row else ()
    said = signer(at=at)
    until = said.until if said.state == "active" else None
    return Standing(until, sum(person in here for person in seats) if row else None)


def unknown(what: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "custody.unknown", f"no {what}", cps="6.2.2")


def reachable(at: datetime) -> set[int]:
    """Who has the role of a custodian and is in order for it."""
    return {one.id for one in holders(Role.CUSTODIAN, at=at)}


# --- rows ------------------------------------------------------------------------------------


def set_locked(set_id: int) -> CustodySet:
    row = CustodySet.objects.select_for_update().filter(pk=set_id).first()
    if row is None:
        raise unknown(f"set {set_id}")
    return row


def in_force_locked() -> CustodySet:
    """The set in force; CONFLICT `custody.no_set` when there is none."""
    row = CustodySet.objects.select_for_update().filter(state=SetState.IN_FORCE).first()
    if row is None:
        raise Refusal(Kind.CONFLICT, "custody.no_set", "nobody holds shares", cps="6.2.2")
    return row


def seat_locked(seat_id: int) -> Seat:
    row = Seat.objects.select_for_update(of=("self",)).select_related("set")
    found = row.filter(pk=seat_id).first()
    if found is None:
        raise unknown(f"seat {seat_id}")
    return found


def as_custodian(seat: Seat) -> Header:
    """What the signer is told of somebody who has enrolled."""
    return {
        "number": seat.number,
        "person": str(seat.person_id),
        "name": seat.name,
        "key": bytes(seat.key or b"").hex(),
        "transport": bytes(seat.transport or b"").hex(),
    }


def newcomers() -> str:
    """Who of a coming set is allowed by a re-split, with their keys; "" unless all enrolled."""
    seats = Seat.objects.filter(set__state=SetState.HANDING_OUT, state=SeatState.ENROLLED)
    rows = [as_custodian(seat) for seat in seats.order_by("number")]
    return newcomers_digest(rows) if len(rows) == rules.SEATS else ""


def activation(activation_id: int) -> Activation:
    """Refusal NOT_FOUND."""
    found = Activation.objects.select_related("set").filter(pk=activation_id).first()
    if found is None:
        raise unknown(f"activation {activation_id}")
    return found
