"""Who sent a request, and the one answer a request has (RFC 9421, Idempotency-Key)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from anxin.kernel.limits import check_rate
from anxin.kernel.rows import guarded
from anxin.kernel.workdays import day_of
from audit.log import record, subject_of
from kmc import api as kmc
from people.api import Role, acting
from ra.partners import rules, signatures
from ra.partners.models import PartnerAnswer, PartnerKey, PartnerNonce
from ra.partners.signatures import Signed


@dataclass(frozen=True, slots=True)
class Caller:
    """A partner's system: whose acts its acts are, and what it may do."""

    key_id: int
    data_key: UUID
    actor: Actor
    scopes: frozenset[str]
    is_authenticated: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """`told_again`: it was given before, and nothing was done now."""

    status: int
    body: object
    told_again: bool


def recognise(signed: Signed, *, address: str, at: datetime) -> Caller:
    """Refuses `partners.unknown_key`, `stale`, `replayed` (UNPROVEN), `person`, and too many."""
    row = PartnerKey.objects.select_related("office").filter(number=signed.key).first()
    if row is None or row.secret is None:
        raise rules.unproven("unknown_key", "no key in force of this name")
    rules.check_in_force(row.state, row.valid_until, today=day_of(at))
    secret = kmc.unseal(row.data_key, row.secret_context(), bytes(row.secret))
    try:
        signatures.check(signed, secret, at=at)
        _spend(row, signed.nonce, at=at)
    except Refusal as refusal:
        if refusal.rule in rules.CAUGHT:
            _note(row, refusal, address=address, at=at)
        raise
    person = acting(row.person_id, address=address, at=at)
    rules.check_person(
        is_operator=Role.OPERATOR in person.roles, same_office=person.office == row.office.code
    )
    name = f"{person.name} {row.number}"  # the journal says by which key
    actor = replace(person, name=name, roles=frozenset({Role.OPERATOR.value}))
    return Caller(row.pk, row.data_key, actor, frozenset(row.scopes))


def _note(row: PartnerKey, refusal: Refusal, *, address: str, at: datetime) -> None:
    """For auditors; once in a while, however many come."""
    try:
        check_rate(f"caught:{row.number}", "", rules.NOTED)
    except Refusal:
        return
    who = Actor(None, row.number, address=address)
    with transaction.atomic():
        record(
            "ra.caught_request", subject_of(row), actor=who, at=at,
            outcome="refused", rule=refusal.rule,
        )  # fmt: skip


def _spend(row: PartnerKey, nonce: str, *, at: datetime) -> None:
    """Counted in the database, which all processes share."""
    rules.check_rate(row.nonces.filter(at__gt=at - rules.OFTEN.per).count())
    with guarded(rules.unproven("replayed", "this nonce was used"), by="a_nonce_is_used_once"):
        PartnerNonce.objects.create(key=row, nonce=nonce, at=at)


@transaction.atomic
def once(
    caller: Caller,
    idempotency_key: str,
    request: bytes,
    act: Callable[[], tuple[int, object]],
    *,
    codes: bool = False,
    at: datetime,
) -> Answer:
    """Do it, or tell again what was answered to the same `request` (method, path and body).

    `codes`: there are codes in the answer, which is told again for minutes only.

    Two at once: the second waits for the first. A refusal is not kept: nothing was done, it may
    be tried again. Refuses `partners.key_reused` for another request with this key, and
    `partners.told_once` for codes that were told.
    """
    digest = kmc.blind_index("ra.partner_request", sha256(request).hexdigest()).hex()
    row, fresh = PartnerAnswer.objects.get_or_create(
        key_id=caller.key_id,
        idempotency_key=idempotency_key,
        defaults={
            "digest": digest,
            "at": at,
            "told_until": at + rules.CODES_KEPT if codes else None,
        },
    )
    if not fresh:
        rules.check_same(row.digest, digest)
        if row.told_until and at >= row.told_until:
            raise rules.told_once()
        kept = kmc.unseal(caller.data_key, row.body_context(), bytes(row.body or b""))
        return Answer(row.status, json.loads(kept), told_again=True)
    row.status, body = act()
    plain = json.dumps(body, cls=DjangoJSONEncoder)
    row.body = kmc.seal(caller.data_key, row.body_context(), plain.encode())
    row.save(update_fields=["status", "body"])
    return Answer(row.status, json.loads(plain), told_again=False)
