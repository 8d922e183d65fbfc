"""The self-test of a device: what it is, whether it answers right, whether its keys sign.

CPS 6.2.11. Nothing is changed in the device, nothing raises: what goes wrong is in the report.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pki import publickeys
from pki.errors import PkiError, Refused
from pki.hsm import interface
from pki.hsm.interface import About
from pki.sm import selftest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pki.hsm.interface import Custody, Token

PASSED, FAILED, ABSENT = "passed", "failed", "absent"  # absent: the device does not offer it
_UNSUPPORTED = "token.unsupported"
_MESSAGE = b"AnXin self-test of a device: these words are no certificate."  # nor any DER


@dataclass(frozen=True, slots=True)
class Check:
    """`about` is `program`, `device` or `key`; `rule` and `reason` are those of what failed."""

    about: str
    name: str
    outcome: str = PASSED
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`facts` and `abilities` as the device names them."""

    custody: Custody
    facts: Mapping[str, str]
    abilities: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return all(check.outcome != FAILED for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "custody": self.custody._asdict(),
            "facts": dict(self.facts),
            "abilities": list(self.abilities),
            "checks": [asdict(check) for check in self.checks],
        }


def examine(token: Token, expected: Mapping[str, bytes] | None = None) -> Report:
    """The report on an opened token.

    `expected` are the public keys (SubjectPublicKeyInfo) that it must have, by label; what else it
    signs with is checked as well.
    """
    about = About({}, ())
    checks = [*_program()]
    try:
        about = token.about()
    except PkiError as error:
        checks.append(_failed("device", "information", error))
    else:
        checks.append(Check("device", "information"))
    checks += _device(token)
    checks += _keys(token, expected or {})
    return Report(token.description, about.facts, about.abilities, tuple(checks))


def _program() -> Iterator[Check]:
    for name, problem in selftest.known_answers():
        found = (FAILED, "program.answer", problem) if problem else ()
        yield Check("program", name, *found)


def _device(token: Token) -> Iterator[Check]:
    for name, holds in token.answers():
        yield _check("device", name, partial(_hold, holds))


def _keys(token: Token, expected: Mapping[str, bytes]) -> Iterator[Check]:
    try:
        labels = dict.fromkeys((*expected, *token.labels()))
    except PkiError as error:
        yield _failed("device", "keys", error)
        labels = dict.fromkeys(expected)
    for label in labels:
        yield _check("key", label, partial(_sign, token, label, expected.get(label)))


def _sign(token: Token, label: str, expected: bytes | None) -> None:
    public = publickeys.parse(token.public_key(label))
    if expected not in (None, public.spki):
        raise Refused("token.other_key", "The device has another key by this name.")
    signature = token.sign(label, _MESSAGE)
    if not interface.signs(public, _MESSAGE, signature):
        raise Refused("token.wrong_signature", "The signature does not hold under the public key.")
    if interface.signs(public, _MESSAGE + b".", signature):
        raise Refused("token.wrong_signature", "The signature holds for other words as well.")


def _hold(asked: Callable[[], bool]) -> None:
    if not asked():
        raise Refused("token.answer", "A known answer came out wrong.")


def _check(about: str, name: str, act: Callable[[], None]) -> Check:
    try:
        act()
    except PkiError as error:
        return _failed(about, name, error)
    return Check(about, name)


def _failed(about: str, name: str, error: PkiError) -> Check:
    outcome = ABSENT if error.rule == _UNSUPPORTED else FAILED
    return Check(about, name, outcome, error.rule, error.reason)
