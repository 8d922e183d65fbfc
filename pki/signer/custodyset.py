"""The signer's own list of custodians, and the key it is known by (docs/decisions/0013)."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pki import durable, shares, statements
from pki.errors import Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pki.signer.protocol import Header

FILE = "custody.json"
LONGEST_WORD = 200


@dataclass(frozen=True, slots=True)
class Seat:
    """A custodian as the signer knows them. `key` is a SubjectPublicKeyInfo."""

    number: int
    person: str
    name: str
    key: bytes
    check: str

    def as_header(self) -> Header:
        words = {"number": self.number, "person": self.person, "name": self.name}
        return {**words, "key": self.key.hex(), "check": self.check}

    @classmethod
    def from_header(cls, header: Header) -> Seat:
        number, key = int(header["number"]), bytes.fromhex(header["key"])
        return cls(number, str(header["person"]), str(header["name"]), key, str(header["check"]))


@dataclass(frozen=True, slots=True)
class CustodySet:
    """Who holds the shares of which activation key, and what that key opens."""

    id: str
    made_at: str
    check: str
    wrapped: bytes
    seats: tuple[Seat, ...]

    def seat(self, number: int) -> Seat:
        for seat in self.seats:
            if seat.number == number:
                return seat
        raise Refused("custody.seat", f"The custody set has no share {number}.")


def new_seat(header: Header, set_id: str, parts: dict[int, bytes]) -> Seat:
    try:
        number, key = int(header["number"]), bytes.fromhex(header["key"])
        person, name = str(header["person"]), str(header["name"])
        value = parts[number]
    except (KeyError, TypeError, ValueError) as problem:
        raise Malformed("custody.request", f"A custodian lacks {problem}.") from problem
    if max(len(person), len(name)) > LONGEST_WORD:
        raise Malformed("custody.request", "A name is too long.")
    statements.check_key(key)
    return Seat(number, person, name, key, shares.check_value(value, set_id, number))


def sealed_share(
    identity: ec.EllipticCurvePrivateKey, made: CustodySet, seat: Seat, value: bytes, transport: str
) -> Header:
    """A share on its way, with the signer's word for what it is."""
    statement = statements.encoded(
        {
            "what": shares.HANDED_OUT,
            "signer": statements.fingerprint(shares.public_of(identity)),
            "set": made.id,
            "number": str(seat.number),
            "person": seat.person,
            "key": statements.fingerprint(seat.key),
            "check": seat.check,
        }
    )
    return {
        "number": seat.number,
        "statement": statement.decode(),
        "signature": statements.sign(identity, statement).hex(),
        "sealed": shares.seal_to(octets(transport), value, statement).hex(),
    }


def newcomers_digest(custodians: Sequence[Header]) -> str:
    """Who is about to receive shares, and by which keys: SHA-256 as hex.

    Raises Malformed `custody.request`.
    """
    names = ("number", "person", "key", "transport")
    try:
        rows = [" ".join(str(one[name]) for name in names) for one in custodians]
    except (KeyError, TypeError) as problem:
        raise Malformed("custody.request", f"A custodian lacks {problem}.") from problem
    return statements.digest("\n".join(sorted(rows)).encode())


def check_seats(seats: Sequence[Seat]) -> None:
    """Three shares, three people, three keys."""
    for one_each in ([s.number for s in seats], [s.person for s in seats], [s.key for s in seats]):
        if len(set(one_each)) != shares.OF or len(seats) != shares.OF:
            raise Refused("custody.people", f"{shares.OF} different people hold a share each.")


def octets(text: str) -> bytes:
    with suppress(ValueError):
        return bytes.fromhex(text)
    raise Malformed("custody.request", "Not hexadecimal.")


def identity(path: Path) -> ec.EllipticCurvePrivateKey:
    """The signer's own key, made at its first start."""
    if not path.exists():
        made = shares.new_key().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        durable.replace(path, made)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(path.name)  # noqa: TRY004 -- a damaged file, whatever it holds
    return key


def read(path: Path) -> CustodySet | None:
    if not path.exists():
        return None
    content = json.loads(path.read_bytes())
    return CustodySet(
        id=content["id"],
        made_at=content["made_at"],
        check=content["check"],
        wrapped=bytes.fromhex(content["wrapped"]),
        seats=tuple(Seat.from_header(each) for each in content["seats"]),
    )


def write(path: Path, made: CustodySet) -> None:
    content: dict[str, Any] = {
        "version": 1,
        "id": made.id,
        "made_at": made.made_at,
        "check": made.check,
        "wrapped": made.wrapped.hex(),
        "seats": [seat.as_header() for seat in made.seats],
    }
    durable.replace(path, json.dumps(content, ensure_ascii=False, indent=1).encode())
