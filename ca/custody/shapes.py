"""The frozen shapes of what the pages of custody show; `pages.py` fills them."""

from dataclasses import dataclass
from datetime import datetime

from ca.custody import rules
from ca.custody.queries import SignerView


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
    away_since: datetime | None = None
    replace_by: datetime | None = None  # who cannot come
    drilled_at: datetime | None = None
    due_at: datetime | None = None  # the next drill
    due: str = ""


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
    place: int
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
    """`waits`: the signers it has not reached; 0 is the home signer."""

    state: str
    how: str
    reason: str
    ordered_by: str
    ordered_at: datetime
    done_at: datetime | None
    waits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OlderSet:
    """The signer was restored to a set that had been replaced here. `names`: of its custodians."""

    in_force_at: datetime | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CustodyPage:
    """`coming`: a set that is being handed out. `people`: who could get a seat (id, name)."""

    signer: SignerView
    helpers: tuple[tuple[int, SignerView], ...]
    in_force: SetView | None
    coming: SetView | None
    activations: tuple[ActivationView, ...]
    stops: tuple[StopView, ...]
    people: tuple[tuple[int, str], ...]
    may_draft: bool
    may_ask: bool
    may_stop: bool
    may_deactivate: bool
    may_give_up: bool
    may_agree_to_end: bool
    may_take_record: bool
    deactivation: int | None  # the open approval
    older: OlderSet | None
    stop_says: str  # what the browser signs with a stop, and with a proposal; "": no key
    end_says: str
    need: int = rules.NEED


@dataclass(frozen=True, slots=True)
class SeatPage:
    """`handed`: what the browser opens (statement, signature, sealed, identity, name), as text."""

    seat: SeatView
    set: SetView
    handed: dict[str, str]


@dataclass(frozen=True, slots=True)
class WordsPage:
    """One's own seat in force. `own`: what a paper says besides the words, none of it secret."""

    seat: SeatView
    own: dict[str, str]


@dataclass(frozen=True, slots=True)
class DrillPage:
    """One's own drill. `drill`: what the browser signs an answer to; empty when it is over."""

    id: int
    state: str
    seat: SeatView
    expires_at: datetime
    drill: dict[str, str]


@dataclass(frozen=True, slots=True)
class ActivationPage:
    """`offer`: what the browser checks and answers; empty while there is nothing to bring.

    `newcomers`: who will hold the shares, where they are to be handed out anew.
    """

    activation: ActivationView
    set: SetView
    own: HolderView | None
    may_bring: bool
    offer: dict[str, str]
    newcomers: tuple[str, ...] = ()
    need: int = rules.NEED
