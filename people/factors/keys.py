"""Security keys (WebAuthn level 2): enrolled once two agreed, asked for beside the one-time device.

The browser gets options as JSON and gives its answer back in a field of a form.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import webauthn
from cbor2 import CBORDecodeError
from django.db import transaction
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from audit.log import advance, record
from people.accounts import services as accounts
from people.accounts.rules import Purpose
from people.factors import queries, rules
from people.factors.models import SecurityKey
from people.factors.rules import Factor
from people.sessions.browsers import alert
from people.sessions.rules import Alarm, check_proved

CHALLENGE_SIZE = 32
# The key is the second factor, so having it is enough; a key's own PIN is its owner's choice.
_CHOICE = AuthenticatorSelectionCriteria(user_verification=UserVerificationRequirement.DISCOURAGED)
_MALFORMED = (WebAuthnException, CBORDecodeError, ValueError)


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks: the site's domain, and the origin browsers know it by."""

    id: str
    origin: str


def new_challenge() -> bytes:
    return secrets.token_bytes(CHALLENGE_SIZE)


def options_to_create(person_id: int, name: str, *, challenge: bytes, party: Party) -> str:
    """What a browser needs to make a key for this person."""
    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=party.id,
            rp_name="AnXin",
            user_id=str(person_id).encode(),
            user_name=name,
            challenge=challenge,
            authenticator_selection=_CHOICE,
            exclude_credentials=_described(_keys(person_id)),
        )
    )


def has_keys(person_id: int) -> bool:
    return bool(_keys(person_id))


def options_to_ask(person_id: int, *, challenge: bytes, party: Party) -> str:
    """What a browser needs to ask one of this person's keys."""
    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            allow_credentials=_described(_keys(person_id)),
            user_verification=UserVerificationRequirement.DISCOURAGED,
        )
    )


@transaction.atomic
def add_key(
    answer: str, *, name: str, challenge: bytes, party: Party, actor: Actor, at: datetime
) -> None:
    """Bind the key that gave this answer to oneself.

    Refuses an old proof (FORBIDDEN), when nothing was agreed to, one key too many (CONFLICT), and
    an answer that proves nothing (INVALID).
    """
    check_proved(actor, at=at)
    person_id = actor.person_id
    assert person_id is not None
    row = queries.waiting(person_id, Factor.KEY, at=at)
    if row is None:
        raise rules.nothing_granted()
    rules.check_room(len(_keys(person_id)))
    made = _verified(answer, challenge=challenge, party=party)
    key = SecurityKey.objects.create(
        user_id=person_id,
        name=name,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        added_at=at,
    )
    subject = queries.subject_of(person_id)
    record("people.key_added", subject, actor=actor, at=at, key=key.pk)
    advance(row, "use", actor=actor, at=at)
    alert(person_id, Alarm.KEY_ADDED, actor=actor, at=at)


def _verified(answer: str, *, challenge: bytes, party: Party) -> VerifiedRegistration:
    try:
        made = webauthn.verify_registration_response(
            credential=parse_registration_credential_json(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
        )
    except _MALFORMED as error:
        raise _proves_nothing() from error
    if SecurityKey.objects.filter(credential_id=made.credential_id).exists():
        raise _proves_nothing()
    return made


def _proves_nothing() -> Refusal:
    return Refusal(Kind.INVALID, "factors.key_unknown", "the key's answer proves nothing")


def check_key(
    person_id: int,
    answer: str,
    *,
    challenge: bytes,
    party: Party,
    purpose: Purpose = Purpose.SIGN_IN,
    address: str,
    at: datetime,
) -> SecurityKey:
    """Second factor, after the first; returns the key. Refuses like `check_password`."""
    spend = partial(_spend, person_id, answer, challenge=challenge, party=party, at=at)
    return accounts.check_factor(person_id, "key", spend, purpose=purpose, address=address, at=at)


def _spend(
    person_id: int, answer: str, *, challenge: bytes, party: Party, at: datetime
) -> SecurityKey | None:
    if not challenge:
        return None
    try:
        given = parse_authentication_credential_json(answer)
        mine = SecurityKey.objects.select_for_update().filter(user=person_id, confirmed=True)
        key: SecurityKey | None = mine.filter(credential_id=given.raw_id).first()
        if key is None:
            return None
        shown = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
        )
    except _MALFORMED:
        return None
    key.sign_count, key.used_at = shown.new_sign_count, at
    key.save(update_fields=["sign_count", "used_at"])
    return key


@transaction.atomic
def end_key(key_id: int, *, actor: Actor, at: datetime) -> None:
    """One's own key counts no more; Refusal NOT_FOUND for anything else."""
    mine = SecurityKey.objects.filter(pk=key_id, user=actor.person_id, confirmed=True)
    if not mine.update(confirmed=False):
        raise Refusal(Kind.NOT_FOUND, "factors.no_such_key", "no such key of this person")
    subject = queries.subject_of(actor.person_id or 0)
    record("people.key_ended", subject, actor=actor, at=at, key=key_id)


def _keys(person_id: int) -> Collection[SecurityKey]:
    return list(SecurityKey.objects.filter(user=person_id, confirmed=True))


def _described(keys: Collection[SecurityKey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=bytes(key.credential_id)) for key in keys]
