"""Disclosure: asked for with a paper, agreed to by another, made once, handed over (CPS 9.4)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from anxin.kernel import canonical
from anxin.kernel.actors import Actor
from anxin.kernel.workdays import SHANGHAI, day_of
from audit.log import advance, record, subject_of
from kmc import api as kmc
from people.api import Approval, approval, propose, redeem, vote, withdraw
from pki.sm.sm3 import sm3
from ra.applicants.services import numbered
from ra.applicants.wording import DOCUMENT_TYPES, FIELD_LABELS
from ra.applications import queries as applications
from ra.applications.rules import person
from ra.disclosures import drawing, queries, rules
from ra.disclosures.models import DisclosureCase
from ra.disclosures.wording import BASES
from ra.evidence import queries as evidence
from ra.evidence.services import page_image
from ra.evidence.wording import SLOTS

ACTION = "ra.disclose"


@transaction.atomic
def ask(
    application_number: str,
    *,
    basis: str,
    ground: Mapping[str, str],
    dated: date,
    fields: Sequence[str],
    slots: Sequence[str],
    actor: Actor,
    at: datetime,
) -> str:
    """Ask for a disclosure; the number of the case. Nothing is opened before another agrees.

    Refuses `disclosures.*` with field and clause, `applications.unknown` for another office's.
    """
    found = applications.by_number(application_number, actor)
    found = applications.locked(found.pk, actor)  # nobody destroys it meanwhile (CPS 3.2.3)
    told = rules.check_ground(basis, rules.Ground(**ground), dated, today=day_of(at))
    rules.check_scope(fields, slots, *queries.items_of(found))
    key = kmc.new_data_key("ra.disclosure", actor=actor, at=at)
    row = DisclosureCase(
        state=rules.State.ASKED,
        number=numbered("DC", at),
        application=found,
        basis=basis,
        dated=dated,
        fields=sorted(set(fields)),
        slots=sorted(set(slots)),
        data_key=key,
        maker_id=person(actor),
        asked_at=at,
    )
    row.ground = _sealed(row, "ground", asdict(told))
    row.save(force_insert=True)
    row.approval_id = propose(ACTION, _payload(row), subject=subject_of(row), actor=actor, at=at).id
    row.save(update_fields=["approval_id"])
    record("ra.ask_disclosure", subject_of(row), actor=actor, at=at, asked=_payload(row))
    return row.number


@transaction.atomic
def decide(
    number: str, *, grants: bool, seen: str, message: str = "", actor: Actor, at: datetime
) -> None:
    """Agree, or refuse: `message` says why. Refuses whatever `vote` refuses."""
    row = queries.locked(number, actor)
    rules.STEPS.after("approve" if grants else "refuse", row.state)
    answer = "" if grants else rules.check_answer(message)
    vote(row.approval_id or 0, grants=grants, seen=seen, actor=actor, at=at)
    if grants:
        return
    row.answer = _sealed(row, "answer", {"message": answer})
    row.decided_by, row.decided_at = actor.person_id, at
    row.save(update_fields=["answer", "decided_by", "decided_at"])
    advance(row, "refuse", actor=actor, at=at)


def approve(
    approval: Approval, *, case_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction. Opens nothing yet."""
    row = DisclosureCase.objects.select_for_update().get(pk=case_id)
    redeem(approval, ACTION, _payload(row), actor=actor, at=at)
    row.decided_by, row.decided_at = actor.person_id, at
    row.save(update_fields=["decided_by", "decided_at"])
    advance(row, "approve", actor=actor, at=at)


@transaction.atomic
def withdraw_case(number: str, *, actor: Actor, at: datetime) -> None:
    """Whoever asked takes it back, before there is an extract."""
    row = queries.locked(number, actor)
    rules.check_own(row.maker_id, actor.person_id)
    advance(row, "withdraw", actor=actor, at=at)
    if row.approval_id and approval(row.approval_id).state == "open":
        withdraw(row.approval_id, reason="disclosure withdrawn", actor=actor, at=at)


