"""How custody stands, for the dashboard and the services; what pages show is in `pages.py`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max

from anxin.kernel.errors import Kind, Refusal
from ca.ceremonies.queries import going_on
from ca.custody import rules
from ca.custody.models import Activation, CustodySet, Drill, Seat, StopOrder
from ca.custody.register import Due, Kept
from ca.custody.register import statement as drill_words
from ca.custody.rules import SeatState, SetState, StopState
from ca.keys.models import CustodyReport
from people.api import Role, holders
from pki import ceremonies
from pki.signer.custodyset import newcomers_digest
from pki.signer.protocol import HOME, Header

STOPPERS = frozenset({Role.CUSTODIAN, Role.SECURITY_ADMIN, Role.CA_ADMIN})
SUBJECT = "ca.custody"  # what an orderly end is about: all signers at once
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
    """For the dashboard; `until`: of daily work. `reachable` None: there is no set.
    `overdue`: drills; `away`: since when custodians cannot come.
    """

    until: datetime | None
    reachable: int | None
    overdue: int
    away: tuple[datetime, ...]


def number_of(place: int) -> int:
    """Of a signer's report."""
    return place + 1


def helper_places() -> list[int]:
    """The signers that help, as far as workers have heard of them."""
    numbers = CustodyReport.objects.filter(pk__gt=number_of(HOME)).order_by("pk")
    return [number - number_of(HOME) for number in numbers.values_list("pk", flat=True)]


def helpers(*, at: datetime) -> tuple[tuple[int, SignerView], ...]:
    """The last reports of these, by place."""
    return tuple((place, signer(at=at, place=place)) for place in helper_places())


def signer(*, at: datetime, place: int = HOME) -> SignerView:
    """The last report."""
    row = CustodyReport.objects.filter(pk=number_of(place)).first()
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
        ends_soon=_is_daily(said.get("purpose", ""))
        and until is not None
        and until - at <= rules.ENDS_SOON,
        fault=row.fault,
    )


def _is_daily(purpose: str) -> bool:
    """A ceremony's activation ends with the ceremony: nobody has to ask for the next in time."""
    return purpose != rules.Purpose.CEREMONY


def standing(*, at: datetime) -> Standing:
    """What the dashboard says of custody."""
    kept = register(at=at)
    said = signer(at=at)
    until = said.until if said.state == "active" and _is_daily(said.purpose) else None
    return Standing(
        until,
        sum(one.reachable for one in kept) if kept else None,
        sum(one.due(at=at) is Due.OVER for one in kept),
        tuple(one.away_since for one in kept if one.away_since),
    )


def register(*, at: datetime) -> list[Kept]:
    """The seats of the set in force, by number; none when there is no set."""
    here = reachable(at)
    rows = Seat.objects.filter(set__state=SetState.IN_FORCE).annotate(
        drilled_at=Max("drills__proved_at"), from_start=F("set__in_force_at")
    )
    return [
        Kept(
            row.pk,
            row.person_id,
            max(
                filter(None, (row.from_start, row.received_at, row.opened_at, row.drilled_at)),
                default=at,
            ),
            row.away_since,
            row.person_id in here,
        )
        for row in rows.order_by("number")
    ]


def last_drills() -> dict[int, datetime]:
    """Of the seats in force: when each was last proved."""
    rows = Drill.objects.filter(seat__set__state=SetState.IN_FORCE, proved_at__isnull=False)
    return dict(rows.order_by().values_list("seat").annotate(Max("proved_at")))


def refused_stops(*, at: datetime) -> int:
    """Orders of the last day that nobody's signature proved."""
    rows = StopOrder.objects.filter(state=StopState.REFUSED)
    return rows.filter(done_at__gt=at - timedelta(days=1)).count()


def listed() -> list[int]:
    """Who holds shares, as the home signer says itself."""
    row = CustodyReport.objects.filter(pk=number_of(HOME)).first()
    custodians = row.report.get("custodians", ()) if row else ()
    return [int(one["person"]) for one in custodians if one["person"].isdecimal()]


def older_set(code: str) -> CustodySet | None:
    """The set that the signer says it has, where it was replaced or given up here: restored."""
    rows = CustodySet.objects.filter(code=code, state__in=(SetState.REPLACED, SetState.DROPPED))
    return rows.first() if code else None


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


def drill_locked(drill_id: int) -> Drill:
    rows = Drill.objects.select_for_update(of=("self",)).select_related("seat__set")
    found = rows.filter(pk=drill_id).first()
    if found is None:
        raise unknown(f"drill {drill_id}")
    return found


def drill(drill_id: int) -> Drill:
    """Refusal NOT_FOUND."""
    found = Drill.objects.select_related("seat__set").filter(pk=drill_id).first()
    if found is None:
        raise unknown(f"drill {drill_id}")
    return found


def newcomer_names() -> tuple[str, ...]:
    """Who is to receive a share of the set that is being handed out."""
    seats = Seat.objects.filter(set__state=SetState.HANDING_OUT).order_by("number")
    return tuple(seats.values_list("name", flat=True))


def drill_statement(row: Drill) -> bytes:
    kept = row.seat.set
    return drill_words(
        signer=kept.signer,
        set_code=kept.code,
        number=row.seat.number,
        check=row.seat.check_value,
        challenge=row.challenge,
    )


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


def script_digest(row: Activation) -> str:
    """Of the ceremony that an activation is for; "" for other work."""
    script = going_on(row.ceremony) if row.ceremony else None
    return ceremonies.digest(script.encode()) if script else ""


def activation(activation_id: int) -> Activation:
    """Refusal NOT_FOUND."""
    found = Activation.objects.select_related("set").filter(pk=activation_id).first()
    if found is None:
        raise unknown(f"activation {activation_id}")
    return found
