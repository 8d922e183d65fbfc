"""What the review page is made of: frozen values, nothing that could start a query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.errors import Refusal
from ca.api import Preview
from ra.applicants.beside import Beside, Part
from ra.applications.rules import Sla
from ra.applications.said import Said
from ra.applications.succession import Succession
from ra.evidence.queries import DocumentView
from ra.lookups.queries import LookupView, SaidView
from ra.readings.queries import ReadView
from ra.verifications.queries import VerificationView


@dataclass(frozen=True, slots=True)
class FieldView:
    """One declared value, `shown` masked where `masked` says so.

    `in_request` is what the certificate request says, `known` what was verified for this
    subscriber before; both masked alike and empty when there is nothing. `agrees`: it was verified
    before, so it may be confirmed with others; None: there is nothing to compare. `said` is what
    authority sources say of this very value, `read` what the machine read off a document.
    `marked` is `shown` with the characters of which the first who contradicts has others.
    `verdict` is this reviewer's own: agrees, differs or "". `unseen`: nothing speaks for it but
    the applicant, and this reviewer has not had the whole value before their eyes.
    """

    code: str
    shown: str
    masked: bool
    unseen: bool
    marked: tuple[Part, ...]
    in_request: Beside | None
    known: Beside | None
    known_from: str  # number of the application that was approved; "" of another office's
    agrees: bool | None
    said: tuple[SaidView, ...]
    read: ReadView | None
    document_id: int | None
    certified: bool  # it enters the certificate once it is verified (CPS 3.2.5)
    verified: str  # how the document that proves this very value was verified; "": it was not
    verdict: str


@dataclass(frozen=True, slots=True)
class TickView:
    """`unseen`: it is about the certificate, whose preview this reviewer has not opened yet."""

    code: str
    ticked: bool
    unseen: bool


@dataclass(frozen=True, slots=True)
class LockView:
    holder: str
    until: datetime
    mine: bool


@dataclass(frozen=True, slots=True)
class SameView:
    """Another application of the same subscriber; `certificate_state` empty without one."""

    number: str
    profile: str
    state: str
    at: datetime
    certificate_id: int | None
    certificate_state: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """An earlier answer. Of the running round only one's own: the second check is blind."""

    round: int
    outcome: str
    reasons: tuple[str, ...]
    items: tuple[str, ...]
    message: str
    reviewer: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class CaseView:
    """`version` goes back with verdicts, `seen` with the approval.

    `hindrances` is why this person cannot approve now (rule codes with details); empty: they can.
    """

    id: int
    number: str
    state: str
    version: int
    seen: str
    round: int
    profile: str
    days: int
    masked_name: str
    own: bool  # this person entered it
    maker: str
    channel: str
    submitted_at: datetime | None
    deadline_at: datetime | None
    sla: Sla | None
    reviews_done: int
    reviews_needed: int
    lock: LockView | None
    may_claim: bool
    may_ask_again: bool
    may_open_again: bool
    may_judge: bool
    may_reveal: bool
    documents: tuple[DocumentView, ...]
    missing_slots: tuple[str, ...]
    fields: tuple[FieldView, ...]
    checklist: tuple[TickView, ...]
    verifications: tuple[VerificationView, ...]
    sources: tuple[str, ...]  # that can be asked
    lookups: tuple[LookupView, ...]  # the latest answers
    reads: bool  # whether documents can be read here
    read_by: str  # who had them read last; "": nobody
    said: tuple[Said, ...]  # with corrections that came in online; shown masked
    read_at: datetime | None
    checks: Mapping[str, str]
    preview: Preview | None
    preview_refused: Refusal | None
    same: tuple[SameView, ...]
    decisions: tuple[DecisionView, ...]
    hindrances: tuple[Refusal, ...]
    content_digest: str
    certificate_id: int | None
    succession: Succession | None
