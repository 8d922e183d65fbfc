"""The system of a partner RA: it has a key, and signs what it sends (docs/api)."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from django.test import Client

from anxin.kernel.actors import Actor
from people.api import Approval, Role, vote
from ra.partners import services
from ra.partners.models import PartnerKey
from ra.partners.rules import Scope
from tests.support.people import hire
from tests.support.ra import AT

NUMBERS = count(1)
WRITES = ("content-type", "content-digest", "idempotency-key")


def issued(person: Actor, *scopes: Scope, at=AT, until=None, **changes) -> PartnerKey:
    """A key two have agreed to, its secret not drawn."""
    wish, checker = asked(person, *scopes, at=at, until=until, **changes)
    vote(wish.id, grants=True, seen=wish.digest, actor=checker, at=at)
    return PartnerKey.objects.get(approval_id=wish.id)


def asked(person: Actor, *scopes: Scope, at=AT, until=None, **changes) -> tuple[Approval, Actor]:
    """A key that waits for another person's vote, and that person."""
    terms = {
        "name": "栖原业务系统",
        "person_id": person.person_id,
        "scopes": list(scopes or Scope),
        "valid_until": until or (at + timedelta(days=300)).date(),
    }
    maker = hire(f"maker{next(NUMBERS)}", Role.SECURITY_ADMIN, office="")
    checker = hire(f"checker{next(NUMBERS)}", Role.CA_ADMIN, office="")
    return services.propose_key(**(terms | changes), actor=maker, at=at), checker


def system(person: Actor, *scopes: Scope, at=None, **how) -> "System":
    """A partner's system with a key in force now, when its requests come."""
    at = at or datetime.now(UTC)
    row = issued(person, *scopes, at=at, **how)
    keeper = hire(f"keeper{next(NUMBERS)}", Role.CA_ADMIN, office="")
    return System(row.number, services.hand_out(row.number, actor=keeper, at=at))


@dataclass
class System:
    """Written from RFC 9421 and RFC 9530 alone: nothing of the product's is used."""

    number: str
    secret: str
    client: Client = field(default_factory=Client)

    def send(self, method, path, said=None, *, query="", headers=None, **signed):
        """`said`: JSON, or bytes of the type in `kind`."""
        given = self.headers(method, path, said, query=query, **signed) | (headers or {})
        return self.client.generic(
            method,
            path + (f"?{query}" if query else ""),
            body_of(said),
            content_type=given.get("Content-Type", ""),
            headers=given,
        )

    def headers(
        self,
        method,
        path,
        said=None,
        *,
        query="",
        kind="application/json",
        key="",
        at=None,
        nonce="",
    ):
        at = at or datetime.now(UTC)
        values = {"@method": method, "@path": path, "@query": f"?{query}"}
        sent = {}
        if method in ("POST", "PUT"):
            digest = base64.b64encode(hashlib.sha256(body_of(said)).digest()).decode()
            sent = {
                "Content-Type": kind,
                "Content-Digest": f"sha-256=:{digest}:",
                "Idempotency-Key": key or f"key-{next(NUMBERS):08}",
            }
            values |= {name.lower(): value for name, value in sent.items()}
        names = " ".join(f'"{name}"' for name in values)
        nonce = nonce or f"nonce-{next(NUMBERS):016}"
        params = f'({names});created={int(at.timestamp())};keyid="{self.number}";nonce="{nonce}"'
        lines = [f'"{name}": {value}' for name, value in values.items()]
        base = "\n".join([*lines, f'"@signature-params": {params}'])
        mac = hmac.digest(base64.b64decode(self.secret), base.encode(), "sha256")
        return sent | {
            "Signature-Input": f"anxin={params}",
            "Signature": f"anxin=:{base64.b64encode(mac).decode()}:",
        }


def body_of(said) -> bytes:
    if said is None:
        return b""
    return said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
