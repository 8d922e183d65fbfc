"""Accounts: create, enrol, sign in, change a password. Every try is journalled (CPS 5.4.1)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.contrib.auth.hashers import check_password as matches
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal, Refusals
from anxin.kernel.rows import guarded
from anxin.kernel.sealing import sealer
from audit.log import record
from people.accounts import codes, rules
from people.accounts.models import FormerPassword, OneTimeDevice, StaffMember
from people.accounts.rules import Purpose

Shown = TypeVar("Shown")


@transaction.atomic
def create_staff(
    login: str,
    *,
    name: str,
    staff_number: str,
    password: str,
    office: str,
    language: str = "zh-hans",
    must_change_password: bool = True,
    actor: Actor,
    at: datetime,
) -> int:
    """A new account without roles and without a device; returns the person's id.

    `office` is the code of an RA, or empty for headquarters, who see the records of all. Refuses a
    weak password (INVALID, field `password`) and a login or number in use (CONFLICT).
    """
    _check_new_password(password, None, field="password")
    person = StaffMember(
        login=login,
        name=name,
        staff_number=staff_number,
        office=office,
        language=language,
        password=make_password(password),
        password_changed_at=at,
        must_change_password=must_change_password,
    )
    taken = Refusal(
        Kind.CONFLICT, "people.login_taken", "login or staff number in use", field="login"
    )
    with guarded(taken):
        person.save(force_insert=True)
    record("people.created", _subject(person.pk), actor=actor, at=at, number=staff_number)
    return person.pk


@transaction.atomic
def enrol_device(person_id: int, key: bytes, *, name: str = "", actor: Actor, at: datetime) -> int:
    """Bind an authenticator with this key (20 random bytes) to a person, in place of the last.

    Returns the device's id. The key is stored sealed only.
    """
    if len(key) < codes.KEY_SIZE:
        raise ValueError(f"a key has at least {codes.KEY_SIZE} bytes")
    _person(person_id)
    OneTimeDevice.objects.filter(user=person_id, confirmed=True).update(confirmed=False)
    device = OneTimeDevice.objects.create(user_id=person_id, name=name, sealed_key=b"")
    device.sealed_key = sealer().seal(device.key_context(), key)
    device.save(update_fields=["sealed_key"])
    record("people.device_enrolled", _subject(person_id), actor=actor, at=at, device=device.pk)
    return int(device.pk)


@transaction.atomic
def reseal_devices(*, actor: Actor, at: datetime) -> int:
    """Seal the keys of all devices in use anew, where an older key sealed them; how many."""
    rows = OneTimeDevice.objects.select_for_update().filter(confirmed=True)
    stale = [row for row in rows if not sealer().is_current(bytes(row.sealed_key))]
    for row in stale:
        key = sealer().unseal(row.key_context(), bytes(row.sealed_key))
        row.sealed_key = sealer().seal(row.key_context(), key)
    OneTimeDevice.objects.bulk_update(stale, ["sealed_key"], batch_size=500)
    if stale:
        subject = "people.onetimedevice"
        record("people.devices_resealed", subject, actor=actor, at=at, devices=len(stale))
    return len(stale)


def check_password(login: str, password: str, *, address: str, at: datetime) -> int:
    """First factor; returns the person's id.

    Refuses with one and the same FORBIDDEN an unknown login, a wrong password, a locked and a
    closed account, after the same work.
    """
    person_id = _try_password(login, password, address=address, at=at)
    if person_id is None:
        raise _refused()
    return person_id


@transaction.atomic
def _try_password(login: str, password: str, *, address: str, at: datetime) -> int | None:
    person = StaffMember.objects.select_for_update().filter(login=login).first()
    if person is None:
        make_password(password)  # the time a comparison would take
        _note_try(None, "password", "unknown login", address=address, at=at)
        return None
    right = matches(password, person.password)
    why = _why_not(person, right=right, at=at)
    _note_try(person, "password", why, address=address, at=at)
    return None if why else person.pk


def check_code(
    person_id: int, code: str, *, purpose: Purpose = Purpose.SIGN_IN, address: str, at: datetime
) -> OneTimeDevice:
    """Second factor, after the first; returns the device that made the code.

    Refuses like `check_password`. A code counts once; wrong ones count like wrong passwords.
    """
    spend = partial(_spend_code, person_id, code, at=at)
    return check_factor(person_id, "code", spend, purpose=purpose, address=address, at=at)


def _spend_code(person_id: int, code: str, *, at: datetime) -> OneTimeDevice | None:
    found: OneTimeDevice | None
    found = OneTimeDevice.objects.filter(user=person_id, confirmed=True).first()
    if found is None:
        return None
    key = sealer().unseal(found.key_context(), bytes(found.sealed_key))
    step = codes.matching_step(key, code, after=found.last_step, at=at)
    if step is None:
        return None
    found.last_step = step
    found.save(update_fields=["last_step"])
    return found


def check_factor(
    person_id: int,
    factor: str,
    spend: Callable[[], Shown | None],
    *,
    purpose: Purpose = Purpose.SIGN_IN,
    address: str,
    at: datetime,
) -> Shown:
    """Any second factor: `spend` uses up what was shown and returns its row, None: it is wrong.

    Refuses like `check_password`; a wrong one counts like a wrong password.
    """
    shown = _try_factor(person_id, factor, spend, purpose=purpose, address=address, at=at)
    if shown is None:
        raise _refused()
    return shown


@transaction.atomic
def _try_factor(
    person_id: int,
    factor: str,
    spend: Callable[[], Shown | None],
    *,
    purpose: Purpose,
    address: str,
    at: datetime,
) -> Shown | None:
    person = _person(person_id)
    counts = person.is_active and not rules.is_locked(person.locked_until, at=at)
    shown = spend() if counts else None
    why = _why_not(person, right=shown is not None, at=at)
    _note_try(person, factor, why, purpose=purpose, address=address, at=at)
    if shown is not None:
        person.failed_tries, person.locked_until = 0, None
        person.save(update_fields=["failed_tries", "locked_until"])
    return shown


def _why_not(person: StaffMember, *, right: bool, at: datetime) -> str:
    """Why this try does not count, for the journal only; counts a wrong one."""
    if not person.is_active:
        return "closed"
    if rules.is_locked(person.locked_until, at=at):
        return "locked"
    if right:
        return ""
    person.failed_tries, person.locked_until = rules.after_wrong_try(person.failed_tries, at=at)
    person.save(update_fields=["failed_tries", "locked_until"])
    return "wrong, now locked" if person.locked_until else "wrong"


def _note_try(
    person: StaffMember | None,
    factor: str,
    why: str,
    *,
    purpose: Purpose = Purpose.PASSWORD,
    address: str,
    at: datetime,
) -> None:
    """A failed try proves nobody's identity, so its actor is anonymous. No login is written
    down: people type passwords into the wrong field.
    """
    known = person is not None and not why
    actor = (
        Actor(person.pk, person.name, address=address, office=person.office)
        if person is not None and known
        else Actor(None, "anonymous", address=address)
    )
    subject = _subject(person.pk) if person else "people.staffmember"
    outcome = "refused" if why else "done"
    record(purpose, subject, actor=actor, at=at, outcome=outcome, factor=factor, why=why)


def sign_out(*, actor: Actor, at: datetime) -> None:
    """Write down that a person left; the session is the door's to end."""
    record("people.sign_out", _subject(actor.person_id), actor=actor, at=at)


