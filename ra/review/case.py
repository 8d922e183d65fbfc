"""The review page's content: one application, opened for one person (CPS 4.2.1)."""

from datetime import datetime

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from ca import api as ca
from people.api import Role, approval, staff_names
from pki import requests
from ra.applicants.rules import by_proxy, shown
from ra.applications import queries as applications
from ra.applications import rules as application_rules
from ra.applications.models import Application
from ra.applications.queries import Content
from ra.evidence import queries as evidence
from ra.evidence.rules import needed, slots
from ra.review import marks, rules
from ra.review.pages import (
    CaseView,
    DecisionView,
    FieldView,
    LockView,
    SameView,
    TickView,
)

__all__ = ["CaseView", "case", "same_subject"]


def case(number: str, actor: Actor, *, at: datetime) -> CaseView:
    """Refuses `applications.unknown` (another office's too), `review.draft` for drafts."""
    row = applications.by_number(number, actor)
    if row.state == application_rules.State.DRAFT or (row.round == 0):
        raise Refusal(Kind.CONFLICT, "review.draft", f"{number} was never submitted", cps="4.2.1")
    return _Opening(row, actor, at).case()


class _Opening:
    """One application being opened: what several parts of the page need is read once."""

    def __init__(self, row: Application, actor: Actor, at: datetime) -> None:
        self.row, self.actor, self.at = row, actor, at
        self.before = _approved_before(row)
        opened = applications.contents([row, *([self.before] if self.before else [])])
        self.content = opened[row.pk]
        self.known = opened[self.before.pk] if self.before else Content({}, "", b"")
        self.documents = evidence.documents(row.pk, actor.person_id)
        self.current = marks.of(row, self.content)
        self.verdicts = marks.valid(row, actor.person_id, self.current)
        self.proposed = approval(row.approval_id) if row.approval_id else None
        self.decisions = list(row.decisions.order_by("pk"))
        self.names = staff_names(
            {row.maker_id, row.claimed_by or 0, *(d.reviewer_id for d in self.decisions)}
        )

    def case(self) -> CaseView:
        row = self.row
        preview, refused = self.preview()
        asked = needed(row.profile, self.content.fields, proxy=by_proxy(self.content.fields))
        held = {document.slot for document in self.documents}
        lock = self.lock()
        return CaseView(
            id=row.pk,
            number=row.number,
            state=row.state,
            version=row.content_version,
            seen=self.proposed.digest if self.proposed else "",
            round=row.round,
            profile=row.profile,
            days=row.days,
            masked_name=row.masked_name,
            maker=self.names.get(row.maker_id, ""),
            submitted_at=row.submitted_at,
            deadline_at=row.deadline_at,
            sla=self.sla(),
            reviews_done=row.reviews_done,
            reviews_needed=row.reviews_needed,
            lock=lock,
            may_claim=not (lock or self.refused_the_desk()),
            may_judge=bool(lock and lock.mine and not self.refused_the_desk()),
            documents=tuple(self.documents),
            missing_slots=tuple(slot for slot in asked if slot not in held),
            fields=self.fields(),
            checklist=tuple(
                TickView(item, self.verdicts.get(item) == rules.Verdict.AGREES)
                for item in self.current
                if item in rules.CHECKLIST
            ),
            checks=dict(row.checks),
            preview=preview,
            preview_refused=refused,
            same=same_subject(row, self.actor),
            decisions=self.told_decisions(),
            hindrances=tuple(self.hindrances(lock, refused)),
            content_digest=row.content_digest,
            certificate_id=row.certificate_id,
        )

    def preview(self) -> tuple[ca.Preview | None, Refusal | None]:
        try:
            order = applications.order_of(self.row, self.content)
            return ca.preview(order, at=self.at), None
        except Refusal as refusal:
            return None, refusal

    def sla(self) -> application_rules.Sla | None:
        if self.row.state != application_rules.State.SUBMITTED:
            return None
        return application_rules.sla(self.row.deadline_at, at=self.at)

    def lock(self) -> LockView | None:
        row = self.row
        if not row.claimed_by or not row.claimed_until or row.claimed_until <= self.at:
            return None
        mine = row.claimed_by == self.actor.person_id
        return LockView(self.names.get(row.claimed_by, ""), row.claimed_until, mine)

    def fields(self) -> tuple[FieldView, ...]:
        proves = {
            field: slot.code for slot in slots(self.row.profile).values() for field in slot.proves
        }
        first = {document.slot: document.id for document in reversed(self.documents)}
        asked = requests.parse(self.content.request).subject if self.content.request else None
        in_request = {"name": (asked.get("CN") if asked else None) or ""}
        return tuple(
            self.field(code, in_request.get(code, ""), first.get(proves.get(code, "")))
            for code in self.current
            if code not in rules.CHECKLIST
        )

    def field(self, code: str, in_request: str, document_id: int | None) -> FieldView:
        value = self.content.fields[code]
        known = self.known.fields.get(code, "")
        others = [other for other in (in_request, known) if other]
        return FieldView(
            code=code,
            shown=shown(code, value),
            masked=shown(code, value) != value,
            in_request=shown(code, in_request) if in_request else "",
            known=shown(code, known) if known else "",
            known_from=self.before.number if self.before and known else "",
            agrees=all(other == value for other in others) if others else None,
            document_id=document_id,
            verdict=self.verdicts.get(code, ""),
        )

    def told_decisions(self) -> tuple[DecisionView, ...]:
        row, me = self.row, self.actor.person_id
        blind = row.state == application_rules.State.SUBMITTED
        return tuple(
            DecisionView(
                d.round,
                d.outcome,
                tuple(d.reasons),
                tuple(d.items),
                d.message,
                self.names.get(d.reviewer_id, ""),
                d.at,
            )
            for d in self.decisions
            if not blind or d.round < row.round or d.reviewer_id == me
        )

    def refused_the_desk(self) -> Refusal | None:
        """Why this person may not review this at all."""
        row, actor = self.row, self.actor
        decided = any(
            d.round == row.round and d.reviewer_id == actor.person_id for d in self.decisions
        )
        try:
            rules.check_reviewer(Role.REVIEWER in actor.roles)
            rules.check_submitted(row.state)
            rules.check_not_own(row.maker_id, actor.person_id)
            rules.check_fresh_eyes(decided)
        except Refusal as refusal:
            return refusal
        return None

    def hindrances(self, lock: LockView | None, refused: Refusal | None) -> list[Refusal]:
        desk = self.refused_the_desk()
        if desk:
            return [desk]
        found = [refused] if refused else []
        if self.proposed and self.proposed.state != "open":
            found.append(rules.approval_over())
        if not (lock and lock.mine):
            found.append(rules.not_claimed())
        closed = [document.slot for document in self.documents if not document.opened]
        return found + rules.hindrances(self.current, self.verdicts, closed)


def same_subject(row: Application, actor: Actor, limit: int = 20) -> tuple[SameView, ...]:
    """Other applications with the same document, newest first, as far as the person sees them."""
    if row.document_index is None:
        return ()
    others = applications.visible(actor).filter(document_index=bytes(row.document_index))
    return tuple(
        SameView(
            other.number,
            other.profile,
            other.state,
            other.submitted_at or other.opened_at,
            other.certificate_id,
            other.certificate_state,
        )
        for other in others.exclude(pk=row.pk).order_by("-pk")[:limit]
    )


def _approved_before(row: Application) -> Application | None:
    """The latest approved application of the same subscriber."""
    if row.subscriber_id is None:
        return None
    approved = Application.objects.filter(
        subscriber_id=row.subscriber_id, certificate_id__isnull=False, pk__lt=row.pk
    )
    return approved.order_by("-pk").first()
