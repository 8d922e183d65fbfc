"""The second device of a signer, where its keys have their copies (CPS 6.2.4, 6.2.6).

A copy is a wrapped key that only this device opens; docs/decisions/0015. The device opens with the
same PIN as the first, so with the same custodians' shares, and is open only while it is worked on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pki import durable
from pki.errors import Malformed, Refused, TokenError
from pki.hsm import drivers, vendors
from pki.hsm.device_file import DeviceFile
from pki.hsm.examination import examine
from pki.hsm.interface import Copy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pki.hsm.interface import Token
    from pki.hsm.pkcs11 import Pkcs11Token
    from pki.hsm.software import SoftwareToken

_OFFICER_PATIENCE = 60.0  # seconds
_SEALED = "anxin sealed key 1"


class SoftwareSpare:
    """A second directory of sealed files: a copy against loss, not a device."""

    def __init__(self, main: SoftwareToken, home: Path) -> None:
        self.home, self._main = home, main

    @contextmanager
    def open(self) -> Iterator[SoftwareToken]:
        token = self._main.twin(self.home / "software")
        try:
            yield token
        finally:
            token.lock()

    def initialise(self) -> dict[str, Any]:
        with self.open() as token:
            _check_empty(token)
            return examine(token).as_json()

    def back_up(self, label: str, present: bytes) -> Copy:  # noqa: ARG002 -- a file of its own
        with self.open() as token:
            return _sealed(self._main, token, label)

    def settle(self, label: str, copy: bytes) -> None:
        pass

    def restore(self, label: str, copy: bytes) -> None:
        with self.open() as token:
            _unseal(token, label, copy)

    def forget(self, label: str) -> None:
        with self.open() as token:
            if label in token:
                token.destroy(label)


class Pkcs11Spare:
    """Another token of the module. Its KEKs come from the security officer, in another process."""

    def __init__(self, main: Pkcs11Token, options: argparse.Namespace) -> None:
        self._main, self._options = main, options
        self.home: Path = options.spare_home

    @contextmanager
    def open(self) -> Iterator[Pkcs11Token]:
        from pki.hsm.pkcs11 import Pkcs11Token  # noqa: PLC0415 -- loads the driver

        vendor = vendors.profile(self._options.vendor, DeviceFile(self._options.device))
        device = self._main.device.twin(self._options.spare_token)
        try:
            yield Pkcs11Token(device, self.home / "wrapped", vendor)
        finally:
            device.lock()

    def initialise(self) -> dict[str, Any]:
        taken_over, initial = self.home / "token-taken-over", self._options.spare_initial_secret
        if not taken_over.exists() and initial is not None:
            self._take_over(drivers.read_secret(initial))
        with self.open() as token:
            _check_empty(token)
            report = examine(token).as_json()
        durable.replace(taken_over, b"")
        return report

    def _take_over(self, initial: bytearray) -> None:
        """It gets the PIN of the first, if it is empty; has it that by now, nothing is done."""
        from pki.hsm import backup  # noqa: PLC0415

        main, name = self._main.device, self._options.spare_token
        try:
            device = main.twin(name, bytearray(initial))
        except TokenError as error:
            if error.details.get("wrong"):
                return
            raise
        try:
            _check_none(backup.keys_in(device))
        finally:
            device.lock()
        main.give_pin(name, initial)

    def back_up(self, label: str, present: bytes) -> Copy:
        """The KEK stays in the spare, and leaves the first token at once."""
        from pki.hsm import backup  # noqa: PLC0415

        with self.open() as spare:
            if keeper := self._main.keeper(label):
                return _sealed(keeper, spare.store(), label)
            backup.remove_keks(self._main.device, label)  # of an attempt that was broken off
            backup.remove_keks(spare.device, label, but=_kek_of(present))
        components = b"".join(backup.new_components())
        try:
            for token in (self._options.spare_token, self._options.token):
                self._place_kek(token, label, components)
            wrapped = backup.wrap(self._main, label)
        finally:
            backup.remove_keks(self._main.device, label)
        with self.open() as spare:
            backup.try_out(spare, wrapped)
        return Copy(wrapped.as_json(), "kek", wrapped.kek)

    def settle(self, label: str, copy: bytes) -> None:
        from pki.hsm import backup  # noqa: PLC0415

        with self.open() as spare:
            backup.remove_keks(spare.device, label, but=_kek_of(copy))

    def restore(self, label: str, copy: bytes) -> None:
        from pki.hsm import backup  # noqa: PLC0415

        with self.open() as spare:
            if _what(copy) == _SEALED:
                return _unseal(spare.store(), label, copy)
            kept = backup.Backup.from_json(copy)
            if label in spare.labels() and spare.public_key(label) == kept.public_key:
                return None
            return backup.restore(spare, kept)

    def forget(self, label: str) -> None:
        from pki.hsm import backup  # noqa: PLC0415

        with self.open() as spare:
            spare.destroy(label)
            backup.forget_trial(spare, label)
            backup.remove_keks(spare.device, label)

    def _place_kek(self, token: str, label: str, components: bytes) -> None:
        """Raises TokenError, Refused as the officer's process says."""
        path = self._options.officers_secret
        if path is None:
            raise Refused("spare.officer", "The officer's PIN is not told: --officers-secret-file.")
        device = ("--module", str(self._options.module), "--token", token)
        command = (sys.executable, "-m", "pki.hsm.officer", *device, "--label", label)
        try:
            done = subprocess.run(
                (*command, "--secret-file", str(path)),
                input=components,
                capture_output=True,
                timeout=_OFFICER_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as problem:
            reason = "The officer's token does not answer."
            raise TokenError("spare.officer", reason, permanent=False) from problem
        if done.returncode:
            rule, _, reason = done.stdout.decode(errors="replace").strip().partition(" ")
            raise TokenError(rule or "spare.officer", reason, permanent=True)


def _check_empty(token: Token) -> None:
    _check_none(token.labels())


def _check_none(labels: Iterable[str]) -> None:
    if found := ", ".join(sorted(labels)):
        raise Refused("spare.in_use", f"The device has keys already: {found}.")


def _sealed(main: SoftwareToken, spare: SoftwareToken, label: str) -> Copy:
    content = {"what": _SEALED, "file": main.copy_for(spare, label).decode()}
    return Copy(json.dumps(content).encode(), "sealed")


def _unseal(spare: SoftwareToken, label: str, copy: bytes) -> None:
    if _what(copy) != _SEALED:
        raise Malformed("backup.form", "This is no backup of a key for this device.")
    if label not in spare:
        spare.put(label, json.loads(copy)["file"].encode())


def _kek_of(copy: bytes) -> str:
    """The check value of what a copy is wrapped under; "" for none."""
    return str(json.loads(copy).get("kek", "")) if copy else ""


def _what(copy: bytes) -> str:
    """Raises Malformed `backup.form`."""
    try:
        return str(json.loads(copy)["what"])
    except (ValueError, KeyError, TypeError) as problem:
        raise Malformed("backup.form", "This is no backup of a key.") from problem
