"""python -m pki.signer: start the signer. Everything it needs to know stands on the command line.

Exit status: 0 after SIGTERM or SIGINT, 1 when it refuses to start (the last line of the log says
why), 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import PkiError, Refused, TokenError
from pki.hsm import vendors
from pki.hsm.software import SecretSealer, SoftwareToken
from pki.signer.daemon import SigningService
from pki.signer.hardening import harden
from pki.signer.logs import log
from pki.signer.server import Server, listen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.hsm.interface import Token

_LEAST_SECRET, _MOST_SECRET = 16, 4096


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    hardened = harden()
    try:
        lock = _take(options.home)
        service = SigningService(
            _unlocked(options),
            options.home,
            now=lambda: datetime.now(UTC),
            in_setup=options.allow_setup,
            workers=options.workers,
            about={"driver": options.driver, "unlocked_by": "file", "hardening": hardened},
        )
        allowed = frozenset({os.geteuid(), *options.allow_uid})
        listener = listen(options.socket, shared=len(allowed) > 1)
    except (PkiError, OSError) as error:
        log("not_started", rule=getattr(error, "rule", "system"), reason=str(error))
        return 1
    server = Server(listener, service, allowed)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    log("ready", pid=os.getpid(), driver=options.driver, in_setup=options.allow_setup, **hardened)
    server.run()
    options.socket.unlink(missing_ok=True)
    service.close()
    log("stopped")
    os.close(lock)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pki.signer", description=__doc__)
    add = parser.add_argument
    add("--home", type=Path, required=True, help="directory of register, counters and keys")
    add("--socket", type=Path, required=True, help="where to listen; its directory must be 0700")
    add("--driver", choices=("software", "pkcs11"), default="software")
    add("--unlock-file", type=Path, help="secret or PIN, readable by us alone (HOME/unlock)")
    add(
        "--allow-uid",
        type=int,
        nargs="+",
        action="extend",
        default=[],
        help="who may ask, besides ourselves",
    )
    add("--allow-setup", action="store_true", help="make keys, sign CA certificates")
    add("--workers", type=int, default=max(2, os.cpu_count() or 1), help="signing threads")
    add("--module", type=Path, default=Path("/usr/lib/softhsm/libsofthsm2.so"))
    add("--token", default="anxin", help="label of the PKCS#11 token")
    add("--vendor", choices=tuple(vendors.PROFILES), default="standard")
    options = parser.parse_args(arguments)
    if options.workers < 1:
        parser.error("--workers is at least 1")
    options.unlock_file = options.unlock_file or options.home / "unlock"
    return options


def _take(home: Path) -> int:
    """Make sure that `home` is private, and that we are its only signer."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = home.stat()
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise Refused("signer.home", f"{home} must be ours alone (chmod 700).")
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Refused("signer.home", f"Another signer works in {home}.") from None
    return lock


def _unlocked(options: argparse.Namespace) -> Token:
    """The opened token. The pkcs11 driver is loaded only if it is wanted."""
    if options.driver == "software":
        secret = _secret(options.unlock_file)
        if len(secret) < _LEAST_SECRET:
            raise Refused("signer.secret", f"The secret has fewer than {_LEAST_SECRET} octets.")
        directory = options.home / "software"
        token = SoftwareToken(directory, SecretSealer.for_directory(directory, secret))
        secret[:] = bytes(len(secret))
        return token
    from pki.hsm.cryptoki import Cryptoki  # noqa: PLC0415
    from pki.hsm.pkcs11 import Pkcs11Token  # noqa: PLC0415

    device = Cryptoki(options.module, options.token, lambda: _secret(options.unlock_file))
    return Pkcs11Token(device, options.home / "wrapped", vendors.profile(options.vendor))


def _secret(path: Path) -> bytearray:
    """The content of a file that nobody else can read. Raises TokenError `signer.unlock_file`."""
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
    return TokenError("signer.unlock_file", f"{path}: {reason}.", permanent=True)


if __name__ == "__main__":
    sys.exit(main())
