"""The last revocation list of each issuer: a restored database must not take the CA back in time.

What is remembered is older than any signature over it: the file is on the disk before the token
is asked. An issuer is a key with one certificate, so an authority founded anew begins anew.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki import certificates, der, durable
from pki.errors import PkiError, Refused, TokenError
from pki.revocations import read_entries
from pki.signer import policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pki.publickeys import PublicKey

_DIGEST_SIZE = 32
# A list every minute for nineteen years. Every later list has a higher number, so whoever may sign
# one list may not use the numbers up.
MOST_AHEAD = 10_000_000
HOLD = "certificateHold"  # the one reason that can end, RFC 5280 5.3.1
_ENDING = {HOLD, "removeFromCRL"}


@dataclass(frozen=True, slots=True)
class Leaving:
    """Why certificates of the last list are not on the next one.

    `expired` are the certificates themselves, DER one after the other; `released` the serial
    numbers of those whose hold has ended.
    """

    expired: bytes = b""
    released: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Last:
    """`issuer` and `tbs` are SHA-256 of the CA's certificate and of the list."""

    issuer: bytes
    number: int
    this_update: datetime
    tbs: bytes


class Lists:
    """Thread-safe. One file for each key, replaced as a whole: `issuer`, then the list itself."""

    def __init__(self, directory: Path) -> None:
        """Raises TokenError `signer.lists` for a damaged file."""
        self._directory, self._lock = directory, threading.Lock()
        directory.mkdir(mode=0o700, exist_ok=True)
        self._last = {
            path.name: _read(path)
            for path in directory.iterdir()
            if not path.name.startswith(".")  # one that was never finished
        }

    def take(
        self,
        label: str,
        certificate: bytes,
        tbs: bytes,
        *,
        leaving: Leaving,
        public: PublicKey,
    ) -> None:
        """Remember a list that passed the policy. The last one may be asked for again.

        `public` is the issuer's key. Raises Refused `policy.crl_number_back`,
        `policy.crl_number_ahead`, `policy.crl_goes_back`, `policy.crl_forgets`; Malformed for what
        is no certificate.
        """
        new = _last(_digest(certificate), tbs)
        with self._lock:
            last = self._last.get(label)
            if last == new:
                return
            if last is not None and last.issuer != new.issuer:
                last = None  # founded anew
            _check_not_ahead(new.number, last.number if last else 0)
            if last is not None:
                _check_order(last, new)
                before = (self._directory / label).read_bytes()[_DIGEST_SIZE:]
                _check_complete(before, tbs, leaving, public, last.this_update)
            durable.replace(self._directory / label, new.issuer + tbs)
            self._last = {**self._last, label: new}

    def last(self, label: str, certificate: bytes) -> bytes | None:
        """The last list of this issuer, to be signed again; None before the first."""
        with self._lock:
            last = self._last.get(label)
            if last is None or last.issuer != _digest(certificate):
                return None
            return (self._directory / label).read_bytes()[_DIGEST_SIZE:]


def _read(path: Path) -> _Last:
    content = path.read_bytes()
    try:
        return _last(content[:_DIGEST_SIZE], content[_DIGEST_SIZE:])
    except (PkiError, KeyError) as problem:
        raise TokenError(
            "signer.lists", f"{path} cannot be read: {problem}.", permanent=True
        ) from problem


def _last(issuer: bytes, tbs: bytes) -> _Last:
    number, this_update = policy.place_of(tbs)
    return _Last(issuer, number, this_update, _digest(tbs))


def _check_not_ahead(number: int, last: int) -> None:
    if number > last + MOST_AHEAD:
        raise Refused("policy.crl_number_ahead", f"Number {number}: the last list had {last}.")


def _check_order(last: _Last, new: _Last) -> None:
    if new.number <= last.number:
        raise Refused(
            "policy.crl_number_back", f"Number {new.number}: the last list had {last.number}."
        )
    if new.this_update < last.this_update:
        raise Refused("policy.crl_goes_back", f"The last list was of {last.this_update}.")


def _check_complete(
    before: bytes, after: bytes, leaving: Leaving, public: PublicKey, since: datetime
) -> None:
    """Whoever vanishes has expired before the last list, or was on hold there and is released."""
    there, lost = dict(_entries(after)), {}
    for serial, entry in _entries(before):
        now = there.get(serial)
        if now is None or (now != entry and _reason(now) in _ENDING and _reason(entry) != HOLD):
            lost[serial] = entry  # what was for ever and now can end would vanish in two steps
    held = {serial for serial in lost.keys() & leaving.released if _reason(lost[serial]) == HOLD}
    if forgotten := lost.keys() - held - _expired(leaving.expired, public, since):
        raise Refused(
            "policy.crl_forgets", f"{len(forgotten)} certificates of the last list are missing."
        )


def _expired(encoded: bytes, public: PublicKey, since: datetime) -> set[int]:
    """Nobody's word is taken for it: the certificates say so, and this key has signed them."""
    reader, found = der.Reader(encoded), set()
    while reader:
        one = certificates.parse(reader.any().der)
        if one.not_after < since and public.verify(one.tbs, one.signature, one.signature_algorithm):
            found.add(one.serial)
    return found


def _entries(tbs: bytes) -> Iterator[tuple[int, bytes]]:
    """Serial number and content of each entry; a list has up to a million."""
    reader = der.Reader(policy.entries_of(tbs))
    while reader:
        entry = reader.take(der.SEQUENCE)
        yield der.Reader(entry).integer(), entry


def _reason(entry: bytes) -> str | None:
    (read,) = read_entries(der.sequence(entry))
    return read.reason


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