def change_password(person_id: int, *, old: str, new: str, actor: Actor, at: datetime) -> None:
    """Change one's own password. Refuses a wrong old one and a weak new one, by field.

    A wrong old password counts like a wrong one at sign-in.
    """
    if not _try_change(person_id, old=old, new=new, actor=actor, at=at):
        raise Refusal(Kind.INVALID, "password.wrong", "the old password is wrong", field="old")


@transaction.atomic
def _try_change(person_id: int, *, old: str, new: str, actor: Actor, at: datetime) -> bool:
    person = _person(person_id)
    why = _why_not(person, right=matches(old, person.password), at=at)
    if why:
        _note_try(person, "old password", why, address=actor.address, at=at)
        return False
    _check_new_password(new, person, field="new")
    FormerPassword.objects.create(person=person, hash=person.password, set_at=at)
    person.password = make_password(new)
    person.password_changed_at, person.must_change_password = at, False
    person.save(update_fields=["password", "password_changed_at", "must_change_password"])
    record("people.password_changed", _subject(person_id), actor=actor, at=at)
    return True


@transaction.atomic
def choose_language(person_id: int, language: str, *, actor: Actor, at: datetime) -> None:
    """Remember the language a person reads in."""
    StaffMember.objects.filter(pk=person_id).update(language=language)
    record("people.language_chosen", _subject(person_id), actor=actor, at=at, language=language)


def close_account(person_id: int, *, device_too: bool) -> None:
    """No password and no code of this person counts from here on; the caller writes it down."""
    StaffMember.objects.filter(pk=person_id).update(is_active=False)
    if device_too:
        OneTimeDevice.objects.filter(user=person_id, confirmed=True).update(confirmed=False)


def reopen_account(person_id: int) -> None:
    """Password and device count again; the caller writes it down."""
    StaffMember.objects.filter(pk=person_id).update(is_active=True)


def change_office(person_id: int, office: str) -> None:
    """The caller has ended the roles first, and writes it down."""
    StaffMember.objects.filter(pk=person_id).update(office=office)


def _check_new_password(password: str, person: StaffMember | None, *, field: str) -> None:
    """All validators of the settings, as refusals."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refusals(
            [
                Refusal(
                    Kind.INVALID,
                    _rule(fault.code),
                    str(fault.code),
                    cps="6.5.1",
                    field=field,
                    **rules.NUMBERS,
                )
                for fault in error.error_list
            ]
        ) from error


def _rule(code: str | None) -> str:
    return code if code and "." in code else f"password.{code}"


def _person(person_id: int) -> StaffMember:
    person = StaffMember.objects.select_for_update().filter(pk=person_id).first()
    if person is None:
        raise Refusal(Kind.NOT_FOUND, "people.no_such_person", f"no person {person_id}")
    return person


def _refused() -> Refusal:
    return Refusal(
        Kind.FORBIDDEN,
        "sign_in.refused",
        "wrong login, password or code, or locked",
        **rules.NUMBERS,
    )


def _subject(person_id: int | None) -> str:
    return f"people.staffmember:{person_id}"
