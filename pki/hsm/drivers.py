"""Which driver, which device: the options of a command line, and the opened token."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import PkiError, TokenError
from pki.hsm import sdf_profiles, vendors
from pki.hsm.device_file import DeviceFile
from pki.hsm.software import SecretSealer, SoftwareToken

if TYPE_CHECKING:
    import argparse

    from pki.hsm.interface import Token

SOFTWARE, PKCS11, SDF = "software", "pkcs11", "sdf"
_VENDORS = sorted({*vendors.PROFILES, *sdf_profiles.PROFILES})
_MOST_SECRET = 4096


def add_options(parser: argparse.ArgumentParser) -> None:
    """`--home`, `--driver` and what the drivers want to know."""
    add = parser.add_argument
    add("--home", type=_place, required=True, help="directory of register, counters and keys")
    add("--driver", choices=(SOFTWARE, PKCS11, SDF), default=SOFTWARE)
    add(
        "--module",
        type=_place,
        default=Path("/usr/lib/softhsm/libsofthsm2.so"),
        help="library of the device: PKCS#11 or SDF",
    )
    add("--token", default="anxin", help="label of the PKCS#11 token")
    add("--vendor", choices=_VENDORS, default="standard", help="whose numbers and sizes")
    add("--spare-token", default="", help="label of the token that keeps copies of the keys")
    add("--device", type=_place, help="file of JSON with what else differs (docs/devices.md)")


def open_token(options: argparse.Namespace, secret: bytearray) -> Token:
    """The opened token; the secret is wiped when it is locked, or does not open.

    A driver is loaded only if it is wanted. Raises TokenError, Refused.
    """
    try:
        return _OPENED[options.driver](options, DeviceFile(options.device), secret)
    except PkiError:
        secret[:] = bytes(len(secret))
        raise


def _software(options: argparse.Namespace, device: DeviceFile, secret: bytearray) -> Token:
    device.finish()
    directory = options.home / "software"
    token = SoftwareToken(directory, SecretSealer.for_directory(directory, secret))
    secret[:] = bytes(len(secret))
    return token


def _pkcs11(options: argparse.Namespace, device: DeviceFile, secret: bytearray) -> Token:
    from pki.hsm.cryptoki import Cryptoki  # noqa: PLC0415
    from pki.hsm.pkcs11 import Pkcs11Token  # noqa: PLC0415

    vendor = vendors.profile(options.vendor, device)
    device.finish()
    opened = Cryptoki(options.module, options.token, secret)
    for_backup = bool(options.spare_token)
    return Pkcs11Token(opened, options.home / "wrapped", vendor, for_backup=for_backup)


def _sdf(options: argparse.Namespace, device: DeviceFile, secret: bytearray) -> Token:
    from pki.hsm.sdf import SdfToken  # noqa: PLC0415
    from pki.hsm.sdf_device import PASSWORDS, SdfDevice  # noqa: PLC0415

    profile = sdf_profiles.profile(options.vendor, device)
    indexes = device.numbers("indexes")
    passwords = device.text("passwords", PASSWORDS[0], among=PASSWORDS)
    directory = device.text("directory", "")
    device.finish()
    opened = SdfDevice(
        options.module,
        profile,
        secret,
        passwords=passwords,
        directory=Path(directory) if directory else None,
    )
    try:
        return SdfToken(opened, options.home / "sdf", indexes)
    except PkiError:
        opened.lock()
        raise


_OPENED = {SOFTWARE: _software, PKCS11: _pkcs11, SDF: _sdf}


def read_secret(path: Path) -> bytearray:
    """The content of a file that nobody else can read. Raises TokenError `signer.secret_file`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _bad_file(path, error.strerror or "cannot be opened") from error
    with os.fdopen(handle, "rb", buffering=0) as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise _bad_file(path, "must be a file of our own")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise _bad_file(path, "can be read by others; chmod 600")
        secret = bytearray(_MOST_SECRET)
        del secret[file.readinto(secret) or 0 :]
    while secret and secret[-1] in b"\r\n":
        del secret[-1]
    if not secret:
        raise _bad_file(path, "is empty")
    return secret


def _bad_file(path: Path, reason: str) -> TokenError:
    return TokenError("signer.secret_file", f"{path}: {reason}.", permanent=True)


def _place(text: str) -> Path:
    """Absolute: libraries are used in a working directory of their own."""
    return Path(text).absolute()
