"""One PKCS#11 module, one token, one login: start, sessions, recovery.

Three things are done here by hand because python-pkcs11 cannot:

* C_Initialize with CKF_OS_LOCKING_OK. The binding passes NULL, and then modules such as SoftHSM
  switch their own locks off.
* C_Login with a PIN that can be wiped, on a session that stays open. The binding logs the whole
  process out when it closes a session that it opened with a PIN.
* A lock across processes around both; without it simultaneous starts fail.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import pkcs11
from pkcs11 import _pkcs11
from pkcs11 import exceptions as trouble

from pki.errors import TokenError
from pki.hsm.calls import NORMAL_USER, SECURITY_OFFICER, Calls
from pki.hsm.interface import About

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")

_LOCK_PATIENCE = 30.0  # seconds to wait for another process that is just starting
_START_TRIES = 3

# The session, the token or the module is gone, or says so: worth one fresh start.
_LOST = (
    trouble.ObjectHandleInvalid,
    trouble.KeyHandleInvalid,
    trouble.SessionHandleInvalid,
    trouble.SessionClosed,
    trouble.UserNotLoggedIn,
    trouble.DeviceError,
    trouble.DeviceRemoved,
    trouble.TokenNotPresent,
    trouble.TokenNotRecognised,
    trouble.GeneralError,
)


class Seat:
    """A session, lent to one thread at a time, and the key handles found through it."""

    def __init__(self, session: pkcs11.Session, generation: int) -> None:
        self.session, self.generation = session, generation
        self.found: dict[str, Any] = {}


class Cryptoki:
    """Opens the token once; afterwards `run` lends every caller a session of his own."""

    def __init__(
        self,
        module: Path,
        token_label: str,
        pin: bytearray,
        *,
        officer: bool = False,
        beside: bool = False,
    ) -> None:
        """The PIN is kept for a token that is lost and comes back, and wiped by `lock`.

        As the security `officer`, who only works in `writable`, and only while nobody else of this
        process is logged in. `beside`: another token of the module is open, so this one never
        begins anew when it is lost. Raises TokenError; then the PIN is wiped, too.
        """
        self._officer, self._beside = officer, beside
        self._module, self._token_label, self._pin = module, token_label, pin
        self._process = os.getpid()
        self._gate = _Gate()
        self._generation = 0
        self._anchor: Any = None
        self._sealed: TokenError | None = None
        self._seats: deque[Seat] = deque()
        try:
            self._calls, self._library = _load(module)
            self._start()
        except TokenError:
            self._wipe()
            raise

    def twin(self, token_label: str, pin: bytearray | None = None) -> Cryptoki:
        """Another token of the module, open beside this one; with the same PIN, or its own."""
        return Cryptoki(self._module, token_label, pin or bytearray(self._pin), beside=True)

    def give_pin(self, token_label: str, initial: bytearray) -> bool:
        """Another token gets the PIN of this one, as `take_over`."""
        return take_over(self._module, token_label, initial, self._pin, beside=True)

    @property
    def maker(self) -> str:
        """Manufacturer and model, as the token gives them."""
        return f"{self._token.manufacturer_id.strip()} {self._token.model.strip()}".strip()

    def about(self) -> About:
        """What slot and token say of themselves; mechanisms without a name by their number."""
        with self._gate.shared(), _translated():
            self._check()
            slot, token = self._token.slot, self._token
            facts = {
                "issuer": str(token.manufacturer_id).strip(),
                "model": str(token.model).strip(),
                "serial": bytes(token.serial).decode("ascii", "replace").strip(),
                "version": ".".join(map(str, token.firmware_version)),
                "label": str(token.label).strip(),
                "slot": f"{slot.slot_id:#x} {str(slot.slot_description).strip()}",
            }
            names = [getattr(one, "name", f"{int(one):#010x}") for one in slot.get_mechanisms()]
        return About(facts, tuple(sorted(names)))

    def run(self, work: Callable[[Seat], T]) -> T:
        """`work` with a seat; once more from the start if the token was lost."""
        generation = self._generation
        try:
            return self._attempt(work)
        except _LOST as error:
            if self._sealed is None:
                self._recover(generation, error)
                return self._attempt(work, last=True)
            raise self._sealed from error

    @contextmanager
    def writable(self) -> Iterator[pkcs11.Session]:
        """A read-write session, for making and destroying objects."""
        with self._gate.shared(), _translated():
            self._check()
            session = self._token.open(rw=True)
            try:
                yield session
            finally:
                session.close()

    def lock(self) -> None:
        """Log out: every session of the process loses the keys at once."""
        with self._gate.exclusive():
            self._sealed = TokenError("token.locked", "The token is locked.", permanent=False)
            if self._anchor is not None:
                self._calls.logout(self._anchor.handle)
                self._close_sessions()
            self._anchor = None
            self._wipe()

    def _close_sessions(self) -> None:
        while self._seats:
            with suppress(trouble.PKCS11Error):
                self._seats.pop().session.close()
        with suppress(trouble.PKCS11Error):
            self._anchor.close()

    def _wipe(self) -> None:
        self._pin[:] = bytes(len(self._pin))

    # -- one attempt --------------------------------------------------------------------------

    def _attempt(self, work: Callable[[Seat], T], *, last: bool = False) -> T:
        with self._gate.shared(), _translated(keep=() if last else _LOST):
            self._check()
            seat = self._seat()
            try:
                return work(seat)
            except trouble.PKCS11Error:
                with suppress(trouble.PKCS11Error):
                    seat.session.close()  # it may be spoilt
                seat.generation = 0
                raise
            finally:
                self._seats.append(seat)

    def _check(self) -> None:
        if self._process != os.getpid():
            raise RuntimeError("a PKCS#11 module must not be used across a fork")
        if self._sealed is not None:
            raise self._sealed
        if self._anchor is None:
            raise trouble.SessionClosed("not logged in")

    def _seat(self) -> Seat:
        with suppress(IndexError):
            while (seat := self._seats.pop()).generation != self._generation:
                pass
            return seat
        # Without a PIN: the login of the anchor counts for the whole process.
        return Seat(self._token.open(), self._generation)

    # -- start and recovery -------------------------------------------------------------------

    def _recover(self, generation: int, cause: Exception) -> None:
        if self._beside:
            raise _as_token_error(cause) from cause
        with self._gate.exclusive():
            if generation != self._generation or self._sealed is not None:
                return  # another thread did it, or somebody locked
            self._anchor = None
            self._calls.finalize()
            try:
                self._start()
            except TokenError as error:
                if error.permanent:
                    self._sealed = error
                raise error from cause

    def _start(self) -> None:
        """Initialize, find the token, log in; up to three times, for devices that are slow."""
        with _alone(self._module):
            for tries_left in reversed(range(_START_TRIES)):
                try:
                    return self._log_in()
                except (trouble.PKCS11Error, TokenError) as error:
                    final = isinstance(error, TokenError) and error.permanent
                    if not self._beside:
                        self._calls.finalize()
                    if final or not tries_left:
                        raise _as_token_error(error) from error
        return None

    def _log_in(self) -> None:
        self._calls.initialize()
        self._token = self._library.get_token(token_label=self._token_label)
        anchor: Any = self._token.open(rw=self._officer)  # an officer reads nothing alone
        user = SECURITY_OFFICER if self._officer else NORMAL_USER
        self._calls.login(anchor.handle, bytearray(self._pin), user)
        self._anchor = anchor
        self._generation += 1


@cache
def _load(module: Path) -> tuple[Calls, Any]:
    """Once for each module: the binding finalizes a module whose object is thrown away."""
    try:
        calls = Calls(module)
    except OSError as error:
        raise TokenError(
            "token.module", f"The module cannot be loaded: {error}.", permanent=True
        ) from error
    binding: Any = _pkcs11.lib
    return calls, binding.__new__(binding, str(module))  # without C_Initialize(NULL)


def take_over(
    module: Path, token_label: str, old: bytearray, new: bytearray, *, beside: bool = False
) -> bool:
    """Change the PIN that the token came with; False when it has another one by now.

    `beside`: another token of the module is open and stays so. The old PIN is wiped, the new one
    is not. Raises TokenError.
    """
    calls, library = _load(module)
    with _alone(module), _translated():
        calls.initialize()
        try:
            session = library.get_token(token_label=token_label).open(rw=True)
            try:
                calls.set_pin(session.handle, old, new)
            except TokenError as error:
                if not error.details.get("wrong"):
                    raise
                return False
            return True
        finally:
            old[:] = bytes(len(old))
            if not beside:
                calls.finalize()


@contextmanager
def _translated(keep: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    try:
        yield
    except trouble.PKCS11Error as error:
        if isinstance(error, keep):
            raise
        raise _as_token_error(error) from error


def _as_token_error(error: Exception) -> TokenError:
    if isinstance(error, TokenError):
        return error
    name, said = type(error).__name__, str(error)
    return TokenError(
        "token.device", f"The device answered {name}{f' ({said})' * bool(said)}.", permanent=False
    )


@contextmanager
def _alone(module: Path) -> Iterator[None]:
    """Wait until no other process is starting with this module: the file itself is the lock."""
    handle = os.open(module, os.O_RDONLY)
    give_up = time.monotonic() + _LOCK_PATIENCE
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise TokenError(
                        "token.busy", "Another process keeps starting the module.", permanent=False
                    ) from None
                time.sleep(0.01)
        yield
    finally:
        os.close(handle)


class _Gate:
    """Many may pass; one may close it. C_Finalize while another thread is inside is undefined."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                if not self._inside:
                    self._changed.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
