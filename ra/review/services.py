"""Reviewing: claim, look, judge item by item (CPS 4.2); `decisions` follow."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from anxin.kernel.actors import Actor
from audit.log import record, subject_of
from people.api import Role
from ra.applicants.rules import shown
from ra.applications import queries as applications
from ra.applications import rules as application_rules
from ra.applications.models import Application
from ra.applications.queries import Content
from ra.applications.rules import person
from ra.lookups import services as lookups
from ra.lookups.rules import contradicted, unpacked
from ra.readings import services as readings
from ra.review import marks, rules, sources
from ra.review.models import ItemVerdict
from ra.review.queries import has_decided, reviewable

# --- the desk --------------------------------------------------------------------------------


@transaction.atomic
def claim(application_id: int, *, actor: Actor, at: datetime) -> str:
    """Take it on the desk for 30 minutes; its number. Claiming again renews.

    Refuses `review.not_a_reviewer`, `own_work`, `not_submitted`, `decided_already`, `claimed`.
    """
    _check_reviewer(actor)
    row = applications.locked(application_id, actor)
    rules.check_submitted(row.state)
    rules.check_not_own(row.makers, actor.person_id)
    rules.check_fresh_eyes(has_decided(row, actor))
    rules.check_free(row.claimed_by, row.claimed_until, actor.person_id, at=at)
    return _claim(row, actor=actor, at=at)


@transaction.atomic
def claim_next(*, actor: Actor, at: datetime) -> str | None:
    """Claim the most urgent application this person may review; its number, None if none waits.

    What others are just claiming is passed over, not waited for.
    """
    _check_reviewer(actor)
    waiting = (
        reviewable(applications.visible(actor), actor)
        .filter(Q(claimed_until__isnull=True) | Q(claimed_until__lte=at))
        .order_by("deadline_at", "pk")
        .select_for_update(skip_locked=True, of=("self",))
    )
    row = waiting.first()
    return _claim(row, actor=actor, at=at) if row else None


@transaction.atomic
def release(application_id: int, *, actor: Actor, at: datetime) -> None:
    """Put it back. Refuses `review.not_claimed`."""
    row = applications.locked(application_id, actor)
    rules.check_held(row.claimed_by, row.claimed_until, actor.person_id, at=at)
    row.claimed_by = row.claimed_until = None
    row.save(update_fields=["claimed_by", "claimed_until"])
    record("ra.release", subject_of(row), actor=actor, at=at)


# --- item by item ----------------------------------------------------------------------------


@transaction.atomic
def set_verdict(
    application_id: int, item: str, verdict: str, *, seen: int, actor: Actor, at: datetime
) -> None:
    """One field `agrees` or `differs`; a checklist item is ticked by `agrees`, "" unticks any.

    `seen` is the content version of the page. Renews the claim. Refuses
    `applications.content_changed`, `review.not_claimed`, `review.no_such_item`, and `agrees` to a
    masked value before it was revealed (`review.not_seen`), unless it was verified before, and to
    the certificate before its preview was opened (`review.not_previewed`).
    """
    row = on_desk(application_id, seen, actor=actor, at=at)
    content = applications.content(row)
    current = marks.of(row, content)
    rules.check_item(item, current)
    if verdict == rules.Verdict.AGREES:
        _check_seen(row, [item], content, current, actor=actor)
    if verdict:
        _judge(row, {item: rules.Verdict(verdict)}, current, actor=actor, at=at)
    else:
        row.verdicts.filter(reviewer_id=person(actor), item=item).delete()
    record("ra.verdict", subject_of(row), actor=actor, at=at, item=item, verdict=verdict)


@transaction.atomic
def open_preview(application_id: int, *, actor: Actor, at: datetime) -> None:
    """Show what the certificate will contain (CPS 4.2.1). Refuses as `set_verdict` does."""
    row = on_desk(application_id, None, actor=actor, at=at)
    current = marks.of(row, applications.content(row))
    if rules.PREVIEWED not in marks.found(row, actor.person_id, current).seen:
        _has_seen(row, rules.PREVIEWED, current[rules.PREVIEWED], actor=actor, at=at)
        record("ra.open_preview", subject_of(row), actor=actor, at=at)


@transaction.atomic
def confirm_fields(
    application_id: int, items: Collection[str], *, seen: int, actor: Actor, at: datetime
) -> None:
    """All these fields agree, said at once. Refuses as `set_verdict` does, all or none."""
    row = on_desk(application_id, seen, actor=actor, at=at)
    content = applications.content(row)
    current = marks.of(row, content)
    for item in items:
        rules.check_item(item, current)
    _check_seen(row, items, content, current, actor=actor)
    _judge(row, dict.fromkeys(items, rules.Verdict.AGREES), current, actor=actor, at=at)
    record("ra.verdict", subject_of(row), actor=actor, at=at, items=sorted(items), verdict="agrees")


@transaction.atomic
def reveal(application_id: int, field: str, *, reason: str, actor: Actor, at: datetime) -> str:
    """One whole value for a moment on the screen (CPS 9.3, WP-5.3); the journal keeps why.

    `reason` is one of `rules.REVEAL_REASONS`. This person may agree to the value from now on. As
    long as it waits for a decision, only who has it on the desk looks: refuses as `set_verdict`.
    """
    rules.check_reveal_reason(reason)
    _check_reviewer(actor)
    row = applications.locked(application_id, actor)
    rules.check_was_submitted(row.round)
    if row.state == application_rules.State.SUBMITTED:
        row = on_desk(application_id, None, actor=actor, at=at)
    content = applications.content(row)
    rules.check_item(field, content.fields)
    value = content.fields[field]
    _has_seen(row, field, marks.mark(row, field, value), actor=actor, at=at)
    record("ra.reveal", subject_of(row), actor=actor, at=at, field=field, reason=reason)
    return value


# --- beside what is declared --------------------------------------------------------------------


def ask_sources(application_id: int, *, actor: Actor, at: datetime) -> None:
    """What they say stands beside what is declared. Refuses as `on_desk` and `lookups.ask`."""
    lookups.ask(lambda: on_desk(application_id, None, actor=actor, at=at), actor=actor, at=at)


def read_documents(application_id: int, *, actor: Actor, at: datetime) -> None:
    """What is read stands beside what is declared. Refuses as `on_desk` and `readings.read`."""
    readings.read(lambda: on_desk(application_id, None, actor=actor, at=at), actor=actor, at=at)


# --- inside ------------------------------------------------------------------------------------


def _check_reviewer(actor: Actor) -> None:
    rules.check_reviewer(Role.REVIEWER in actor.roles and actor.person_id is not None)


def _claim(row: Application, *, actor: Actor, at: datetime) -> str:
    is_new = row.claimed_by != actor.person_id
    _renew(row, actor=actor, at=at)
    if is_new:
        record("ra.claim", subject_of(row), actor=actor, at=at)
    return row.number


def _renew(row: Application, *, actor: Actor, at: datetime) -> None:
    row.claimed_by, row.claimed_until = actor.person_id, at + rules.LEASE
    row.save(update_fields=["claimed_by", "claimed_until"])


def on_desk(application_id: int, seen: int | None, *, actor: Actor, at: datetime) -> Application:
    """The locked row of an application this person has claimed and may judge; renews the claim."""
    _check_reviewer(actor)
    row = applications.locked(application_id, actor)
    rules.check_submitted(row.state)
    rules.check_not_own(row.makers, actor.person_id)
    rules.check_held(row.claimed_by, row.claimed_until, actor.person_id, at=at)
    if seen is not None:
        application_rules.check_version(row.content_version, seen)
    _renew(row, actor=actor, at=at)
    return row


def _check_seen(
    row: Application,
    items: Collection[str],
    content: Content,
    current: Mapping[str, bytes],
    *,
    actor: Actor,
) -> None:
    """Refuses `review.not_seen`, `not_previewed`. What was verified before is as good as seen."""
    seen = marks.found(row, actor.person_id, current).seen
    rules.check_previewed(items, seen)
    fields = {item: content.fields[item] for item in items if item in content.fields}
    masked = {item: value for item, value in fields.items() if shown(item, value) != value}
    unseen = {item: value for item, value in masked.items() if item not in seen}
    if not unseen:
        return
    known, asked = sources.known(row), sources.in_request(row, content)
    denied = contradicted(unpacked(content.lookups), content.fields)
    rules.check_seen(
        [
            item
            for item, value in unseen.items()
            if not sources.agrees(
                value, asked.get(item, ""), known.get(item, ""), denied=item in denied
            )
        ]
    )


def _has_seen(row: Application, item: str, mark: bytes, *, actor: Actor, at: datetime) -> None:
    seen = marks.SEEN + item
    _judge(row, {seen: rules.Verdict.AGREES}, {seen: mark}, actor=actor, at=at)


def _judge(
    row: Application,
    verdicts: Mapping[str, rules.Verdict],
    current: Mapping[str, bytes],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    ItemVerdict.objects.bulk_create(
        [
            ItemVerdict(
                application=row,
                reviewer_id=person(actor),
                item=item,
                verdict=verdict,
                mark=current[item],
                at=at,
            )
            for item, verdict in verdicts.items()
        ],
        update_conflicts=True,
        unique_fields=["application", "reviewer_id", "item"],
        update_fields=["verdict", "mark", "at"],
    )


def forget(application_ids: Collection[int]) -> None:
    """What was found about each field is gone; the decisions stay (CPS 3.2.3)."""
    ItemVerdict.objects.filter(application_id__in=application_ids).delete()
