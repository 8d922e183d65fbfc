"""From two custodians' shares to an open token, and back (CPS 6.2.2, 6.2.8; docs/decisions/0013).

The signer keeps its own list of custodians, beside the keys it guards: what the database says of
them opens nothing.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pki import shares, statements
from pki.errors import Refused, TokenError
from pki.shares import Share
from pki.signer import custodyset
from pki.signer.custodyset import CustodySet, Seat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from pki.hsm.interface import Token, Vault
    from pki.signer.protocol import Header

ACTIVATE, CEREMONY, RESPLIT = "activate", "ceremony", "resplit"
# By purpose: hours at most. Not in the CPS: the house's own.
LONGEST = {ACTIVATE: 24 * 92, CEREMONY: 8, RESPLIT: 1}
MOST_SIGNATURES = 100_000_000
OFFER_LIFE = timedelta(minutes=10)  # shares that wait for a second one die then
HANDING_OUT = timedelta(hours=8)  # from the first share on its way to the last receipt
_OFFERS = 8  # at once; the oldest gives way


@dataclass(slots=True)
class _HandingOut:
    """A set whose shares are on their way. In memory only: a restart begins again."""

    made: CustodySet
    until: datetime
    received: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Offer:
    digest: str
    purpose: str
    hours: int
    signatures: int
    until: datetime
    key: ec.EllipticCurvePrivateKey
    shares: dict[int, bytearray] = field(default_factory=dict)

    def forget(self) -> None:
        for value in self.shares.values():
            _wipe(value)


@dataclass(slots=True)
class _Activation:
    token: Token
    purpose: str
    until: datetime
    signatures_left: int


class Custody:
    """Thread-safe. Files: `identity.key` and `custody.json` in `home`."""

    def __init__(self, home: Path, vault: Vault, *, now: Callable[[], datetime]) -> None:
        """Raises TokenError `signer.custody` for damaged files."""
        self._vault, self._now = vault, now
        self._file = home / "custody.json"
        self._lock = threading.RLock()
        try:
            self._identity = custodyset.identity(home / "identity.key")
            self._set = custodyset.read(self._file)
        except (ValueError, KeyError, TypeError) as problem:
            raise TokenError("signer.custody", f"Damaged: {problem}.", permanent=True) from problem
        self._public = shares.public_of(self._identity)
        self.signer = statements.fingerprint(self._public)
        self._handing_out: _HandingOut | None = None
        self._offers: dict[str, _Offer] = {}
        self._active: _Activation | None = None
        self._to_split: tuple[bytearray, datetime] | None = None

    # -- what there is ------------------------------------------------------------------------

    def report(self) -> Header:
        """Nothing secret: state, limits, custodians."""
        active, known = self._current(), self._set
        return {
            "state": "active" if active else "sealed" if known else "empty",
            "signer": self.signer,
            "identity": self._public.hex(),
            "set": known.id if known else "",
            "need": shares.NEED,
            "custodians": [seat.as_header() for seat in known.seats] if known else [],
            "purpose": active.purpose if active else "",
            "until": active.until.isoformat() if active else "",
            "signatures_left": active.signatures_left if active else 0,
        }

    @property
    def token(self) -> Token:
        """Raises TokenError `signer.sealed`."""
        active = self._current()
        if active is None:
            raise _sealed()
        return active.token

    @property
    def in_ceremony(self) -> bool:
        """Whether keys may be made and CAs certified now."""
        active = self._current()
        return active is not None and active.purpose == CEREMONY

    def spend(self, signatures: int) -> None:
        """Count before signing. Raises TokenError `signer.sealed`, `signer.limit`."""
        with self._lock:
            active = self._current()
            if active is None:
                raise _sealed()
            if signatures > active.signatures_left:
                reason = "The custodians allowed no more signatures."
                raise TokenError("signer.limit", reason, permanent=False)
            active.signatures_left -= signatures

    def seal(self) -> None:
        """Forget everything that opens the token. Needs no secret: anybody who may ask may stop."""
        with self._lock:
            if self._active:
                self._active.token.lock()
            self._active = None
            self._forget_offers()
            if self._to_split:
                _wipe(self._to_split[0])
            self._to_split = None

    # -- handing out --------------------------------------------------------------------------

    def hand_out(self, custodians: Sequence[Header]) -> list[Header]:
        """Make an activation key and seal each custodian's share to their transport key.

        `custodians`: number, person, name, key (SPKI, hex), transport (point, hex). The answer, in
        order: number, statement, signature, sealed. Raises Refused `custody.*`.
        """
        with self._lock:
            secret = self._secret_to_keep()
            set_id, key = secrets.token_hex(16), bytearray(secrets.token_bytes(shares.SECRET))
            parts = {share.number: share.value for share in shares.split(key)}
            seats = tuple(custodyset.new_seat(each, set_id, parts) for each in custodians)
            custodyset.check_seats(seats)
            made = CustodySet(
                id=set_id,
                made_at=self._now().isoformat(),
                check=shares.check_value(key, set_id, 0),
                wrapped=shares.wrap(key, set_id, secret),
                seats=seats,
            )
            _wipe(key)
            _wipe(secret)
            self._handing_out = _HandingOut(made, self._now() + HANDING_OUT)
            return [
                self._sealed_share(made, seat, parts[seat.number], str(each["transport"]))
                for seat, each in zip(seats, custodians, strict=True)
            ]

    def _secret_to_keep(self) -> bytearray:
        if self._set is None:
            return self._vault.unlock_secret()
        if self._to_split is None or self._now() >= self._to_split[1]:
            raise Refused("custody.resplit", "Two shares of the set in force come first.")
        return bytearray(self._to_split[0])

    def _sealed_share(self, made: CustodySet, seat: Seat, value: bytes, transport: str) -> Header:
        statement = statements.encoded(
            {
                "what": shares.HANDED_OUT,
                "signer": self.signer,
                "set": made.id,
                "number": str(seat.number),
                "person": seat.person,
                "key": statements.fingerprint(seat.key),
                "check": seat.check,
            }
        )
        return {
            "number": seat.number,
            "statement": statement.decode(),
            "signature": statements.sign(self._identity, statement).hex(),
            "sealed": shares.seal_to(custodyset.octets(transport), value, statement).hex(),
        }

    def received(self, set_id: str, number: int, signature: bytes) -> int:
        """Note a custodian's receipt; how many are missing. After the last the set is in force."""
        with self._lock:
            on_its_way = self._handing_out
            if on_its_way is None or on_its_way.made.id != set_id:
                raise Refused("custody.no_handing_out", "No share of this set is on its way.")
            if self._now() >= on_its_way.until:
                self._handing_out = None
                raise Refused("custody.no_handing_out", "The receipts came too late.")
            seat = on_its_way.made.seat(number)
            statement = shares.received(
                signer=self.signer, set_id=set_id, number=number, check=seat.check
            )
            if not statements.holds(seat.key, statement, signature):
                raise Refused("custody.signature", "The receipt is not signed by this custodian.")
            on_its_way.received.add(number)
            missing = len(on_its_way.made.seats) - len(on_its_way.received)
            if not missing:
                custodyset.write(self._file, on_its_way.made)
                self._set, self._handing_out = on_its_way.made, None
                self._forget_offers()
                if self._to_split:
                    _wipe(self._to_split[0])
                self._to_split = None
            return missing

    # -- activation ---------------------------------------------------------------------------

    def offer(self, purpose: str, *, ceremony: str, hours: int, signatures: int) -> Header:
        """What custodians are asked for, signed. Raises Refused `custody.*`."""
        if purpose not in LONGEST or len(ceremony) > custodyset.LONGEST_WORD:
            raise Refused("custody.purpose", f"A purpose is one of {', '.join(LONGEST)}.")
        if not 1 <= hours <= LONGEST[purpose] or not 1 <= signatures <= MOST_SIGNATURES:
            reason = f"At most {LONGEST[purpose]} hours and {MOST_SIGNATURES} signatures."
            raise Refused("custody.limits", reason)
        with self._lock:
            if self._set is None:
                raise Refused("custody.empty", "No shares were handed out yet.")
            session, key = secrets.token_hex(16), shares.new_key()
            until = self._now() + OFFER_LIFE
            statement = statements.encoded(
                {
                    "what": shares.OFFER,
                    "session": session,
                    "signer": self.signer,
                    "set": self._set.id,
                    "purpose": purpose,
                    "ceremony": ceremony,
                    "hours": str(hours),
                    "signatures": str(signatures),
                    "key": shares.point_of(key).hex(),
                    "expires": until.isoformat(),
                }
            )
            self._drop_offers(keep=_OFFERS - 1)
            self._offers[session] = _Offer(
                statements.digest(statement), purpose, hours, signatures, until, key
            )
            signature = statements.sign(self._identity, statement)
            return {"statement": statement.decode(), "signature": signature.hex()}

    def bring(self, session: str, number: int, signature: bytes, sealed: bytes) -> Header:
        """Take one share. {"accepted": numbers so far, "active": whether that was enough}.

        Raises Refused `custody.*` for what does not count (nothing changes then), TokenError when
        the shares are right and the token does not open.
        """
        with self._lock:
            offer = self._offers.get(session)
            if offer is None or self._set is None or self._now() >= offer.until:
                raise Refused("custody.offer", "There is no such offer, or it has ended.")
            seat = self._set.seat(number)
            signed = shares.bringing(offer.digest, number, statements.digest(sealed))
            if not statements.holds(seat.key, signed, signature):
                raise Refused("custody.signature", "The share is not signed by its custodian.")
            if number in offer.shares:
                raise Refused("custody.twice", "This custodian has brought the share already.")
            value = bytearray(
                shares.open_from(offer.key, sealed, shares.in_transit(offer.digest, number))
            )
            if not hmac.compare_digest(shares.check_value(value, self._set.id, number), seat.check):
                raise Refused("custody.wrong_share", "This is not the share that was handed out.")
            offer.shares[number] = value
            accepted = sorted(offer.shares)
            if len(accepted) < shares.NEED:
                return {"accepted": accepted, "active": False}
            del self._offers[session]
            try:
                self._use(offer, self._set)
            finally:
                offer.forget()
            return {"accepted": accepted, "active": self._active is not None}

    def _use(self, offer: _Offer, known: CustodySet) -> None:
        key = shares.combine(Share(number, bytes(value)) for number, value in offer.shares.items())
        try:
            if not hmac.compare_digest(shares.check_value(key, known.id, 0), known.check):
                raise Refused("custody.wrong_share", "The shares do not belong together.")
            secret = shares.unwrap(key, known.id, known.wrapped)
        finally:
            _wipe(key)
        until = self._now() + timedelta(hours=offer.hours)
        if offer.purpose == RESPLIT:
            self._to_split = (secret, until)
            return
        token = self._active.token if self._active else self._vault.open(secret)
        self._active = _Activation(token, offer.purpose, until, offer.signatures)

    # -- inside -------------------------------------------------------------------------------

    def _current(self) -> _Activation | None:
        """The activation, unless its time is over: then the token is locked on the spot."""
        active = self._active
        if active is not None and self._now() >= active.until:
            self.seal()
            return None
        return active

    def _drop_offers(self, keep: int) -> None:
        now = self._now()
        ended = [session for session, offer in self._offers.items() if now >= offer.until]
        oldest = [session for session in self._offers if session not in ended]
        for session in ended + oldest[: max(0, len(oldest) - keep)]:
            self._offers.pop(session).forget()

    def _forget_offers(self) -> None:
        while self._offers:
            self._offers.popitem()[1].forget()


def _sealed() -> TokenError:
    reason = "The signer is sealed: two custodians bring their shares first."
    return TokenError("signer.sealed", reason, permanent=False)


def _wipe(secret: bytearray) -> None:
    secret[:] = bytes(len(secret))
