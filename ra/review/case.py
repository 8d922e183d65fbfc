"""The review page's content: one application, opened for one person (CPS 4.2.1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from ca import api as ca
from people.api import Role, staff_names, standing
from ra.applicants.beside import beside
from ra.applicants.kinds import kind_of
from ra.applicants.rules import by_proxy, shown
from ra.applications import queries as applications
from ra.applications import rules as application_rules
from ra.applications import said as words
from ra.applications.models import Application
from ra.applications.succession import succession
from ra.blacklist import rules as blacklist_rules
from ra.blacklist.queries import kinds_listed
from ra.branches.queries import sees
from ra.domains.queries import have_names, in_the_way
from ra.evidence import queries as evidence
from ra.evidence.rules import needed, slots
from ra.lookups import queries as lookups
from ra.lookups.rules import Match, unpacked
from ra.readings import rules as readings
from ra.readings.queries import view as read_view
from ra.readings.reading import installed
from ra.review import marks, rules, sources
from ra.review.models import Decision
from ra.review.pages import (
    CaseView,
    DecisionView,
    FieldView,
    LockView,
    SameView,
    TickView,
)
from ra.verifications import queries as verifications
from ra.verifications.queries import unverified

__all__ = ["CaseView", "case"]


def case(number: str, actor: Actor, *, told: bool = True, at: datetime) -> CaseView:
    """Refuses `applications.unknown` (another office's too), `review.draft` for drafts.

    Nine queries, eight without `told`: then `decisions` stays empty.
    """
    row = _row(number, actor, at)
    rules.check_was_submitted(row.round)
    return _Opening(row, actor, at, told=told).case()


class _Opening:
    """One application being opened: what several parts of the page need is read once."""

    def __init__(self, row: Any, actor: Actor, at: datetime, *, told: bool) -> None:
        self.row, self.actor, self.at = row, actor, at
        self.others = sources.of_subject(row)
        self.before = sources.verified_before(row, self.others)
        opened = applications.contents([row, *([self.before] if self.before else [])])
        self.content = opened[row.pk]
        self.known = opened[self.before.pk] if self.before else sources.NOTHING
        in_sight = self.before and sees(actor, self.before.office.path)
        self.known_from = self.before.number if self.before and in_sight else ""  # CPS 1.4.2
        self.documents = evidence.documents(row.pk, actor.person_id)
        self.verifications = verifications.detached(row, row.findings)
        self.verified = verifications.verified(row, self.verifications, self.content.fields)
        self.lookups = unpacked(self.content.lookups)
        self.said = lookups.said(self.lookups, self.content.fields)
        self.readings = readings.unpacked(self.content.readings)
        in_hand = {document.id for document in self.documents}
        self.read = readings.standing(self.readings, in_hand)
        self.current = marks.of(row, self.content)
        self.found = marks.found(row, actor.person_id, self.current)
        self.proposed = standing(row.approval_id) if row.approval_id else None
        self.decisions = list(row.decisions.order_by("pk")) if told else []
        self.names = staff_names(
            {
                *(row.maker_id, row.claimed_by or 0),
                *(d.reviewer_id for d in self.decisions),
                *(one.officer_id for one in self.verifications),
                *(one.officer_id for one in self.lookups),
                *(one.officer_id for one in self.readings),
            }
        )

    def case(self) -> CaseView:
        lock = self.lock()
        preview, refused = self.preview()
        return CaseView(
            **self.heading(),
            **self.rights(lock),
            **self.papers(),
            **self.said_elsewhere(),
            lock=lock,
            fields=self.fields(),
            checklist=self.checklist(),
            said=tuple(words.unpacked(self.content.said)),
            preview=preview,
            preview_refused=refused,
            same=_same_subject(self.others, self.actor),
            decisions=self.told_decisions(),
            hindrances=tuple(self.hindrances(lock, refused)),
            succession=succession(self.row, self.content),
        )

    def heading(self) -> dict[str, Any]:
        """What it is and how it stands."""
        row = self.row
        return {
            "id": row.pk,
            "number": row.number,
            "state": row.state,
            "version": row.content_version,
            "content_digest": row.content_digest,
            "seen": self.proposed.digest if self.proposed else "",
            "round": row.round,
            "profile": row.profile,
            "days": row.days,
            "masked_name": row.masked_name,
            "own": self.actor.person_id in row.makers,
            "maker": self.names.get(row.maker_id, ""),
            "channel": row.channel,
            "submitted_at": row.submitted_at,
            "deadline_at": row.deadline_at,
            "sla": self.sla(),
            "reviews_done": row.reviews_done,
            "reviews_needed": row.reviews_needed,
            "certificate_id": row.certificate_id,
        }

    def rights(self, lock: LockView | None) -> dict[str, Any]:
        """What this person may do with it."""
        return {
            "may_claim": not (lock or self.refused_the_desk()),
            "may_ask_again": self.may_ask_again(),
            "may_open_again": self.may_open_again(),
            "may_judge": self.may_judge(lock),
            "may_reveal": self.may_reveal(lock),
        }

    def papers(self) -> dict[str, Any]:
        """The documents, and how they were verified."""
        row, fields = self.row, self.content.fields
        wanted = applications.profile_of(row).evidence
        asked = needed(wanted, fields, proxy=by_proxy(fields), signed=row.signed)
        held = {document.slot for document in self.documents}
        return {
            "documents": tuple(self.documents),
            "missing_slots": tuple(slot for slot in asked if slot not in held),
            "verifications": verifications.views(row, self.verifications, self.names),
        }

    def said_elsewhere(self) -> dict[str, Any]:
        """What sources, the engine that reads documents and the machine say of it."""
        last = self.readings[-1] if self.readings else None
        return {
            "sources": lookups.sources(),
            "lookups": lookups.views(self.lookups, self.names),
            "reads": installed(),
            "read_by": self.names.get(last.officer_id, "") if last else "",
            "read_at": last.at if last else None,
            "checks": dict(self.row.checks),
        }

    def checklist(self) -> tuple[TickView, ...]:
        return tuple(
            TickView(
                item,
                ticked=self.found.verdicts.get(item) == rules.Verdict.AGREES,
                unseen=item == rules.PREVIEWED and item not in self.found.seen,
            )
            for item in self.current
            if item in rules.CHECKLIST
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
        in_request = sources.in_request(self.row, self.content)
        return tuple(
            self.field(code, in_request.get(code, ""), first.get(proves.get(code, "")))
            for code in self.current
            if code not in rules.CHECKLIST
        )

    def field(self, code: str, in_request: str, document_id: int | None) -> FieldView:
        value = self.content.fields[code]
        known = self.known.fields.get(code, "")
        said = self.said.get(code, ())
        denied = any(one.outcome == Match.DIFFERS for one in said)
        masked = shown(code, value) != value
        agrees = sources.agrees(value, in_request, known, denied=denied)
        asked = beside(code, value, in_request) if in_request else None
        before = beside(code, value, known) if known else None
        read = read_view(code, value, self.read.get(code))
        others = (before, asked, *(one.beside for one in said), read.beside if read else None)
        contrary = next((one for one in others if one and not one.same), None)
        return FieldView(
            code=code,
            shown=shown(code, value),
            masked=masked,
            unseen=masked and not agrees and code not in self.found.seen,
            marked=contrary.declared if contrary else (),
            in_request=asked,
            known=before,
            known_from=self.known_from if known else "",
            agrees=agrees,
            said=said,
            read=read,
            document_id=document_id,
            certified=code in kind_of(self.row.profile).certified,
            verified=self.verified.get(code, ""),
            verdict=self.found.verdicts.get(code, ""),
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
        try:
            rules.check_reviewer(Role.REVIEWER in actor.roles)
            rules.check_submitted(row.state)
            rules.check_not_own(row.makers, actor.person_id)
            rules.check_fresh_eyes(row.decided_by_me)
        except Refusal as refusal:
            return refusal
        return None

    def may_judge(self, lock: LockView | None) -> bool:
        return bool(lock and lock.mine and not self.refused_the_desk())

    def may_reveal(self, lock: LockView | None) -> bool:
        """As `services.reveal` decides it."""
        waits = self.row.state == application_rules.State.SUBMITTED
        return Role.REVIEWER in self.actor.roles and (not waits or self.may_judge(lock))

    def approval_over(self) -> bool:
        """Nobody decided in time, or the approval was taken back."""
        submitted = self.row.state == application_rules.State.SUBMITTED
        return submitted and self.proposed is not None and not self.proposed.is_open

    def may_ask_again(self) -> bool:
        mine = self.row.maker_id == self.actor.person_id
        return mine and Role.OPERATOR in self.actor.roles and self.approval_over()

    def may_open_again(self) -> bool:
        ended = self.row.state in application_rules.ENDED
        return ended and Role.OPERATOR in self.actor.roles

    def hindrances(self, lock: LockView | None, refused: Refusal | None) -> list[Refusal]:
        desk = self.refused_the_desk()
        if desk:
            return [desk]
        found = [refused] if refused else []
        if self.approval_over():
            found.append(rules.approval_over())
        if not (lock and lock.mine):
            found.append(rules.not_claimed())
        closed = [document.slot for document in self.documents if not document.opened]
        found += rules.hindrances(self.current, self.found.verdicts, closed)
        found += unverified(self.row, self.content.fields, self.verifications)
        fields, asked = self.content.fields, self.row.has_names
        found += in_the_way(self.row.pk, fields, asked=asked, at=self.at)  # CPS 3.2.4
        return found + blacklist_rules.hindrances(self.row.kinds_listed)  # CPS 4.2.2


def _row(number: str, actor: Actor, at: datetime) -> Any:
    """The application with its office, its dossier, and whether this person has decided on it."""
    decided = Decision.objects.filter(
        application=OuterRef("pk"), round=OuterRef("round"), reviewer_id=actor.person_id or 0
    )
    rows = applications.in_view(actor).select_related("office", "dossier")
    rows = rows.annotate(
        decided_by_me=Exists(decided),
        has_names=have_names(),
        kinds_listed=kinds_listed(at),
        findings=verifications.attached(),
    )
    row = rows.filter(number=number).first()
    if row is None:
        raise applications.unknown(number)
    return row


def _same_subject(others: Sequence[Application], actor: Actor) -> tuple[SameView, ...]:
    """Other applications of the subject, as far as the person sees them."""
    return tuple(
        SameView(
            other.number,
            other.profile,
            other.state,
            other.submitted_at or other.opened_at,
            other.certificate_id,
            other.certificate_state,
        )
        for other in others
        if sees(actor, other.office.path)
    )
