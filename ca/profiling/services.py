"""Changing a profile: an administrator proposes, two members of the policy committee agree (CPS
1.5.2), and a worker that has proved their votes puts it in force.

The old version goes on for what was handed in under it; nothing that was issued changes.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import each, enqueue
from anxin.kernel.rows import guarded
from anxin.kernel.workdays import day_of
from audit.api import Filters, entries
from audit.log import advance, record, subject_of
from ca.profiles.documents import digest_of, profile_from, text_of
from ca.profiles.models import ProfileVersion
from ca.profiles.rules import CALL_OFF, CHANGE, Profile, State
from ca.profiling import proving, rules, trials
from ca.profiling.queries import others, unknown
from people.api import Approval, may, redeem, standing
from people.api import propose as ask

Entropy = Callable[[int], bytes]
BEGIN = "ca.profileversion.put_in_force"


@transaction.atomic
def propose(
    after: Profile,
    *,
    base: int,
    reason: str,
    valid_from: date | None,
    actor: Actor,
    at: datetime,
    entropy: Entropy,
) -> int:
    """A new version of `after.code` for the committee; its number. `base`: what it was drawn from.

    Refuses `profiles.*`; nothing counts before somebody else has agreed.
    """
    rules.check_day(valid_from, today=day_of(at))
    current = _lock(after.code)
    if current is None:
        raise unknown(after.code)
    rules.check_base(base, current.version)
    before = profile_from(current.document, current.version)
    rules.check_profile(after, arc=settings.EXTENSION_ARC)
    rules.check_change(before, after)
    trials.check(after, at=at, entropy=entropy)
    return _ask(_store(after, reason, valid_from, actor=actor, at=at), base, actor=actor, at=at)


@transaction.atomic
def propose_new(
    profile: Profile,
    *,
    reason: str,
    valid_from: date | None,
    actor: Actor,
    at: datetime,
    entropy: Entropy,
) -> int:
    """A kind of certificate that the product did not come with (CPS 1.5.1); as `propose`."""
    rules.check_day(valid_from, today=day_of(at))
    rules.check_profile(profile, arc=settings.EXTENSION_ARC)
    trials.check(profile, at=at, entropy=entropy)
    row = _store(profile, reason, valid_from, actor=actor, at=at)
    rules.check_new(profile, others(row.pk))
    return _ask(row, 0, actor=actor, at=at)


def _ask(row: ProfileVersion, base: int, *, actor: Actor, at: datetime) -> int:
    about = subject_of(row)
    row.approval_id = ask(CHANGE, _payload(row, base), subject=about, actor=actor, at=at).id
    row.save(update_fields=["approval_id"])
    told: dict[str, Any] = {"approval": row.approval_id, "digest": row.digest, "code": row.code}
    record("ca.propose_profile", about, actor=actor, at=at, version=row.version, **told)
    return row.version


def _store(
    after: Profile, reason: str, valid_from: date | None, *, actor: Actor, at: datetime
) -> ProfileVersion:
    _make_room(after.code, actor=actor, at=at)
    text = text_of(after)
    last = ProfileVersion.objects.filter(code=after.code).aggregate(last=Max("version"))["last"]
    row = ProfileVersion(
        state=State.PROPOSED,
        code=after.code,
        version=(last or 0) + 1,
        document=text,
        digest=digest_of(text),
        reason=reason,
        valid_from=valid_from,
        proposed_by=actor.person_id,
        proposed_at=at,
    )
    taken = Refusal(Kind.CONFLICT, "profiles.change_open", "another change is under way")
    with guarded(taken):
        row.save(force_insert=True)
    return row


def agree(
    approval: Approval, *, version_id: int, base: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction. What is redeemed is computed
    anew, from the text of the version.
    """
    row = ProfileVersion.objects.get(pk=version_id)
    current = _lock(row.code)
    row.refresh_from_db()
    redeem(approval, CHANGE, _payload(row, base), actor=actor, at=at)
    rules.check_base(base, current.version if current else 0)
    profile = profile_from(row.document, row.version)
    rules.check_profile(profile, arc=settings.EXTENSION_ARC)
    if current is None:
        rules.check_new(profile, others(row.pk))
    advance(row, "agree", actor=actor, at=at, digest=row.digest, code=row.code)
    enqueue("ca.begin_profiles")