@transaction.atomic
def produce(number: str, *, actor: Actor, at: datetime) -> str:
    """Make the extract, once, sealed; its SM3. What was not agreed to is not in it."""
    row = queries.locked(number, actor)
    rules.check_own(row.maker_id, actor.person_id)
    rules.STEPS.after("produce", row.state)
    pdf = drawing.draw(_extract(row, actor=actor, at=at))
    row.extract_sm3 = sm3(pdf).hex()
    row.extract = kmc.seal(row.data_key, row.context("extract"), pdf)
    row.produced_at, row.produced_by = at, actor.person_id
    row.save(update_fields=["extract", "extract_sm3", "produced_at", "produced_by"])
    advance(row, "produce", actor=actor, at=at, sm3=row.extract_sm3)
    return row.extract_sm3


@transaction.atomic
def take_extract(number: str, *, actor: Actor, at: datetime) -> bytes:
    """The PDF, to be printed and handed over; each time noted. Refuses `disclosures.no_extract`."""
    row = queries.locked(number, actor)
    rules.check_own(row.maker_id, actor.person_id)
    rules.check_produced(row.state)
    record("ra.take_extract", subject_of(row), actor=actor, at=at, sm3=row.extract_sm3)
    return kmc.unseal(row.data_key, row.context("extract"), bytes(row.extract or b""))


@transaction.atomic
def hand_over(number: str, *, taken_by: str, identified: str, actor: Actor, at: datetime) -> None:
    """Who took it, and how that person was identified. Nobody fetches it again after that."""
    row = queries.locked(number, actor)
    rules.check_own(row.maker_id, actor.person_id)
    who, how = rules.check_handed_to(taken_by, identified)
    rules.STEPS.after("hand_over", row.state)
    row.taken = _sealed(row, "taken", {"taken_by": who, "identified": how})
    row.handed_over_at, row.handed_over_by = at, actor.person_id
    row.save(update_fields=["taken", "handed_over_at", "handed_over_by"])
    advance(row, "hand_over", actor=actor, at=at, sm3=row.extract_sm3)


# --- inside ----------------------------------------------------------------------------------


def _payload(row: DisclosureCase) -> dict[str, object]:
    """What the second person agrees to; `ground` by a digest under the key of blind indexes."""
    return {
        "case_id": row.pk,
        "number": row.number,
        "application_id": row.application_id,
        "basis": row.basis,
        "dated": row.dated.isoformat(),
        "fields": list(row.fields),
        "slots": list(row.slots),
        "ground": sm3(bytes(row.ground)).hex(),  # sealed: it tells nothing
    }


def _extract(row: DisclosureCase, *, actor: Actor, at: datetime) -> drawing.Extract:
    content = applications.content(row.application)
    return drawing.Extract(
        title=_("个人信息依法提供摘录"),
        number=row.number,
        rows=(
            (_("受理编号"), row.application.number),
            (_("依据"), str(BASES[row.basis])),
            (_("文书日期"), row.dated.isoformat()),
            (_("制作时间"), f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"),
            (_("核对码"), secrets.token_hex(16)),
            *((_name(code), _words(code, content.fields.get(code, ""))) for code in row.fields),
        ),
        pages=tuple(_pages(row, actor=actor, at=at)),
        footer=_("仅用于 %(number)s 所列用途，不得转作他用。") % {"number": row.number},
    )


def _pages(row: DisclosureCase, *, actor: Actor, at: datetime) -> list[tuple[str, bytes]]:
    return [
        (
            f"{SLOTS.get(document.slot, document.slot)} {page.number}",
            page_image(document.id, page.number, actor=actor, at=at),
        )
        for document in evidence.documents(row.application_id, actor.person_id)
        if document.slot in row.slots
        for page in document.pages
    ]


def _name(code: str) -> str:
    return str(FIELD_LABELS.get(code, code))


def _words(code: str, value: str) -> str:
    """Codes in words."""
    if code.endswith("document_type"):
        return str(DOCUMENT_TYPES.get(value, value))
    return value


def _sealed(row: DisclosureCase, what: str, plain: Mapping[str, str]) -> bytes:
    return kmc.seal(row.data_key, row.context(what), canonical.encode(dict(plain)))
