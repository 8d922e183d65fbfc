"""What waits for whom, for the page of approvals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from people.approvals import queries, rules
from people.approvals.models import Approval
from people.approvals.queries import ApprovalView, may
from people.operatorkeys.queries import active
from pki import votes

PAGE = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A payload in words: `about` in one line, `rows` of label and value, where the thing is."""

    about: str
    rows: tuple[tuple[str, str], ...]
    address: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One open approval of the list."""

    approval: ApprovalView
    cps: str
    about: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Acts that are decided on pages of their own."""

    actions: tuple[str, ...]
    address: str
    waiting: int  # how many this person may decide


@dataclass(frozen=True, slots=True)
class Inbox:
    """`more`: there are older ones than the PAGE shown."""

    waiting: tuple[Line, ...]
    own: tuple[Line, ...]
    elsewhere: tuple[Elsewhere, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """`reasons`: why this reader may not decide; empty when they may."""

    approval: ApprovalView
    cps: str
    shown: Shown
    reasons: tuple[Refusal, ...]
    may_withdraw: bool


def inbox(actor: Actor) -> Inbox:
    """What this person may decide, the first to lapse first, and what they asked for themselves."""
    duties = settings.DUTIES
    mine = [name for name, duty in duties.items() if duty.checkers & actor.roles]
    rows = queries.open_ones().order_by("expires_at", "pk")
    others = rows.exclude(maker_id=actor.person_id).exclude(votes__checker_id=actor.person_id)
    theirs = others.filter(action__in=[name for name in mine if not duties[name].page])
    found = list(theirs[: PAGE + 1])
    asked = rows.filter(maker_id=actor.person_id)
    here = [name for name, duty in duties.items() if not duty.page]
    return Inbox(
        waiting=_lines(found[:PAGE], actor),
        own=_lines(list(asked.filter(action__in=here)[:PAGE]), actor),
        elsewhere=_elsewhere(mine, others, actor),
        more=len(found) > PAGE,
    )


def page(approval_id: int, actor: Actor) -> ApprovalPage:
    """Refusal NOT_FOUND for whoever neither asks for nor decides such things."""
    found = queries.approval(approval_id)
    duty = settings.DUTIES[found.action]
    if not actor.roles & (duty.makers | duty.checkers):
        raise queries.unknown(approval_id)
    reasons = may(actor, found.action, approval=found)
    own = found.maker_id == actor.person_id and not duty.page
    shown = _shown(found, actor)
    return ApprovalPage(found, duty.cps, shown, tuple(reasons), own and found.is_open)


def check_sight(row: Approval, actor: Actor) -> None:
    """Refuses (NOT_FOUND) what is out of this person's sight, as the page does."""
    _shown(queries.view(row), actor)


def to_sign(seen: str, actor: Actor, *, at: datetime) -> dict[str, Any]:
    """The voter's key and the fields of `pki.votes.statement` but for decision and comment."""
    key = active(actor.person_id)
    row = Approval.objects.filter(digest=seen, state=rules.State.OPEN).order_by("-pk").first()
    if key is None or row is None:
        return {"fingerprint": "", "fields": {}}
    fields = {
        "what": votes.VOTE,
        "approval": str(row.pk),
        "action": row.action,
        "payload": row.digest,
        "voter": str(key.person_id),
        "at": at.replace(microsecond=0).isoformat(),
    }
    return {"fingerprint": key.fingerprint, "fields": fields}


def _lines(rows: list[Approval], actor: Actor) -> tuple[Line, ...]:
    lines = []
    for row in rows:
        view = queries.view(row)
        try:
            about = _shown(view, actor).about
        except Refusal as refusal:
            if refusal.kind != Kind.NOT_FOUND:
                raise
            continue  # out of this person's sight
        lines.append(Line(view, settings.DUTIES[row.action].cps, about))
    return tuple(lines)


def _shown(found: ApprovalView, actor: Actor) -> Shown:
    name = settings.DUTIES[found.action].shows
    if name:
        shown: Shown = import_string(name)(found.payload, actor=actor)
        return shown
    return Shown(found.subject, tuple((key, _plain(it)) for key, it in found.payload.items()))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _elsewhere(mine: list[str], others: QuerySet[Approval], actor: Actor) -> tuple[Elsewhere, ...]:
    by_page: dict[str, list[str]] = {}
    for name in mine:
        if settings.DUTIES[name].page:
            by_page.setdefault(settings.DUTIES[name].page, []).append(name)
    found = []
    for name, actions in by_page.items():
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue  # a house that is not on this site
        count = sum(_in_sight(action, others, actor) for action in actions)
        found.append(Elsewhere(tuple(actions), address, count))
    return tuple(found)


def _in_sight(action: str, others: QuerySet[Approval], actor: Actor) -> int:
    sight = settings.DUTIES[action].sight
    found = list(others.filter(action=action).order_by().values_list("pk", flat=True))
    return int(import_string(sight)(found, actor)) if sight and found else len(found)