def drop(
    approval: Approval, *, version_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: declined, taken back, or nobody decided in time."""
    row = ProfileVersion.objects.select_for_update().get(pk=version_id)
    advance(row, "drop", actor=actor, at=at, approval=approval.id)


@transaction.atomic
def call_off(code: str, version: int, *, reason: str, actor: Actor, at: datetime) -> bool:
    """Nothing comes of a version whose day is still to come; whether that is done.

    Its proposer does it alone. Others who may propose ask for it, and somebody else agrees.
    Refuses `profiles.not_to_come`.
    """
    row = _to_come(code, version, at=at)
    if actor.person_id == row.proposed_by:
        for refusal in may(actor, CALL_OFF):
            raise refusal
        advance(row, "call_off", actor=actor, at=at, code=code, version=version, reason=reason)
        return True
    payload = {**_named(row), "reason": reason}
    ask(CALL_OFF, payload, subject=subject_of(row), actor=actor, at=at)
    return False


def agree_to_call_off(
    approval: Approval,
    *,
    code: str,
    version: int,
    reason: str,
    actor: Actor,
    at: datetime,
    **_: object,
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction."""
    row = _to_come(code, version, at=at)
    redeem(approval, CALL_OFF, {**_named(row), "reason": reason}, actor=actor, at=at)
    advance(row, "call_off", actor=actor, at=at, code=code, version=version, reason=reason)


def _to_come(code: str, version: int, *, at: datetime) -> ProfileVersion:
    row = ProfileVersion.objects.select_for_update().filter(code=code, version=version).first()
    if row is None:
        raise unknown(f"{code} {version}")
    rules.check_call_off(row.state, row.valid_from, today=day_of(at))
    return row


def begin_due(*, at: datetime) -> int:
    """Put in force what was agreed to, once its day has come; how many versions that were.

    For workers: nothing counts whose votes they cannot prove.
    """
    come = Q(valid_from=None) | Q(valid_from__lte=day_of(at))
    due = ProfileVersion.objects.filter(come, state=State.AGREED)
    return each(lambda row: _begin(row.pk, row.code, at=at), due.only("pk", "code"))


@transaction.atomic
def _begin(version_id: int, code: str, *, at: datetime) -> int:
    current = _lock(code)
    row = ProfileVersion.objects.get(pk=version_id)
    if row.state != State.AGREED:  # another worker was first
        return 0
    try:
        proving.check(row)
    except Refusal as refusal:
        if not _waits(row, refusal.details["fault"], at=at):
            advance(row, "drop", actor=SYSTEM, at=at, fault=refusal.details["fault"])
        return 0
    if current:
        current.replaced_at = at
        current.save(update_fields=["replaced_at"])
        advance(current, "replace", actor=SYSTEM, at=at, by=row.version)
    row.in_force_at = at
    row.save(update_fields=["in_force_at"])
    advance(row, "put_in_force", actor=SYSTEM, at=at, code=row.code, version=row.version)
    return 1


def _waits(row: ProfileVersion, fault: object, *, at: datetime) -> bool:
    """Whether it is tried again; the journal says so once, and so since when."""
    if fault != proving.UNCERTIFIED:
        return False
    about = subject_of(row)
    doubts = entries(Filters(action=BEGIN, subject=about, refused=True), limit=1).entries
    if not doubts:
        record(BEGIN, about, actor=SYSTEM, at=at, outcome="refused", fault=fault)
    return not doubts or at < doubts[0].content.at + rules.PATIENCE


def _lock(code: str) -> ProfileVersion | None:
    """The version in force; nobody else changes this profile before the transaction ends.

    None: there has been none yet.
    """
    rows = ProfileVersion.objects.filter(code=code).order_by("pk").select_for_update()
    for row in rows:
        if row.state == State.IN_FORCE:
            return row
    return None


def _make_room(code: str, *, actor: Actor, at: datetime) -> None:
    """A proposal whose approval ended by itself is in nobody's way."""
    for row in ProfileVersion.objects.filter(code=code, state=State.PROPOSED):
        if not (row.approval_id and standing(row.approval_id).is_open):
            advance(row, "drop", actor=actor, at=at)


def _named(row: ProfileVersion) -> dict[str, object]:
    return {
        "version_id": row.pk,
        "code": row.code,
        "version": row.version,
        "digest": digest_of(row.document),
    }


def _payload(row: ProfileVersion, base: int) -> dict[str, object]:
    return {
        **_named(row),
        "base": base,
        "reason": row.reason,
        "valid_from": row.valid_from.isoformat() if row.valid_from else "",
    }
