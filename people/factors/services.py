"""Hand out what proves who somebody is: two agree, one hands over, the person fetches it once.

CPS 5.2.3 (bound to one person), 6.4 (handed over with a record), WP-7.2.
"""

import secrets
from datetime import datetime
from functools import partial

from django.db import transaction

from anxin.kernel import codes
from anxin.kernel.actors import Actor
from anxin.kernel.secret_files import secret
from audit.log import advance, record
from people.accounts import devices
from people.accounts import services as accounts
from people.accounts.models import OneTimeDevice
from people.accounts.rules import Purpose
from people.approvals.queries import ApprovalView
from people.approvals.services import propose, redeem
from people.factors import queries, rules
from people.factors.models import Enrolment, RecoveryCode, SecurityKey
from people.factors.rules import Factor, State
from people.operatorkeys import services as keys
from people.operatorkeys.rules import Ending
from people.sessions.browsers import alert
from people.sessions.rules import Alarm, check_proved
from people.sessions.services import end_others
from people.trust.rules import check_other


@transaction.atomic
def propose_enrolment(
    person_id: int, factor: Factor, *, actor: Actor, at: datetime
) -> ApprovalView:
    """Ask for a factor for a person who can sign in; nobody asks about themselves."""
    check_other(actor, person_id)
    accounts.check_open(person_id)
    payload = {"person": person_id, "factor": factor}
    return propose(rules.ACTION, payload, subject=queries.subject_of(person_id), actor=actor, at=at)


def enrol(approval: ApprovalView, *, actor: Actor, at: datetime, person: int, factor: str) -> None:
    """What was agreed to waits for the person; a lost device or password is dead at once."""
    check_other(actor, person)
    redeem(approval, rules.ACTION, {"person": person, "factor": factor}, actor=actor, at=at)
    accounts.check_open(person)
    grant(person, Factor(factor), warrant=approval.id, actor=actor, at=at)


@transaction.atomic
def grant(person_id: int, factor: Factor, *, warrant: int, actor: Actor, at: datetime) -> None:
    """The first line of `enrol` and of opening an account have spent the warrant."""
    _end(person_id, [factor], actor=actor, at=at)
    if factor is Factor.DEVICE:  # whoever has the lost one may have what was kept beside it
        end_factors(person_id)
        keys.revoke_all(person_id, Ending.LOST, actor=actor, at=at)
    if factor is Factor.PASSWORD:
        accounts.disable_password(person_id)
    if factor in rules.HANDED_BY:
        end_others(person_id, keep=None, why=f"new {factor}", actor=actor, at=at)
    Enrolment.objects.create(
        person_id=person_id,
        factor=factor,
        state=State.OPEN,
        warrant_id=warrant,
        granted_at=at,
        expires_at=at + rules.OPEN_FOR,
    )


def end_factors(person_id: int) -> None:
    """No device, key or code of this person counts any more; the caller writes it down."""
    for model in (OneTimeDevice, SecurityKey, RecoveryCode):
        model.objects.filter(user=person_id, confirmed=True).update(confirmed=False)


def shut_out(person_id: int, *, factors_too: bool, actor: Actor, at: datetime) -> None:
    """Nothing waits for a person who is shut out; `factors_too`: nothing they have counts."""
    _end(person_id, list(Factor), actor=actor, at=at)
    if factors_too:
        end_factors(person_id)


@transaction.atomic
def draw_code(person_id: int, *, actor: Actor, at: datetime) -> str:
    """The code with which a person enrols a device, to be handed over; shown this once.

    Drawn again, the one before counts no more. Refuses who does not hand it over (FORBIDDEN),
    oneself, and when nothing was agreed to (CONFLICT).
    """
    row = _handed(person_id, Factor.DEVICE, actor=actor, at=at)
    code = codes.code_from(secrets.token_bytes(rules.CODE_LENGTH), rules.CODE_LENGTH)
    row.code_hash, row.device = hashed("enrolment", person_id, code), None
    row.save(update_fields=["code_hash", "device"])
    subject = queries.subject_of(person_id)
    record("people.enrolment_code_drawn", subject, actor=actor, at=at, warrant=row.warrant_id)
    return code


@transaction.atomic
def draw_password(person_id: int, *, actor: Actor, at: datetime) -> str:
    """An initial password, to be handed over and changed at once (CPS 6.4); shown this once.

    Refuses like `draw_code`.
    """
    row = _handed(person_id, Factor.PASSWORD, actor=actor, at=at)
    password = rules.password_from(secrets.token_bytes(rules.PASSWORD_LENGTH))
    accounts.set_initial_password(person_id, password, actor=actor, at=at)
    advance(row, "use", actor=actor, at=at)
    alert(person_id, Alarm.PASSWORD_RENEWED, actor=actor, at=at)
    return password


