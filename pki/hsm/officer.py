"""python -m pki.hsm.officer: the security officer's one act, in a process of its own.

Whoever is logged in to a token as its user cannot be its officer besides, and the signer has no use
for the officer's PIN. Components of a KEK come on standard input; its check value goes out.
Exit status: 0 it is placed, 1 it is not (the last line says why).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import PkiError, TokenError
from pki.hardening import harden
from pki.hsm import drivers

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    harden()
    parser = argparse.ArgumentParser(prog="python -m pki.hsm.officer", description=__doc__)
    parser.add_argument("--module", type=Path, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--secret-file", type=Path, required=True, help="lines: TOKEN PIN")
    parser.add_argument("--label", required=True, help="of the key that the KEK is for")
    options = parser.parse_args(arguments)
    try:
        print(_place(options, sys.stdin.buffer.read()))
    except PkiError as error:
        print(f"{error.rule} {error.reason}")
        return 1
    return 0


def _place(options: argparse.Namespace, components: bytes) -> str:
    from pki.hsm import backup  # noqa: PLC0415 -- loads the driver
    from pki.hsm.cryptoki import Cryptoki  # noqa: PLC0415

    size = len(components) // backup.PEOPLE
    parts = [components[at : at + size] for at in range(0, len(components), size or 1)]
    pin = officers_pin(options.secret_file, options.token)
    officer = Cryptoki(options.module, options.token, pin, officer=True)
    try:
        return backup.place_kek(officer, parts, options.label)
    finally:
        officer.lock()


def officers_pin(path: Path, token: str) -> bytearray:
    """Of that token, from a file with a line `TOKEN PIN` for each. Raises TokenError."""
    content = drivers.read_secret(path)
    try:
        for line in content.splitlines():
            name, _, pin = line.partition(b" ")
            if name == token.encode() and pin:
                return bytearray(pin)
    finally:
        content[:] = bytes(len(content))
    reason = f"The file has no line with the officer's PIN of {token}."
    raise TokenError("signer.officer", reason, permanent=True)


if __name__ == "__main__":
    sys.exit(main())
