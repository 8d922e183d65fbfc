"""What is sent in over the public site (CPS 4.1, 4.2.2), and asked of a certificate there is.

All of this runs under a role that adds and does not read: what is personal is sealed inwards. The
old key speaks for itself (CPS 3.3.1). Number and access code do not say who holds them: what is
asked with them is taken in (`taking`) by somebody who has found out (CPS 3.4, 4.9.14).
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from anxin.kernel import canonical
from anxin.kernel.actors import APPLICANT, Actor
from anxin.kernel.errors import Refusal, Refusals
from anxin.kernel.locks import Work, wait_until_commit
from anxin.kernel.rates import counted_as
from anxin.kernel.rows import guarded
from anxin.kernel.workdays import SHANGHAI, day_of
from audit.log import advance, record, subject_of
from ca import api as ca
from kmc import api as kmc
from ra.applicants.rules import by_proxy, judge
from ra.applications import procedures
from ra.applications.models import Application
from ra.applications.rules import State as ApplicationState
from ra.evidence import rules as evidence_rules
from ra.handover import services as handover
from ra.handover.queries import hashed
from ra.intake.queries import proven
from ra.intake.rules import typed
from ra.invoices import rules as invoice_rules
from ra.online import queries, rules
from ra.online.models import Submission, SubmissionFile
from ra.online.queries import Opened
from ra.procedures import queries as successors
from ra.publications import queries as publications
from ra.revocations import rules as revocation_rules

NETWORK = "online"  # what the hash of an address is for


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """`access_code` is told here once and kept nowhere; "": the applicant has one already."""

    number: str
    access_code: str


# --- words, then documents ---------------------------------------------------------------------


@transaction.atomic
def begin(
    profile: str,
    values: Mapping[str, str],
    *,
    years: int,
    office: str,
    request: str,
    agreed: str,
    by_message: bool = False,
    address: str,
    at: datetime,
) -> Begun:
    """An application's words (CPS 4.1); documents follow one by one.

    Refuses everything that is wrong at once (Refusals), as the counter would: identity, request,
    agreement; `online.many_open`, `branches.unknown`, `kmc.inbox_closed`.
    """
    kept = _judged(profile, values, request, agreed, at=at)
    said = Opened(kept, years, request, "", agreed, at.isoformat(), by_message=by_message)
    row = Submission(
        purpose=rules.Purpose.APPLY,
        profile=profile,
        office_id=queries.open_office(office),
        slots=evidence_rules.needed(ca.profile(profile).evidence, kept, proxy=by_proxy(kept)),
    )
    _open(row, said, address=address, at=at)
    return Begun(row.number, handover.new_access(row.number))


@transaction.atomic
def begin_correction(
    number: str, *, message: str, request: str, address: str, at: datetime
) -> Begun:
    """An answer to what came back (CPS 4.2.2): words, a new request, and documents that follow.

    `number` is the application's. Refuses `online.not_returned`, and as `begin` does.
    """
    found = Application.objects.only("id", "number", "state", "profile", "office_id")
    target = found.filter(number=number, state=ApplicationState.RETURNED).first()
    if target is None:
        raise rules.refuse("not_returned", "nothing is to be corrected", cps="4.2.2")
    if request.strip():
        proven(request.encode())
    said = Opened({}, 0, request, message[: rules.LONGEST_MESSAGE], "", "")
    row = Submission(
        profile=target.profile,
        office_id=target.office_id,
        application_id=target.pk,
        purpose=rules.Purpose.CORRECT,
        worded=bool(message.strip() or request.strip()),
        slots=list(evidence_rules.slots(target.profile)),
    )
    _open(row, said, address=address, at=at)
    return Begun(row.number, "")


@transaction.atomic
def add_file(
    number: str,
    slot: str,
    filename: str,
    data: bytes,
    *,
    content_type: str = "",
    address: str,
    at: datetime,
) -> None:
    """One file, looked at from outside only and sealed inwards.

    Refuses `evidence.*` of `rules.examine`, `online.too_large`, `online.many_files`, `online.full`.
    """
    row = _locked(number)
    rules.check_size(len(data))
    evidence_rules.check_slot(row.profile, slot, 0)
    held = row.files.filter(slot=slot).count()
    rules.check_room(held, row.files.count())
    held_by_all = SubmissionFile.objects.aggregate(size=Sum("size", default=0))["size"]
    rules.check_holds(0, held_by_all + len(data))
    kind = evidence_rules.examine(data, filename=filename, content_type=content_type)
    sealed = kmc.seal_inwards(SubmissionFile.context(number, slot), data)
    SubmissionFile.objects.create(
        submission=row, slot=slot, kind=kind, size=len(data), sealed=sealed, added_at=at
    )
    actor = _applicant(address)
    record("ra.add_submission_file", subject_of(row), actor=actor, at=at, slot=slot, kind=kind)


@transaction.atomic
def hand_in(number: str, *, address: str, at: datetime) -> None:
    """Nothing is added any more; an operator takes it from here.

    Refuses `online.incomplete`, `online.nothing`.
    """
    row = _locked(number)
    held = frozenset(row.files.values_list("slot", flat=True))
    if row.purpose == rules.Purpose.CORRECT:
        rules.check_something(files=len(held), said=row.worded)
    else:
        rules.check_complete(row.slots, held)
    _hand_over(row, address=address, at=at)


# --- sent at once ------------------------------------------------------------------------------


@transaction.atomic
def send_signed(
    signed: str,
    *,
    occasion: str,
    agreed: str,
    by_message: bool = False,
    address: str,
    at: datetime,
) -> Begun:
    """A renewal or a re-key that the old key has signed: CMS, PEM (CPS 3.3.1, 4.6.3, 4.7).

    The CA's own word, on the age of the key say, comes at the counter. Refuses `cms.*`,
    `certificate.unknown`, `procedures.*`, `online.not_now`.
    """
    rules.check_agreed(agreed, in_force=publications.agreement(at))
    read = successors.signed_request(signed.encode())
    before = successors.signer(read)
    way = procedures.way_of(successors.procedure_of(read, before), occasion)
    procedures.check_signed(way, read.signed_at, at=at)
    old = queries.of_certificate(before.id)
    rules.check_alive(before.state, before.not_after, at=at)
    found = procedures.hindrances(way, old.profile, before.not_after or at, at=at)
    if found:
        raise Refusals(found)
    details = {"occasion": occasion}
    said = Opened({}, 0, signed, "", agreed, at.isoformat(), details, by_message)
    row = _about(old, rules.Purpose.SUCCEED, said, address=address, at=at)
    return Begun(row.number, handover.new_access(row.number))


@transaction.atomic
def ask(
    number: str,
    purpose: str,
    *,
    note: str,
    cause: str = rules.OWN_WISH,
    discovered_at: datetime | None = None,
    address: str,
    at: datetime,
) -> str:
    """To revoke, freeze, unfreeze, or to stop and be paid back; its number. Nothing is done yet.

    `number` is one whose access code was shown. Refuses `online.not_now`, `online.asked_already`,
    `revocations.*` of cause and note.
    """
    target = queries.issued(number)
    rules.check_askable(purpose, target.certificate_state)
    since = discovered_at or at
    # How the holder is identified is the counter's: any way will do here
    how = revocation_rules.CheckedHow.ON_SITE
    revocation_rules.check_request(cause, rules.HOLDER, how, discovered_at=since, asked_at=at)
    words = revocation_rules.DESK.check_note(note)
    _check_not_asked(target, purpose)
    details = {"cause": cause, "discovered_at": since.isoformat()}
    said = Opened({}, 0, "", words, "", "", details)
    return _about(target, purpose, said, address=address, at=at).number


@transaction.atomic
def ask_invoice(
    number: str, kind: str, buyer: str, details: Mapping[str, str], *, address: str, at: datetime
) -> str:
    """For the fee of an application (CPS 9.1); its number. The counter knows what was paid.

    `number` is one whose access code was shown. Refuses `invoices.*` of the details by field,
    `online.asked_already`.
    """
    target = queries.issued(number)
    kept = invoice_rules.check_details(kind, buyer, details)
    _check_not_asked(target, rules.Purpose.INVOICE)
    said = Opened({}, 0, "", "", "", "", {"kind": kind, "buyer": buyer, **kept})
    return _about(target, rules.Purpose.INVOICE, said, address=address, at=at).number


# --- inside ------------------------------------------------------------------------------------


def _judged(
    profile: str, values: Mapping[str, str], request: str, agreed: str, *, at: datetime
) -> dict[str, str]:
    """What is kept of an application's words. Refuses everything that is wrong at once."""
    kind = queries.applicant(profile)
    kept, wrong = judge(typed(values, kind.fields), kind.fields, today=day_of(at))
    in_force = publications.agreement(at)
    for check in (
        lambda: rules.check_agreed(agreed, in_force=in_force),
        lambda: proven(request.encode()),
    ):
        try:
            check()
        except Refusal as refusal:
            wrong.append(refusal)
    if wrong:
        raise Refusals(wrong)
    return kept