def begin_device(person_id: int, code: str, *, address: str, at: datetime) -> bytes:
    """A key for the person's authenticator, for the code that was handed over; shown this once.

    Refuses like `check_password`; a wrong code counts like a wrong password.
    """
    return accounts.check_factor(
        person_id,
        "enrolment code",
        partial(_begin, person_id, code, at=at),
        purpose=Purpose.ENROL,
        address=address,
        at=at,
    )


def _begin(person_id: int, code: str, *, at: datetime) -> bytes | None:
    row = queries.waiting(person_id, Factor.DEVICE, at=at)
    kept = bytes(row.code_hash) if row and row.code_hash else b""
    if not codes.fits(kept, hashed("enrolment", person_id, code)) or row is None:
        return None
    row.device, key = devices.begin_device(person_id)
    row.save(update_fields=["device"])
    return key


def finish_device(person_id: int, code: str, *, address: str, at: datetime) -> OneTimeDevice:
    """The authenticator shows its first code: it is the person's device from here on."""
    return accounts.check_factor(
        person_id, "code", partial(_finish, person_id, code, address, at=at), address=address, at=at
    )


def _finish(person_id: int, code: str, address: str, *, at: datetime) -> OneTimeDevice | None:
    row = queries.waiting(person_id, Factor.DEVICE, at=at)
    if row is None or row.device is None or not devices.spend(row.device, code, at=at):
        return None
    actor = accounts.actor(person_id, address)
    devices.confirm_device(row.device, actor=actor, at=at)
    advance(row, "use", actor=actor, at=at)
    alert(person_id, Alarm.DEVICE_ENROLLED, actor=actor, at=at)
    return row.device


@transaction.atomic
def fetch_recovery_codes(*, actor: Actor, at: datetime) -> list[str]:
    """Ten codes for oneself, shown this once; earlier ones count no more.

    Refuses an old proof (FORBIDDEN), and when nothing was agreed to (CONFLICT).
    """
    check_proved(actor, at=at)
    person_id = actor.person_id
    assert person_id is not None
    row = _granted(person_id, Factor.RECOVERY, at=at)
    RecoveryCode.objects.filter(user=person_id, confirmed=True).update(confirmed=False)
    made = [
        codes.code_from(secrets.token_bytes(rules.CODE_LENGTH), rules.CODE_LENGTH)
        for _ in range(rules.RECOVERY_CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=person_id, name="", code_hash=hashed("recovery", person_id, code))
        for code in made
    )
    advance(row, "use", actor=actor, at=at)
    return made


def check_recovery_code(person_id: int, code: str, *, address: str, at: datetime) -> RecoveryCode:
    """Second factor without the device, after the password; each code counts once.

    Refuses like `check_password`. The person is alerted.
    """
    spend = partial(_spend_recovery, person_id, code, address, at=at)
    return accounts.check_factor(person_id, "recovery code", spend, address=address, at=at)


def _spend_recovery(
    person_id: int, code: str, address: str, *, at: datetime
) -> RecoveryCode | None:
    rows = RecoveryCode.objects.select_for_update().filter(
        user=person_id,
        confirmed=True,
        used_at__isnull=True,
        code_hash=hashed("recovery", person_id, code),
    )
    found: RecoveryCode | None = rows.first()
    if found is None:
        return None
    found.used_at = at
    found.save(update_fields=["used_at"])
    alert(person_id, Alarm.RECOVERY_USED, actor=accounts.actor(person_id, address), at=at)
    return found


def hashed(purpose: str, person_id: int, code: str) -> bytes:
    """What is kept of a code; needs the secret `code-pepper`."""
    return codes.fingerprint(secret("code-pepper"), purpose, str(person_id), code)


def _handed(person_id: int, factor: Factor, *, actor: Actor, at: datetime) -> Enrolment:
    rules.check_handed_by(factor, actor.roles)
    check_other(actor, person_id)
    check_proved(actor, at=at)
    return _granted(person_id, factor, at=at)


def _granted(person_id: int, factor: Factor, *, at: datetime) -> Enrolment:
    row = queries.waiting(person_id, factor, at=at)
    if row is None:
        raise rules.nothing_granted()
    return row


def _end(person_id: int, factors: list[Factor], *, actor: Actor, at: datetime) -> None:
    open_ones = Enrolment.objects.select_for_update().filter(
        person=person_id, factor__in=factors, state=State.OPEN
    )
    for row in open_ones:
        advance(row, "end", actor=actor, at=at)
