"""Making a key so that none is left in a device of which nobody knows (CPS 6.1.1, 6.2.10).

A signer that is killed between the device's making a key and the register's learning of it, or a
device whose answer is lost, would leave a key that nobody can use, archive or prove destroyed.
So there is a note first, and whatever it names is taken up at the next activation, or before the
next key is made.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pki import durable, publickeys
from pki.errors import PkiError, Refused, TokenError
from pki.hsm import interface
from pki.signer.protocol import Key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pki.hsm.interface import Token
    from pki.signer.register import Register

    Tell = Callable[..., None]  # (event, **facts)

_NOTHING = "token.no_such_key"


@dataclass(frozen=True, slots=True)
class Begun:
    """A key that is to be made: what is known of it before."""

    label: str
    algorithm: str
    kinds: tuple[str, ...]
    crl_days: int
    at: datetime
    ceremony: str

    def as_json(self) -> bytes:
        return json.dumps({**asdict(self), "at": self.at.isoformat()}).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Begun:
        """Raises ValueError, KeyError, TypeError."""
        said = json.loads(content)
        said |= {"kinds": tuple(said["kinds"]), "at": datetime.fromisoformat(said["at"])}
        return cls(**said)

    def is_again(self, before: Begun) -> bool:
        """Whether the same is asked for, in the same ceremony; perhaps later."""
        return replace(before, at=self.at) == self


class Making:
    """`path`: of the note about the one key that is being made. Calls must not overlap.

    `tell` writes into the signer's book: every key at least once, whatever is killed when.
    """

    def __init__(self, path: Path, register: Register) -> None:
        self._path, self._register = path, register

    def make(self, begun: Begun, token: Token, tell: Tell) -> Key:
        """The key; or the same one that was begun before.

        Raises Refused `token.label_taken`, TokenError as `take_up`, what the token raises in
        `generate`, and TokenError `token.no_such_key` when the device then has no key.
        """
        before, key = self._noted(), self.take_up(token, tell)
        if key is not None and before is not None and begun.is_again(before):
            return key
        self._register.check_new(begun.label)
        if begun.label in token.labels():  # before the note: another's key is not taken up as ours
            raise interface.label_taken(begun.label)
        durable.replace(self._path, begun.as_json())
        try:
            token.generate(begun.label, begun.algorithm)
        except Refused:  # nothing was made; after a TokenError nobody knows, so the note stays
            self._done()
            raise
        made = self._settle(begun, token, tell, "generated")
        if made is None:
            raise interface.no_such_key(begun.label)
        return made

    def take_up(self, token: Token, tell: Tell) -> Key | None:
        """The key that was begun, if the device has it: it can sign, and is in the register.

        Raises TokenError: `signer.making` where people have to look (docs/running.md), and what
        the token raises; then it stays begun.
        """
        begun = self._noted()
        if begun is None:
            return None
        try:
            return self._settle(begun, token, tell, "taken_up")
        except OSError as problem:
            raise self._unclear(f"{begun.label} cannot be written down: {problem}") from problem

    def _noted(self) -> Begun | None:
        if not self._path.exists():
            return None
        try:
            return Begun.from_json(self._path.read_bytes())
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise self._unclear(f"cannot be read: {problem}") from problem

    def _settle(self, begun: Begun, token: Token, tell: Tell, event: str) -> Key | None:
        """Into the book, then into the register: what the register has is in both."""
        label, key = begun.label, None
        if self._register.knows(label):
            key = self._register.get(label)
        elif key := self._found(begun, token):
            guard = dict(token.guard(label))
            if guard.get("LOCAL") is False:
                raise self._unclear(f"{label} was not made in this device")
            about = {"algorithm": key.algorithm, "kinds": list(key.kinds), "guard": guard}
            tell(event, made=label, custody=key.custody, begun_in=begun.ceremony, **about)
            self._register.add(key)
        else:
            tell("not_made", made=label)
        self._done()
        return key

    def _found(self, begun: Begun, token: Token) -> Key | None:
        label = begun.label
        try:
            public = publickeys.parse(token.public_key(label))
            if public.kind != begun.algorithm:
                raise self._unclear(f"the device has another kind of key as {label}")
            said = f"Possession of {label}, SM3 of its public key {public.fingerprint}".encode()
            if not interface.signs(public, said, token.sign(label, said)):
                raise self._unclear(f"the device does not sign with its key {label}")
        except TokenError as error:
            if error.rule != _NOTHING:
                raise
            if left := token.remains(label, None):
                raise self._unclear(f"the device has half a key: {', '.join(left)}") from error
            return None
        except (PkiError, ValueError) as problem:
            raise self._unclear(f"{label} cannot be read: {problem}") from problem
        where = token.custody(label)
        return Key(
            label=label,
            algorithm=begun.algorithm,
            kinds=begun.kinds,
            public_key=public.spki,
            certificate=None,
            custody=where.code,
            custody_zh=where.zh,
            custody_en=where.en,
            created_at=begun.at,
            crl_days=begun.crl_days,
        )

    def _unclear(self, what: str) -> TokenError:
        return TokenError("signer.making", f"{self._path}: {what}.", permanent=True)

    def _done(self) -> None:
        self._path.unlink(missing_ok=True)
        durable.sync_directory(self._path.parent)
