"""What a site says about its own device: a small file of JSON beside the command line.

Numbers may be written as texts, so that those of headers can be copied: "0x80000004".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pki.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_LARGEST = 2**64 - 1


class DeviceFile:
    """The content of the file, taken out name by name; without a file it is empty."""

    def __init__(self, path: Path | None) -> None:
        """Raises Refused `token.device_file`, as all methods do."""
        self._path = path
        self._content: dict[str, Any] = {}
        if path is not None:
            self._content = self._object(self._read(path), "the file")
        self._asked: set[str] = set()

    def number(self, name: str, default: int, *, among: Collection[int] = ()) -> int:
        value = self._take(name)
        number = default if value is None else self._number(value, name)
        if among and number not in among:
            raise self._refusal(f"{name} is one of {', '.join(map(str, among))}")
        return number

    def text(self, name: str, default: str, *, among: Collection[str] = ()) -> str:
        value = self._take(name)
        text = default if value is None else value
        if not isinstance(text, str) or (among and text not in among):
            raise self._refusal(f"{name} is {'one of ' + ', '.join(among) if among else 'a text'}")
        return text

    def numbers(self, name: str, *, among: Collection[str] = ()) -> dict[str, int]:
        """Name → number."""
        given = self._section(name)
        if among and (unknown := sorted(given.keys() - set(among))):
            raise self._refusal(f"{name} has no {', '.join(unknown)}")
        return {key: self._number(value, f"{name}.{key}") for key, value in given.items()}

    def named_numbers(self, name: str) -> dict[int, str]:
        """Number → words."""
        given = self._section(name)
        return {self._number(key, name): str(words) for key, words in given.items()}

    def finish(self) -> None:
        """Refuses what nobody asked for: a misspelt name would else do nothing, unnoticed."""
        if unknown := sorted(self._content.keys() - self._asked):
            raise self._refusal(f"{', '.join(unknown)}: no such setting")

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        return self._content.get(name)

    def _section(self, name: str) -> dict[str, Any]:
        given = self._take(name)
        return {} if given is None else self._object(given, name)

    def _read(self, path: Path) -> Any:
        try:
            return json.loads(path.read_bytes())
        except OSError as error:
            raise self._refusal(error.strerror or "cannot be read") from error
        except ValueError as error:
            raise self._refusal(f"is no JSON ({error})") from error

    def _object(self, value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._refusal(f"{name} is an object of JSON")
        return value

    def _number(self, value: Any, name: str) -> int:
        try:
            number = int(value, 0) if isinstance(value, str) else value
        except ValueError:
            number = None
        if type(number) is not int or not 0 <= number <= _LARGEST:
            raise self._refusal(f"{name}: {value!r} is no number")
        return number

    def _refusal(self, reason: str) -> Refused:
        return Refused("token.device_file", f"{self._path}: {reason}.")
