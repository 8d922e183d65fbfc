"""One request, read field by field, and what is written down about it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pki.errors import Malformed
from pki.signer.logs import log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pki.hsm.interface import Token
    from pki.signer.offers import Mandate
    from pki.signer.protocol import Header

OFTEN = frozenset({"signed", "refused"})  # these do not wait for the disk


@dataclass(frozen=True, slots=True)
class Call:
    """One request and who sent it."""

    request: Header
    blobs: list[bytes]
    peer: Mapping[str, int]
    book: Callable[..., None]

    def word(self, name: str) -> str:
        value = self.request.get(name)
        if not isinstance(value, str):
            raise Malformed("signer.request", f"`{name}` is a text.")
        return value

    def number(self, name: str) -> int:
        value = self.request.get(name)
        if type(value) is not int:
            raise Malformed("signer.request", f"`{name}` is a number.")
        return value

    @property
    def ceremony(self) -> str:
        """For which a request is made; "": for none, or that of a demo, which has no number."""
        return str(self.request.get("ceremony", ""))

    def octets(self, name: str) -> bytes:
        try:
            return bytes.fromhex(self.word(name))
        except ValueError:
            raise Malformed("signer.request", f"`{name}` is hexadecimal.") from None

    def only_blob(self) -> bytes:
        if len(self.blobs) != 1:
            raise Malformed("signer.request", "Exactly one blob is expected.")
        return self.blobs[0]

    def log(self, event: str, **fields: Any) -> None:
        names = {name: self.request.get(name) for name in ("op", "key", "label", "ceremony")}
        short = {name: text[:64] for name, text in names.items() if isinstance(text, str)}
        log(event, **short, **fields, **self.peer)
        self.book(event, lasting=event not in OFTEN, **short, **fields, **self.peer)

    def log_refusal(self, rule: str) -> None:
        """Written down as well as may be: a full disk is no reason not to answer."""
        with suppress(OSError):
            self.log("refused", rule=rule)


class Use(NamedTuple):
    """What one request may do, from its beginning to its end."""

    token: Token
    mandate: Mandate | None  # None: daily work and nothing else

    def mandate_in(self, ceremony: str) -> Mandate | None:
        """What custodians have activated it for, if that is this very ceremony."""
        found = self.mandate
        return found if found is not None and found.number == ceremony else None
