"""The last revocation list of each issuer: a restored database must not take the CA back in time.

What is remembered is older than any signature over it: the file is on the disk before the token
is asked. An issuer is a key with one certificate, so an authority founded anew begins anew.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pki import durable
from pki.errors import Refused, TokenError
from pki.signer import policy

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Last:
    """`issuer` and `tbs` are SHA-256 in hex, `this_update` ISO 8601 in UTC."""

    issuer: str
    number: int
    this_update: str
    tbs: str


class Lists:
    """Thread-safe. One file that is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        """Raises TokenError `signer.lists` for a damaged file."""
        self._path, self._lock = path, threading.Lock()
        try:
            listed = json.loads(path.read_bytes()) if path.exists() else {}
            self._last = {label: _Last(**last) for label, last in listed.items()}
        except (ValueError, TypeError, AttributeError) as problem:
            raise TokenError(
                "signer.lists", f"{path} cannot be read: {problem}.", permanent=True
            ) from problem

    def take(self, label: str, certificate: bytes, tbs: bytes) -> None:
        """Remember a list that passed the policy. The last one may be asked for again.

        Raises Refused `policy.crl_number_back`, `policy.crl_goes_back`.
        """
        number, this_update = policy.place_of(tbs)
        new = _Last(_digest(certificate), number, this_update.isoformat(), _digest(tbs))
        with self._lock:
            last = self._last.get(label)
            if last == new:
                return
            if last is not None and last.issuer == new.issuer:
                _check_order(last, new)
            last_of_all = {**self._last, label: new}
            content = {name: asdict(each) for name, each in last_of_all.items()}
            durable.replace(self._path, json.dumps(content, indent=1).encode())
            self._last = last_of_all


def _check_order(last: _Last, new: _Last) -> None:
    if new.number <= last.number:
        raise Refused(
            "policy.crl_number_back", f"Number {new.number}: the last list had {last.number}."
        )
    if new.this_update < last.this_update:
        raise Refused("policy.crl_goes_back", f"The last list was of {last.this_update}.")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
