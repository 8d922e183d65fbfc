"""Accounts: create, enrol, sign in, change a password. Every try is journalled (CPS 5.4.1)."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.contrib.auth.hashers import check_password as matches
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal, Refusals
from anxin.kernel.rows import guarded
from audit.log import record
from people.accounts import rules
from people.accounts.models import FormerPassword, StaffMember
from people.accounts.rules import Purpose

Shown = TypeVar("Shown")


@transaction.atomic
def create_staff(
    login: str,
    *,
    name: str,
    staff_number: str,
    password: str | None,
    office: str,
    language: str = "zh-hans",
    must_change_password: bool = True,
    actor: Actor,
    at: datetime,
) -> int:
    """A new account without roles and without a device; returns the person's id.

    `office` is the code of an RA, or empty for headquarters, who see the records of all. Without
    a password the account is closed until it is opened. Refuses a weak password (INVALID, field
    `password`) and a login or number in use (CONFLICT).
    """
    if password is not None:
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
        is_active=password is not None,
    )
    taken = Refusal(
        Kind.CONFLICT, "people.login_taken", "login or staff number in use", field="login"
    )
    with guarded(taken):
        person.save(force_insert=True)
    record("people.created", _subject(person.pk), actor=actor, at=at, number=staff_number)
    return person.pk


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
    person = StaffMember.objects.select_for_update(no_key=True).filter(login=login).first()
    if person is None:
        make_password(password)  # the time a comparison would take
        _note_try(None, "password", "unknown login", address=address, at=at)
        return None
    right = matches(password, person.password)
    why = _why_not(person, right=right, at=at)
    _note_try(person, "password", why, address=address, at=at)
    return None if why else person.pk


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


def disable_password(person_id: int) -> None:
    """No password counts until another is set; the caller writes it down."""
    StaffMember.objects.filter(pk=person_id).update(password=make_password(None))


@transaction.atomic
def set_initial_password(person_id: int, password: str, *, actor: Actor, at: datetime) -> None:
    """A password somebody else knows, for the person to change at once (CPS 6.4)."""
    person = _person(person_id)
    _check_new_password(password, None, field="password")
    person.password = make_password(password)
    person.password_changed_at, person.must_change_password = at, True
    person.failed_tries, person.locked_until = 0, None
    person.save()
    record("people.initial_password_drawn", _subject(person_id), actor=actor, at=at)


def check_closed(person_id: int) -> None:
    """Refuses (CONFLICT) somebody whose account is open."""
    if _person(person_id).is_active:
        raise Refusal(Kind.CONFLICT, "people.account_open", "the account is open")


def check_open(person_id: int) -> None:
    """Refuses (CONFLICT) somebody whose account is closed."""
    if not _person(person_id).is_active:
        raise Refusal(Kind.CONFLICT, "people.account_closed", "the account is closed")


def actor(person_id: int, address: str) -> Actor:
    """Who has just proved to be this person."""
    person = StaffMember.objects.get(pk=person_id)
    return Actor(person.pk, person.name, address=address, office=person.office)


@transaction.atomic
def choose_language(person_id: int, language: str, *, actor: Actor, at: datetime) -> None:
    """Remember the language a person reads in."""
    StaffMember.objects.filter(pk=person_id).update(language=language)
    record("people.language_chosen", _subject(person_id), actor=actor, at=at, language=language)


def close_account(person_id: int) -> None:
    """No password and no code of this person counts from here on; the caller writes it down."""
    StaffMember.objects.filter(pk=person_id).update(is_active=False)


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


def lock(person_id: int) -> None:
    """Nothing is proved in this person's name, given to them or taken, until the caller's
    transaction ends. Refuses `people.no_such_person`.

    People before approvals, files and keys, wherever several are locked: nobody waits in a ring.
    Rows that merely name the person (a mail, a vote) wait for nobody.
    """
    _person(person_id)


def _person(person_id: int) -> StaffMember:
    person = StaffMember.objects.select_for_update(no_key=True).filter(pk=person_id).first()
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
