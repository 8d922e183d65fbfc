"""One SDF device, opened: a single session that holds the rights to its keys, one call at a time.

Libraries of this kind are not safe for threads, take a second OpenDevice in a process for an error,
forget the right to a key with its session, and look for their files in the working directory.
"""

from __future__ import annotations

import ctypes
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from pki.errors import TokenError
from pki.hsm import interface
from pki.hsm.sdf_calls import Calls, SdfError
from pki.hsm.sdf_profiles import NO_CONNECTION, NO_KEY, NO_SUPPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pki.hsm.sdf_profiles import SdfProfile

T = TypeVar("T")

PASSWORDS = SHARED, EACH = "shared", "each"  # one for all keys, or lines of `INDEX PASSWORD`
_FINAL = (NO_KEY, NO_SUPPORT)  # asking again is useless
_SHORTEST_PASSWORD = 8  # GM/T 0018, GetPrivateKeyAccessRight

_open: set[Path] = set()  # the libraries whose device this process has open
_opening = threading.Lock()


class SdfDevice:
    """The secret is kept for rights that have to be asked for again, and wiped by `lock`."""

    def __init__(
        self,
        module: Path,
        profile: SdfProfile,
        secret: bytearray,
        *,
        passwords: str = SHARED,
        directory: Path | None = None,
    ) -> None:
        """`directory` is where the library looks for its files. Raises TokenError."""
        self._secret, self._passwords = secret, passwords
        self._directory = directory
        self._library = module.resolve()
        self._process = os.getpid()
        self._turn = threading.RLock()
        self._device = self._session = 0
        self._rights: set[int] = set()
        self._refused: dict[int, TokenError] = {}
        self._locked = False
        with _opening:
            if self._library in _open:
                raise TokenError(
                    "token.busy", "This process has the device open already.", permanent=True
                )
            with self._there():
                self.calls = Calls(module, profile)
                self._connect()
            _open.add(self._library)

    def run(self, work: Callable[[int], T]) -> T:
        """`work` with the session; once more with a fresh one if the answer was odd."""
        self._check_process()  # before the lock: whoever held it at the fork is not here
        with self._turn, self._there():
            if self._locked:
                raise interface.locked()
            try:
                self._connect()
                return work(self._session)
            except SdfError as error:
                if error.kind in _FINAL:
                    raise
                self._drop(whole=error.kind == NO_CONNECTION)
            self._connect()
            return work(self._session)

    def hold(self, session: int, index: int) -> None:
        """Have the right to the private key at `index`; for use in `run`.

        Raises TokenError `token.pin`: a password is never tried twice, devices count.
        """
        if index in self._rights:
            return
        if index in self._refused:
            raise self._refused[index]
        password = self._password(index)
        try:
            self.calls.get_right(session, index, password)
        except SdfError as error:
            if error.kind in (NO_CONNECTION, NO_KEY):
                raise
            if error.kind != NO_SUPPORT:  # such devices ask for no password
                self._refused[index] = _refusal(index, error)
                raise self._refused[index] from error
        finally:
            _wipe(password)
        self._rights.add(index)

    def lock(self) -> None:
        """Give the rights back and close the device; nothing signs until it is opened anew."""
        self._check_process()
        with self._turn:
            if self._locked:
                return
            self._locked = True
            _wipe(self._secret)
            with suppress(TokenError), self._there():
                for index in self._rights:
                    with suppress(SdfError):
                        self.calls.release_right(self._session, index)
                self._drop(whole=True)
            with _opening:
                _open.discard(self._library)

    # -- inside -------------------------------------------------------------------------------

    def _check_process(self) -> None:
        if self._process != os.getpid():
            raise RuntimeError("an SDF library must not be used across a fork")

    def _connect(self) -> None:
        if self._session:
            return
        if self._device:
            with suppress(SdfError):
                self._session = self.calls.open_session(self._device)
                return
            self._close_device()
        if not self._device:
            self._device = self.calls.open_device()
        self._session = self.calls.open_session(self._device)

    def _drop(self, *, whole: bool) -> None:
        """Forget the session, and the device as well if it is out of reach."""
        self._rights.clear()
        if self._session:
            with suppress(SdfError):
                self.calls.close_session(self._session)
            self._session = 0
        if whole and self._device:
            self._close_device()

    def _close_device(self) -> None:
        """What does not close counts as open: the library would not open it a second time."""
        with suppress(SdfError):
            self.calls.close_device(self._device)
            self._device = 0

    def _password(self, index: int) -> bytearray:
        secret = bytearray(self._secret)
        if self._passwords == SHARED:
            found = secret
        else:
            found = _of_index(secret, index)
            _wipe(secret)
        if len(found) < _SHORTEST_PASSWORD:
            _wipe(found)
            raise TokenError(
                "token.pin",
                f"There is no password of {_SHORTEST_PASSWORD} octets for key {index}.",
                permanent=True,
            )
        return found

    @contextmanager
    def _there(self) -> Iterator[None]:
        """In the library's directory, if it needs one; other threads are there as well."""
        if self._directory is None:
            yield
            return
        before = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _enter(self._directory)
            yield
        finally:
            os.fchdir(before)
            os.close(before)


def _enter(directory: Path) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise TokenError(
            "token.directory", f"{directory}: {error.strerror}.", permanent=True
        ) from None


def _refusal(index: int, error: SdfError) -> TokenError:
    return TokenError(
        "token.pin",
        f"The device does not grant the right to key {index}; the password is not tried again. "
        f"{error.reason}",
        permanent=True,
    )


def _of_index(secret: bytearray, index: int) -> bytearray:
    """The password out of lines `INDEX PASSWORD`; empty if there is none."""
    mark = f"{index} ".encode()
    begin = 0
    while begin < len(secret):
        end = secret.find(b"\n", begin)
        end = len(secret) if end < 0 else end
        if secret.startswith(mark, begin):
            return secret[begin + len(mark) : end]
        begin = end + 1
    return bytearray()


def _wipe(secret: bytearray) -> None:
    if secret:
        ctypes.memset((ctypes.c_char * len(secret)).from_buffer(secret), 0, len(secret))
