"""What the shares of custodians open: which secret is kept for them, and how it opens a device."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

from pki import durable
from pki.errors import Refused, TokenError
from pki.hsm import drivers
from pki.hsm.interface import unsupported
from pki.hsm.software import SecretSealer, SoftwareToken
from pki.hsm.spares import Pkcs11Spare, SoftwareSpare

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pki.hsm.interface import Spare, Token, Vault

_LEAST_SECRET, _SECRET, _PIN = 16, 32, 24  # octets, octets, characters
_CHARACTERS = string.ascii_letters + string.digits


def vault(options: argparse.Namespace) -> Vault:
    """Of the device that a command line names. No driver is loaded before it is opened."""
    if options.driver == drivers.SOFTWARE:
        initial, spare = options.initial_secret_file, options.spare_home
        return SoftwareVault(options.home / "software", initial, spare)
    if options.driver == drivers.SDF:
        return SdfVault(options)
    return Pkcs11Vault(options)


class SoftwareVault:
    """Keys in files, for demonstration and tests. `initial`: what opened them until now.

    `spare`: the home of the signer that their copies are for.
    """

    def __init__(
        self, directory: Path, initial: Path | None = None, spare: Path | None = None
    ) -> None:
        self._directory, self._initial, self._spare = directory, initial, spare

    @property
    def guards_keys(self) -> bool:
        return any(self._directory.glob("*.key"))

    def unlock_secret(self) -> bytearray:
        """Raises Refused `signer.secret`: too short, or missing where there are keys already."""
        if self._initial is not None:
            secret = drivers.read_secret(self._initial)
            if len(secret) < _LEAST_SECRET:
                raise Refused("signer.secret", f"It has fewer than {_LEAST_SECRET} octets.")
            return secret
        if self.guards_keys:
            raise Refused("signer.secret", "There are keys under another secret already.")
        return bytearray(secrets.token_urlsafe(_SECRET).encode())

    def open(self, secret: bytearray) -> Token:
        try:
            sealer = SecretSealer.for_directory(self._directory, secret)
            return SoftwareToken(self._directory, sealer)
        finally:
            secret[:] = bytes(len(secret))

    def spare(self, token: Token) -> Spare:
        if self._spare is None:
            raise _no_spare()
        assert isinstance(token, SoftwareToken)
        return SoftwareSpare(token, self._spare)


class Pkcs11Vault:
    """A PKCS#11 token. Its PIN is made here and known to nobody (CPS 6.4.1).

    The initial secret is the PIN that it came with; the first activation changes it.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._taken_over = options.home / "token-taken-over"

    @property
    def guards_keys(self) -> bool:
        """Its officer can set the PIN anew: then the signer has keys, and nobody has shares."""
        register: Path = self._options.home / "keys.json"
        return register.exists()

    def unlock_secret(self) -> bytearray:
        return bytearray("".join(secrets.choice(_CHARACTERS) for _ in range(_PIN)).encode())

    def open(self, secret: bytearray) -> Token:
        initial = self._options.initial_secret_file
        new = initial is not None and not self._taken_over.exists()
        if new:
            self._take_over(drivers.read_secret(initial), secret)
        token = drivers.open_token(self._options, secret)
        if new:
            durable.replace(self._taken_over, b"")  # never tried again: devices count
        return token

    def spare(self, token: Token) -> Spare:
        from pki.hsm.pkcs11 import Pkcs11Token  # noqa: PLC0415 -- loads the driver

        if self._options.spare_home is None or not self._options.spare_token:
            raise _no_spare()
        assert isinstance(token, Pkcs11Token)
        return Pkcs11Spare(token, self._options)

    def _take_over(self, initial: bytearray, secret: bytearray) -> None:
        from pki.hsm.cryptoki import take_over  # noqa: PLC0415 -- loads the driver

        try:
            take_over(self._options.module, self._options.token, initial, secret)
        except TokenError:
            secret[:] = bytes(len(secret))
            raise


class SdfVault:
    """An SDF machine: its passwords are set with the vendor's tool, and kept from then on."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    @property
    def guards_keys(self) -> bool:
        """People made them with the vendor's tool."""
        return True

    def unlock_secret(self) -> bytearray:
        """Raises Refused `signer.secret` without an initial secret."""
        initial = self._options.initial_secret_file
        if initial is None:
            raise Refused("signer.secret", "The machine's passwords are not told.")
        return drivers.read_secret(initial)

    def open(self, secret: bytearray) -> Token:
        return drivers.open_token(self._options, secret)

    def spare(self, token: Token) -> Spare:  # noqa: ARG002 -- as all of them
        raise unsupported("copy of a key: its vendor's cards make them")


def _no_spare() -> Refused:
    return Refused("spare.none", "The signer has no second device: --spare-home, --spare-token.")
