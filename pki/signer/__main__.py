"""python -m pki.signer: start the signer, sealed. All it needs to know is on the command line.

Exit status: 0 after SIGTERM or SIGINT, 1 when it refuses to start (the last line of the log says
why), 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import PkiError
from pki.hardening import harden
from pki.hsm import drivers, vaults
from pki.signer import homes
from pki.signer.custody import ANYBODY, Custody
from pki.signer.daemon import SigningService
from pki.signer.logs import log
from pki.signer.server import Server, listen

if TYPE_CHECKING:
    from collections.abc import Sequence

DEMOS = ("demo", "test")  # values of ANXIN_ENV; whoever says nothing is in production


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    hardened = harden()
    try:
        lock = homes.take(options.home)
        service = SigningService(
            Custody(
                options.home,
                vaults.vault(options),
                now=_clock,
                first=options.first,
                spare=options.spare_home,
            ),
            options.home,
            now=_clock,
            workers=options.workers,
            helper=options.helper,
            about={"driver": options.driver, "hardening": hardened},
        )
        allowed = frozenset({os.geteuid(), *options.allow_uid})
        listener = listen(options.socket, shared=len(allowed) > 1)
    except (PkiError, OSError) as error:
        log("not_started", rule=getattr(error, "rule", "system"), reason=str(error))
        return 1
    server = Server(listener, service, allowed)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    log("ready", pid=os.getpid(), driver=options.driver, **hardened)
    server.run()
    options.socket.unlink(missing_ok=True)
    service.close()
    log("stopped")
    os.close(lock)
    return 0


def _clock() -> datetime:
    return datetime.now(UTC)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pki.signer", description=__doc__)
    add = parser.add_argument
    drivers.add_options(parser)
    add("--socket", type=Path, required=True, help="where to listen; its directory must be 0700")
    first = f"who may have shares of keys that are there: their digest, or {ANYBODY} (a demo)"
    add("--first-custodians", dest="first", default="", help=first)
    add("--initial-secret-file", type=Path, help="the PIN a new token came with, for us alone")
    add("--spare-home", type=Path, help="home of a signer on the second device, for copies of keys")
    spare = "the PIN the second token came with, for us alone"
    add("--spare-initial-secret-file", dest="spare_initial_secret", type=Path, help=spare)
    officers = "lines TOKEN PIN of security officers, there during ceremonies only"
    add("--officers-secret-file", dest="officers_secret", type=Path, help=officers)
    add(
        "--allow-uid",
        type=int,
        nargs="+",
        action="extend",
        default=[],
        help="who may ask, besides ourselves",
    )
    add(
        "--helper",
        action="store_true",
        help="certificates, OCSP answers and time stamps only; keeps no lists",
    )
    add("--workers", type=int, default=max(2, os.cpu_count() or 1), help="signing threads")
    options = parser.parse_args(arguments)
    if options.workers < 1:
        parser.error("--workers is at least 1")
    if options.first == ANYBODY and os.environ.get("ANXIN_ENV") not in DEMOS:
        parser.error(f"--first-custodians {ANYBODY} is for a demo: name the digest of the three")
    options.socket = options.socket.absolute()
    if options.spare_home is not None:
        options.spare_home = options.spare_home.absolute()
    return options


if __name__ == "__main__":
    sys.exit(main())
