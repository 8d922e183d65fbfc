"""The signers: first the home signer, then those that help it (docs/decisions/0014)."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count

from django.conf import settings
from django.db import connection

from ca.keys import queries
from pki.errors import PkiError, Refused, TokenError
from pki.signer.client import Signer
from pki.signer.protocol import HOME

log = logging.getLogger(__name__)

SEALS_WITHIN = 5.0  # seconds: one signer that says nothing keeps no order from the others
RESTS = 20  # turns that a signer is passed by after it failed
_LACKING = {"signer.unknown_key", "signer.helper"}  # this one cannot; another may

_turns = count(os.getpid())  # processes begin with different signers
_resting: dict[str, int] = {}  # socket -> until which turn

Answers = list[bytes | PkiError]


@cache
def _client(path: str, timeout: float = 30.0) -> Signer:
    return Signer(path, timeout)


def sockets() -> tuple[str, ...]:
    return (settings.SIGNER_SOCKET, *settings.HELPER_SOCKETS)


def at(place: int) -> Signer:
    """The signer at one place. Raises TokenError `signer.unreachable` if there is none.

    One that was away when the keys were to be sealed is sealed first, whatever is wanted of it.
    """
    path = _path(place)
    if queries.is_due(place):
        seal(place)
    return _client(path)


def seal(place: int) -> None:
    """Tell one signer to forget its keys, at once. Raises TokenError."""
    _client(_path(place), SEALS_WITHIN).lock()


def _path(place: int) -> str:
    # A signer may be slow; rows locked meanwhile would make everybody wait for it.
    if connection.in_atomic_block:
        raise RuntimeError("the signer is asked between transactions, never inside one")
    there = sockets()
    if place >= len(there):
        reason = f"There is no signer {place}."
        raise TokenError("signer.unreachable", reason, permanent=False)
    return there[place]


def spread(ask: Callable[[Signer], Answers]) -> Answers:
    """The answers of one signer, each time another, and the next one if that cannot.

    The home signer has the last word: what a helper refuses is asked there as a whole, so all
    answers of one request come from one signer. Raises the home signer's error when nobody could.
    """
    turn, failure = next(_turns), None
    for place in _order(turn):
        path = sockets()[place]
        try:
            answers = ask(at(place))
        except (TokenError, Refused) as error:
            if isinstance(error, Refused) and error.rule not in _LACKING:
                raise
            log.warning("signer %s: %s", place, error)
            if isinstance(error, TokenError):
                _resting[path] = turn + RESTS
            failure = error if place == HOME or failure is None else failure
            continue
        _resting.pop(path, None)
        if place == HOME or all(isinstance(answer, bytes) for answer in answers):
            return answers
        log.error("signer %s refused what the home signer is asked for now", place)
        return ask(at(HOME))
    assert failure is not None
    raise failure


def _order(turn: int) -> Iterator[int]:
    """All places: those that failed a short while ago come last."""
    there: Sequence[str] = sockets()
    places = [(turn + number) % len(there) for number in range(len(there))]
    yield from sorted(places, key=lambda place: _resting.get(there[place], 0) > turn)
