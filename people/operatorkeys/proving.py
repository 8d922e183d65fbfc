"""Signing in with the operator's certificate: a challenge, signed in the browser (CPS 5.2.3).

The certificate is the CA's, whose names for this are in `anxin/flows.py`; the import goes down.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from anxin.kernel.errors import Kind, Refusal
from people.accounts import services as accounts
from people.accounts.rules import Purpose
from people.operatorkeys import queries
from people.operatorkeys.models import OperatorToken
from pki import statements, votes


class Standing(Protocol):
    """The certificate of a key, as the CA has it on record."""

    serial: str
    not_after: datetime
    good: bool


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a browser was asked to sign, for what, and when; counts once."""

    nonce: str
    purpose: str
    at: str

    def statement(self, *, person_id: int, serial: str) -> Mapping[str, str]:
        return votes.proof_fields(
            purpose=self.purpose,
            nonce=self.nonce,
            certificate=serial,
            person=person_id,
            at=self.at,
        )


def certificate(warrant: int | None, *, at: datetime) -> Standing | None:
    """Of the key that was enrolled by this approval."""
    if warrant is None:
        return None
    return cast("Standing | None", import_string(settings.OPERATOR_CERTIFICATE)(warrant, at=at))


def check_certified(key: queries.Key, *, at: datetime) -> None:
    """Refuses (FORBIDDEN) a key whose signature, made `at` this time, workers could not prove."""
    import_string(settings.OPERATOR_CERTIFIED)(key.warrant, key.person_id, at=at)


def hindrances(people: Collection[int], *, at: datetime) -> dict[int, Refusal]:
    """By person, why the key that signs now has no certificate that counts; the rest have one."""
    keys = [key for key in queries.in_use() if key.is_active and key.person_id in people]
    return cast("dict[int, Refusal]", import_string(settings.OPERATOR_HINDRANCES)(keys, at=at))


def check_may_replace(person_id: int, by: int | None, *, at: datetime) -> None:
    """Refuses (FORBIDDEN) `keys.uncertified`: a key with a good certificate is not given up for one
    that nobody will certify, because who asks or agrees (`by`: as for `certificate`) has none.
    """
    own, theirs = own_certificate(person_id, at=at), certificate(by, at=at)
    if own is not None and own.good and not (theirs is not None and theirs.good):
        raise Refusal(Kind.FORBIDDEN, "keys.uncertified", "no good certificate", cps="5.2.3")


def own_certificate(person_id: int, *, at: datetime) -> Standing | None:
    """Of the key that signs this person's votes now."""
    key = queries.active(person_id)
    return certificate(key.warrant, at=at) if key else None


def to_sign(person_id: int, challenge: Challenge, *, at: datetime) -> dict[str, Any]:
    """Fingerprint of the key and the fields it is to sign; empty without a good certificate."""
    key = queries.active(person_id)
    found = own_certificate(person_id, at=at)
    if key is None or found is None or not found.good:
        return {}
    fields = challenge.statement(person_id=person_id, serial=found.serial)
    return {"fingerprint": key.fingerprint, "fields": dict(fields)}


def check_certificate(
    person_id: int,
    signature: str,
    *,
    challenge: Challenge | None,
    purpose: Purpose,
    address: str,
    at: datetime,
) -> OperatorToken:
    """Second factor, after the first; returns the token. Refuses like `check_password`."""
    spend = partial(_spend, person_id, signature, challenge, purpose, at=at)
    return accounts.check_factor(
        person_id, "certificate", spend, purpose=purpose, address=address, at=at
    )


def _spend(
    person_id: int, signature: str, challenge: Challenge | None, purpose: Purpose, *, at: datetime
) -> OperatorToken | None:
    if challenge is None or challenge.purpose != purpose:
        return None
    key = queries.active(person_id, lock=True)  # nobody revokes it meanwhile
    asked = to_sign(person_id, challenge, at=at)
    if not asked or key is None or not _holds(key, asked["fields"], signature):
        return None
    token: OperatorToken
    token, _ = OperatorToken.objects.get_or_create(key_id=key.id, defaults={"user_id": person_id})
    return token if token.confirmed else None


def _holds(key: queries.Key, fields: Mapping[str, str], signature: str) -> bool:
    try:
        return statements.holds(
            key.public_key, statements.encoded(fields), bytes.fromhex(signature)
        )
    except ValueError:
        return False