def _check_not_asked(target: Application, purpose: str) -> None:
    """Once is enough while it waits."""
    same = Submission.objects.filter(application_id=target.pk, purpose=purpose)
    if same.filter(state=rules.State.WAITING).exists():
        raise rules.asked_already()


def _about(
    target: Application, purpose: str, said: Opened, *, address: str, at: datetime
) -> Submission:
    """Sent at once: there are no papers."""
    row = Submission(
        purpose=purpose,
        profile=target.profile,
        office_id=target.office_id,
        application_id=target.pk,
        slots=[],
    )
    _open(row, said, address=address, at=at)
    _hand_over(row, address=address, at=at)
    return row


def _open(row: Submission, said: Opened, *, address: str, at: datetime) -> None:
    """Keep it, sealed. Refuses `online.many_open`, `online.full`, `online.asked_already`,
    `kmc.inbox_closed`.
    """
    row.number = _number(at)
    row.network = hashed(NETWORK, "", counted_as(address))
    wait_until_commit(Work.SEND_ONLINE, [row.network])
    open_now = Submission.objects.filter(state__in=rules.UNSETTLED)
    if row.purpose not in rules.ASKED:  # one of each for a certificate, and some are urgent
        others = open_now.exclude(purpose__in=rules.ASKED)
        rules.check_few(others.filter(network=row.network).count())
    if row.purpose == rules.Purpose.APPLY:  # the others know a number and its code
        rules.check_holds(open_now.count())
    row.state, row.opened_at = rules.State.OPEN, at
    row.sealed = kmc.seal_inwards(row.context(), canonical.encode(asdict(said)))
    with guarded(rules.asked_already(), by="one_of_a_kind_is_asked"):
        row.save(force_insert=True)
    actor = _applicant(address)
    record("ra.begin_submission", subject_of(row), actor=actor, at=at, number=row.number)


def _hand_over(row: Submission, *, address: str, at: datetime) -> None:
    """To the counter; the last thing its sender does."""
    Submission.objects.filter(pk=row.pk).update(handed_in_at=at)
    advance(row, "hand_in", actor=_applicant(address), at=at)


def _locked(number: str) -> Submission:
    rows = Submission.objects.select_for_update().only(*queries.PLAIN)
    row = rows.filter(number=number).first()
    if row is None:
        raise queries.unknown(number)
    rules.check_open(row.state)
    return row


def _number(at: datetime) -> str:
    return rules.number_from(f"{at.astimezone(SHANGHAI):%Y%m%d}", secrets.token_bytes(16))


def _applicant(address: str) -> Actor:
    return Actor(APPLICANT.person_id, APPLICANT.name, address=address)
