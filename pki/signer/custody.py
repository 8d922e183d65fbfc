"""From two custodians' shares to an open token, and back (CPS 6.2.2, 6.2.8; docs/decisions/0013).

The signer keeps its own list of custodians, beside the keys it guards: what the database says of
them opens nothing.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pki import shares, statements
from pki.errors import Refused, TokenError
from pki.shares import Share
from pki.signer import custodyset, homes, offers
from pki.signer.calls import Use
from pki.signer.custodyset import CustodySet
from pki.signer.offers import (
    FOUNDING,
    HANDING_OUT,
    OFFER_LIFE,
    RESPLIT,
    Activation,
    HandingOut,
    Mandate,
    Offer,
    Resplit,
    wipe,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pki.hsm.interface import Spare, Vault
    from pki.signer.protocol import Header

ANYBODY = "anybody"  # of a demo
_OFFERS = 8  # at once; the oldest gives way


class Custody:
    """Thread-safe. Files: `identity.key` and `custody.json` in `home`."""

    def __init__(
        self,
        home: Path,
        vault: Vault,
        *,
        now: Callable[[], datetime],
        first: str = "",
        spare: Path | None = None,
    ) -> None:
        """`first`: `newcomers_digest` of those who may receive the first shares over keys that are
        there already; ANYBODY, a demo, which also founds CAs without a ceremony. `spare`: home of a
        signer on the second device. Raises TokenError `signer.custody` for damaged files, Refused
        `signer.home` while another signer works there.
        """
        self._vault, self._now, self._first = vault, now, first
        self._file = home / custodyset.FILE
        self._spare = spare / custodyset.FILE if spare else None
        self._lock = threading.RLock()
        try:
            self._identity = custodyset.identity(home / "identity.key")
            self._set = custodyset.read(self._file)
            self._tell_second_home()
        except (ValueError, KeyError, TypeError) as problem:
            raise TokenError("signer.custody", f"Damaged: {problem}.", permanent=True) from problem
        self._public = shares.public_of(self._identity)
        self.signer = statements.fingerprint(self._public)
        self._handing_out: HandingOut | None = None
        self._offers: dict[str, Offer] = {}
        self._active: Activation | None = None
        self._resplit: Resplit | None = None

    # -- what there is ------------------------------------------------------------------------

    def report(self) -> Header:
        """Nothing secret: state, limits, custodians."""
        active, known = self._current(), self._set
        mandate = (active and active.mandate) or Mandate()
        return {
            "state": "active" if active else "sealed" if known else "empty",
            "signer": self.signer,
            "identity": self._public.hex(),
            "set": known.id if known else "",
            "need": shares.NEED,
            "custodians": [seat.as_header() for seat in known.seats] if known else [],
            "session": active.session if active else "",
            "purpose": active.purpose if active else "",
            "ceremony": mandate.number,
            "script": mandate.script,
            "since": active.since.isoformat() if active else "",
            "until": active.until.isoformat() if active else "",
            "signatures_left": active.signatures_left if active else 0,
        }

    def use(self, signatures: int = 0) -> Use:
        """For one request; signatures count before they are made.

        Raises TokenError `signer.sealed`, `signer.limit`. With the last signature the activation
        ends: the next request finds it sealed.
        """
        with self._lock:
            active = self._current()
            if active is None:
                raise _sealed()
            if signatures > active.signatures_left:
                reason = "The custodians allowed no more signatures."
                raise TokenError("signer.limit", reason, permanent=False)
            active.signatures_left -= signatures
            return Use(active.token, active.mandate)

    @property
    def mandate(self) -> Mandate | None:
        """What may be done besides daily work; None also while it is sealed."""
        active = self._current()
        return active.mandate if active else None

    def spare(self) -> Spare:
        """The second device of the open token. Raises TokenError, Refused `spare.none`."""
        return self._vault.spare(self.use().token)

    def seal(self, ceremony: str = "") -> bool:
        """Forget everything that opens the token. Needs no secret: anybody who may ask may stop.

        `ceremony`: only if it is active for this one. Whether it did.
        """
        with self._lock:
            if ceremony and (self.mandate or Mandate()).number != ceremony:
                return False
            self._handing_out = None
            self._forget_offers()
            self._forget_resplit()
            self._close()
            return True

    def _close(self) -> None:
        active, self._active = self._active, None
        if active:
            active.token.lock()

    # -- handing out --------------------------------------------------------------------------

    def hand_out(self, custodians: Sequence[Header]) -> list[Header]:
        """Make an activation key and seal each custodian's share to their transport key.

        `custodians`: number, person, name, key (SPKI, hex), transport (point, hex). The answer, in
        order: number, statement, signature, sealed. Raises Refused `custody.*`.
        """
        with self._lock:
            secret = self._secret_to_keep(custodians)
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
            wipe(key)
            wipe(secret)
            sealed = [
                custodyset.sealed_share(
                    self._identity, made, seat, parts[seat.number], str(each["transport"])
                )
                for seat, each in zip(seats, custodians, strict=True)
            ]
            self._forget_resplit()
            self._handing_out = HandingOut(made, self._now() + HANDING_OUT)
            return sealed

    def _secret_to_keep(self, custodians: Sequence[Header]) -> bytearray:
        """Raises Refused `custody.resplit`, `custody.first`: not these people."""
        named = custodyset.newcomers_digest(custodians)
        if self._set is None:
            if self._vault.guards_keys and self._first not in {named, ANYBODY}:
                reason = "Keys are here already: name the three on the signer's command line."
                raise Refused("custody.first", reason)
            return self._vault.unlock_secret()
        self._expire()
        if self._resplit is None or not hmac.compare_digest(self._resplit.newcomers, named):
            raise Refused("custody.resplit", "Two shares for these three people come first.")
        return bytearray(self._resplit.secret)

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
                self._put_in_force(on_its_way.made)
                self._set, self._handing_out = on_its_way.made, None
                self._forget_offers()
            return missing

    def _put_in_force(self, made: CustodySet) -> None:
        """Here and in the home of the second device: shares of before open neither."""
        with homes.second(self._spare) as second:
            custodyset.write(self._file, made)
            if second is not None:
                custodyset.write(second, made)

    def _tell_second_home(self) -> None:
        """What was broken off between the two. A newer set there is that of a signer there."""
        there = custodyset.read(self._spare) if self._spare else None
        if there and self._set and there.made_at < self._set.made_at:
            self._put_in_force(self._set)

    # -- activation ---------------------------------------------------------------------------

    def offer(
        self,
        purpose: str,
        *,
        script: bytes = b"",
        hours: int,
        signatures: int,
        newcomers: str = "",
    ) -> Header:
        """What custodians are asked for, signed. Raises Refused `custody.*`, Malformed.

        `script` of a ceremony; `newcomers`: for a re-split, `newcomers_digest` of those who will
        hold the new shares.
        """
        offers.check_asked(purpose, script, newcomers, hours, signatures)
        if purpose == FOUNDING and self._first != ANYBODY:
            raise Refused("custody.founding", "Outside a demo keys of CAs are made in ceremonies.")
        found = offers.mandate_of(script) if script else Mandate()
        with self._lock:
            if self._set is None:
                raise Refused("custody.empty", "No shares were handed out yet.")
            session = secrets.token_hex(16)
            made = Offer(
                purpose=purpose,
                mandate=found if script or purpose == FOUNDING else None,
                newcomers=newcomers,
                hours=hours,
                signatures=signatures,
                until=self._now() + OFFER_LIFE,
            )
            statement = offers.statement(made, session, signer=self.signer, set_id=self._set.id)
            made.digest = statements.digest(statement)
            self._expire()
            while len(self._offers) >= _OFFERS:
                self._offers.pop(next(iter(self._offers))).forget()
            self._offers[session] = made
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
                self._use(session, offer, self._set)
            finally:
                offer.forget()
            return {"accepted": accepted, "active": self._active is not None}

    def _use(self, session: str, offer: Offer, known: CustodySet) -> None:
        key = shares.combine(Share(number, bytes(value)) for number, value in offer.shares.items())
        try:
            if not hmac.compare_digest(shares.check_value(key, known.id, 0), known.check):
                raise Refused("custody.wrong_share", "The shares do not belong together.")
            secret = shares.unwrap(key, known.id, known.wrapped)
        finally:
            wipe(key)
        now = self._now()
        until = now + timedelta(hours=offer.hours)
        if offer.purpose == RESPLIT:
            self._forget_resplit()
            self._resplit = Resplit(secret, offer.newcomers, until)
            return
        if self._active:
            wipe(secret)
            token = self._active.token
        else:
            token = self._vault.open(secret)
        limits = (until, offer.signatures)
        self._active = Activation(session, token, offer.purpose, offer.mandate, now, *limits)

    # -- inside -------------------------------------------------------------------------------

    def _current(self) -> Activation | None:
        """The activation, unless it is over: then the token is locked on the spot."""
        with self._lock:
            self._expire()
            active = self._active
            if active and (self._now() >= active.until or not active.signatures_left):
                self._close()
            return self._active

    def _expire(self) -> None:
        """Wipe what nobody may use any more. Whoever asks for a report sees to it, too."""
        now = self._now()
        for session in [one for one, offer in self._offers.items() if now >= offer.until]:
            self._offers.pop(session).forget()
        if self._resplit and now >= self._resplit.until:
            self._forget_resplit()

    def _forget_resplit(self) -> None:
        if self._resplit:
            wipe(self._resplit.secret)
        self._resplit = None

    def _forget_offers(self) -> None:
        while self._offers:
            self._offers.popitem()[1].forget()


def _sealed() -> TokenError:
    reason = "The signer is sealed: two custodians bring their shares first."
    return TokenError("signer.sealed", reason, permanent=False)
