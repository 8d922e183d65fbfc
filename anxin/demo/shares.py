"""The shares of a demo's custodians: kept with their passphrases, laid out as files to choose.

`python -m anxin.demo.shares SOCKET FILE READY` is who they would be if they never left the room: it
activates the signer after each of its starts, and leaves it alone once somebody has sealed it.
"""

import json
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

from pki import custodians, durable, shares
from pki.errors import PkiError
from pki.shares import ShareFile
from pki.signer.client import Signer
from pki.signer.offers import ACTIVATE

HOURS, SIGNATURES = 24 * 90, 1_000_000
_GLANCE = 0.5  # seconds


class Held(NamedTuple):
    """A demo custodian's share file, as text, and what opens it."""

    login: str
    file: str
    passphrase: str


def write(path: Path, held: Iterable[Held]) -> None:
    """Readable by this user alone."""
    rows = [one._asdict() for one in held]
    durable.replace(path, json.dumps(rows, ensure_ascii=False, indent=1).encode())


def read(path: Path) -> list[Held]:
    """Nobody's before the demo is there."""
    return [Held(**row) for row in json.loads(path.read_bytes())] if path.exists() else []


def lay_out(folder: Path, held: Iterable[Held]) -> None:
    """One file for each, as custodians have them at home, and which passphrase opens which.

    For this user alone. No process writes passphrases to its output: that is kept in a log.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    lines = []
    for one in held:
        said = shares.read_file(one.file)
        path = folder / f"share-{said['number']}-{one.login}.json"
        durable.replace(path, one.file.encode())
        lines.append(f"{said['name']}  {path}  {one.passphrase}\n")
    durable.replace(folder / "passphrases.txt", "".join(lines).encode())


def opened(path: Path) -> list[ShareFile]:
    """Of as many as are needed."""
    return [shares.open_file(one.file, one.passphrase) for one in read(path)[: shares.NEED]]


def stay(signer: Signer, path: Path, ready: Path) -> NoReturn:
    """`ready` is touched when the signer has been seen to once; beside it stands which start."""
    mark = ready.with_suffix(".seen")
    seen = mark.read_text() if mark.exists() else ""
    while True:
        with suppress(PkiError):
            started = str(signer.health()["started_at"])
            if started != seen and signer.custody()["state"] == "sealed":
                _activate(signer, opened(path))
            if started != seen:
                mark.write_text(started)
            seen = started
            ready.touch()
        time.sleep(_GLANCE)


def _activate(signer: Signer, owned: Iterable[ShareFile]) -> None:
    identity = bytes.fromhex(signer.custody()["identity"])
    made = signer.offer(ACTIVATE, hours=HOURS, signatures=SIGNATURES)
    said = made["statement"].encode(), bytes.fromhex(made["signature"])
    for share in owned:
        signer.bring(*custodians.bring(share, *said, identity=identity))


if __name__ == "__main__":
    stay(Signer(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
