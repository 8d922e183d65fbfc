"""Which keys of a device are ours: label, index, public key and the proof of possession."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki import durable
from pki.errors import Refused, TokenError
from pki.hsm import interface

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Registration:
    """`signature` is that of the key over `statement`: both go into the minutes."""

    label: str
    device: str
    index: int
    algorithm: str
    public_key: bytes
    statement: str
    signature: bytes


class Registrations:
    """In `directory/registered.json`; threads may share it."""

    def __init__(self, directory: Path) -> None:
        """Raises TokenError `token.damaged`."""
        directory.mkdir(mode=0o700, exist_ok=True)
        self._place = directory / "registered.json"
        self._changing = threading.Lock()
        self._known: dict[str, Registration] = {}
        if self._place.exists():
            self._known = {one.label: one for one in self._read()}

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._known))

    def __contains__(self, label: str) -> bool:
        return label in self._known

    def of(self, label: str) -> Registration:
        """Raises TokenError `token.no_such_key`."""
        try:
            return self._known[label]
        except KeyError:
            raise interface.no_such_key(label) from None

    def check_index(self, index: int) -> None:
        for one in self._known.values():
            if one.index == index:
                raise Refused("token.index_taken", f"Index {index} is registered as {one.label}.")

    def check_key(self, public_key: bytes) -> None:
        for one in self._known.values():
            if one.public_key == public_key:
                raise Refused(
                    "token.key_taken", f"This key is registered as {one.label} (index {one.index})."
                )

    def add(self, one: Registration) -> None:
        """Raises Refused `token.label_taken`, `token.index_taken`, `token.key_taken`."""
        with self._changing:
            if one.label in self._known:
                raise interface.label_taken(one.label)
            self.check_index(one.index)
            self.check_key(one.public_key)
            self._write(self._known | {one.label: one})

    def remove(self, label: str) -> None:
        with self._changing:
            self.of(label)
            self._write({name: one for name, one in self._known.items() if name != label})

    def _read(self) -> list[Registration]:
        try:
            return [
                Registration(
                    label=str(one["label"]),
                    device=str(one["device"]),
                    index=int(one["index"]),
                    algorithm=str(one["algorithm"]),
                    public_key=base64.b64decode(one["public_key"], validate=True),
                    statement=str(one["statement"]),
                    signature=base64.b64decode(one["signature"], validate=True),
                )
                for one in json.loads(self._place.read_bytes())["keys"]
            ]
        except (ValueError, KeyError, TypeError):
            raise TokenError(
                "token.damaged", f"{self._place.name} cannot be read.", permanent=True
            ) from None

    def _write(self, known: dict[str, Registration]) -> None:
        content = [
            {
                "label": one.label,
                "device": one.device,
                "index": one.index,
                "algorithm": one.algorithm,
                "public_key": base64.b64encode(one.public_key).decode(),
                "statement": one.statement,
                "signature": base64.b64encode(one.signature).decode(),
            }
            for one in known.values()
        ]
        durable.replace(
            self._place, json.dumps({"keys": content}, indent=1, ensure_ascii=False).encode()
        )
        self._known = known
