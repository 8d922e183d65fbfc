"""What ceremonies do with devices and keys: copies, archive, destruction (CPS 6.2.3 to 6.2.10).

Only while two custodians have activated the signer for the very ceremony that a request names, and
only what its script says, with the key that it names. What was done already is found, so everything
can be asked for again after a crash; docs/decisions/0015.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pki import certificates, durable, publickeys, statements
from pki.errors import Refused, TokenError
from pki.hsm import interface
from pki.signer import homes, offers, protocol
from pki.signer.offers import DRILL, DRILLS, ENDINGS, EXPIRED
from pki.signer.protocol import ACTIVE, ARCHIVED, DESTROYED
from pki.signer.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pki.hsm.interface import Spare
    from pki.signer.calls import Call
    from pki.signer.custody import Custody
    from pki.signer.offers import Mandate
    from pki.signer.protocol import Header, Key

_Answer = tuple["Header", list[bytes]]

YEARS_KEPT = 10  # CPS 6.2.5
RESTORED = "anxin restored key 1"


class Keeping:
    """Calls must not overlap. Wrapped copies are in `backups` of `home`."""

    def __init__(
        self, custody: Custody, register: Register, home: Path, *, now: Callable[[], datetime]
    ) -> None:
        self._custody, self._register, self._home, self._now = custody, register, home, now
        self.doors: dict[str, Callable[[Call], _Answer]] = {
            offers.INITIALISE: self._initialise,
            offers.BACKUP: self._back_up,
            offers.RESTORE: self._restore,
            offers.ARCHIVE: self._archive,
            offers.DESTROY: self._destroy,
        }

    # -- the second device --------------------------------------------------------------------

    def _initialise(self, call: Call) -> _Answer:
        self._mandate(call, offers.INITIALISE)
        with self._spare_home() as spare:
            report = spare.initialise()
            self._tell_custodians(spare)
        call.log("initialised", passed=report["passed"])
        return {"report": report}, []

    def _back_up(self, call: Call) -> _Answer:
        self._mandate(call, offers.BACKUP)
        key = self._register.usable(call.word("label"))
        with self._spare_home() as spare:
            self._check_initialised(spare)
            copy = spare.back_up(key.label, _copy_in(key, self._home, spare.home))
            of = protocol.digest(copy.content)
            places = [_copies(home, key.label) for home in (self._home, spare.home)]
            for place in places:
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
                durable.replace(place / f"{of}.json", copy.content)
            self._tell_custodians(spare)
            facts, guard = _facts(spare), dict(self._custody.use().token.guard(key.label))
            self._register.add(replace(key, copy=of))  # the one before was good until now
            spare.settle(key.label, copy.content)
            for place in places:
                _drop(place, but=of)
        said = {"copy": of, "how": copy.how, "kek": copy.kek}
        call.log("backed_up", **said)
        return {"backup": {**said, "spare": facts, "guard": guard}}, []

    def _restore(self, call: Call) -> _Answer:
        """Into the second device, which signs. `keep` false: a drill, after which it is gone."""
        found, keep = self._mandate(call, offers.RESTORE), call.request.get("keep") is True
        if keep and found.drill:
            raise Refused("signer.ceremony", "The script says a drill: no key stays.")
        key = self._register.usable(call.word("label"))
        content = self._kept_copy(key)
        with self._spare_home() as spare:
            self._check_initialised(spare)
            spare.restore(key.label, content)
            statement, signature = _prove(spare, key, found.number)
            remains: tuple[str, ...] = ()
            if keep:
                key = replace(key, restored=True)
                self._tell_custodians(spare)
                Register(spare.home / "keys.json").add(key)
                self._register.add(key)
            elif not key.restored:
                remains = _taken_out(spare, key)
            facts = _facts(spare)
        call.log("restored", kept=key.restored, of=protocol.digest(statement))
        said = {"kept": key.restored, "remains": list(remains), "spare": facts}
        return {"restored": said}, [statement, signature]

    # -- the end of a key ---------------------------------------------------------------------

    def _archive(self, call: Call) -> _Answer:
        """It stays in the devices and signs nothing more (CPS 6.2.5)."""
        reason = self._ending(call, offers.ARCHIVE)
        key = self._register.get(call.word("label"))
        if key.state == ACTIVE:
            self._check_over(key, reason)
            until = _years_after(self._now(), YEARS_KEPT)
            key = replace(key, state=ARCHIVED, keep_until=until.isoformat())
            self._settle(key)
        call.log("archived", reason=reason, state=key.state, until=key.keep_until)
        return {"key": key.as_header()}, []

    def _destroy(self, call: Call) -> _Answer:
        """In every device, with its copies; `remains` is what they still show (CPS 6.2.10)."""
        reason = self._ending(call, offers.DESTROY)
        key = self._register.get(call.word("label"))
        if key.state != DESTROYED:
            self._check_time(key, reason)
        token = self._custody.use().token
        if key.label in token.labels():
            token.destroy(key.label)
        found = {"first": token.remains(key.label, key.public_key)}
        if key.copy or self._has_spare():
            with self._spare_home() as spare:
                self._check_initialised(spare)
                spare.forget(key.label)
                _drop(_copies(spare.home, key.label))
                found["second"] = _remains(spare, key)
                self._settle_there(spare, replace(key, state=DESTROYED))
        _drop(_copies(self._home, key.label))
        if any(found.values()):
            rest = ", ".join(name for names in found.values() for name in names)
            raise TokenError("keeping.remains", f"Still there: {rest}.", permanent=True)
        key = replace(key, state=DESTROYED)
        self._register.add(key)
        remains = {name: list(names) for name, names in found.items()}
        call.log("destroyed", reason=reason, devices=sorted(remains))
        return {"key": key.as_header(), "remains": remains}, []

    def _settle(self, key: Key) -> None:
        if key.restored:
            with self._spare_home() as spare:
                self._settle_there(spare, key)
        self._register.add(key)

    def _settle_there(self, spare: Spare, key: Key) -> None:
        """What the signer of the second device may do with it."""
        if key.restored:
            Register(spare.home / "keys.json").add(key)

    # -- what has to hold ---------------------------------------------------------------------

    def _mandate(self, call: Call, act: str) -> Mandate:
        """Of the custodians: for this ceremony, this act, this key. Raises `signer.ceremony`."""
        found, number = self._custody.use().mandate, call.word("ceremony")
        if found is None or not number or found.number != number:
            reason = "Custodians activate the signer for this very ceremony first."
            raise Refused("signer.ceremony", reason)
        found.check(act, call.word("label") if act != offers.INITIALISE else found.key)
        return found

    def _ending(self, call: Call, act: str) -> str:
        """Why a key ends: as the script says. Raises `signer.ceremony`."""
        found, reason = self._mandate(call, act), call.word("reason")
        if reason != found.ending:
            raise Refused("signer.ceremony", f"The script says another reason: {found.ending}.")
        return reason

    def _check_over(self, key: Key, reason: str) -> None:
        """Refused `keeping.in_force`, `keeping.reason`."""
        if reason not in ENDINGS or (reason == DRILL) != key.label.startswith(DRILLS):
            raise Refused("keeping.reason", "Drills end keys of drills; others have expired.")
        certificate = certificates.parse(key.certificate) if key.certificate else None
        if reason == EXPIRED and certificate and certificate.not_after > self._now():
            raise Refused("keeping.in_force", f"{key.label} has a certificate in force.")

    def _check_time(self, key: Key, reason: str) -> None:
        """Refused `keeping.period`: only what was archived long enough, drills, compromised."""
        self._check_over(key, reason)
        if reason != EXPIRED:
            return
        kept = key.state == ARCHIVED and self._now() >= datetime.fromisoformat(key.keep_until)
        if not kept:
            rule = f"An expired key is archived for {YEARS_KEPT} years first (CPS 6.2.5)."
            raise Refused("keeping.period", rule)

    def _check_initialised(self, spare: Spare) -> None:
        if not _in_use(spare):
            reason = "The second device is taken into use in a ceremony first."
            raise Refused("spare.not_initialised", reason)

    # -- inside -------------------------------------------------------------------------------

    @contextmanager
    def _spare_home(self) -> Iterator[Spare]:
        """The second device, while no signer works with it."""
        spare = self._custody.spare()
        lock = homes.take(spare.home)
        try:
            yield spare
        finally:
            os.close(lock)

    def _has_spare(self) -> bool:
        try:
            spare = self._custody.spare()
        except (Refused, TokenError):
            return False
        return _in_use(spare)

    def _kept_copy(self, key: Key) -> bytes:
        if not (content := _copy_in(key, self._home)):
            raise Refused("keeping.no_copy", f"There is no copy of {key.label}, or another one.")
        return content

    def _tell_custodians(self, spare: Spare) -> None:
        """A signer on the second device opens with the shares of now."""
        for name in ("identity.key", "custody.json"):
            durable.replace(spare.home / name, (self._home / name).read_bytes())


def _copies(home: Path, label: str) -> Path:
    """Copies of a key by their digest; the register says which one is kept."""
    return home / "backups" / label


def _copy_in(key: Key, *homes: Path) -> bytes:
    """The copy that the register names; b"" when it is nowhere, or was changed."""
    for place in (_copies(home, key.label) / f"{key.copy}.json" for home in homes):
        content = place.read_bytes() if place.exists() else b""
        if protocol.digest(content) == key.copy:
            return content
    return b""


def _drop(place: Path, *, but: str = "") -> None:
    """Whatever lies there, also of what was broken off."""
    for one in place.glob("*"):
        if one.stem != but:
            one.unlink()
    if not but and place.exists():
        place.rmdir()


def _in_use(spare: Spare) -> bool:
    """Before, its PIN is another, and devices count wrong ones."""
    return (spare.home / "custody.json").exists()


def _prove(spare: Spare, key: Key, ceremony: str) -> tuple[bytes, bytes]:
    """Words of this ceremony and their signature by the restored key, which holds."""
    public = publickeys.parse(key.public_key)
    said = {"ceremony": ceremony, "label": key.label, "key": public.fingerprint}
    statement = statements.encoded({"what": RESTORED, **said})
    with spare.open() as token:
        signature = token.sign(key.label, statement)
    if not interface.signs(public, statement, signature):
        raise TokenError("backup.not_the_key", "The restored key is another.", permanent=True)
    return statement, signature


def _taken_out(spare: Spare, key: Key) -> tuple[str, ...]:
    with spare.open() as token:
        token.destroy(key.label)
        return token.remains(key.label, key.public_key)


def _remains(spare: Spare, key: Key) -> tuple[str, ...]:
    with spare.open() as token:
        return token.remains(key.label, key.public_key)


def _facts(spare: Spare) -> dict[str, str]:
    """What the second device says of itself."""
    with spare.open() as token:
        return {"custody": token.description.code, **token.about().facts}


def _years_after(at: datetime, years: int) -> datetime:
    try:
        return at.replace(year=at.year + years)
    except ValueError:  # 29 February
        return at.replace(year=at.year + years, month=3, day=1)
