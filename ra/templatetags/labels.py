"""Names for codes, tones for states, and where a line of a list leads."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ca import wording as ca
from ca.api import CAUSES, HOLD_CAUSES, PROFILES
from ra.applicants import wording as applicants
from ra.applications import wording as applications
from ra.blacklist import wording as blacklist
from ra.branches import wording as branches
from ra.consents import wording as consents
from ra.disclosures import wording as disclosures
from ra.domains import wording as domains
from ra.domains.rules import has_names as has_server_names
from ra.evidence import wording as evidence
from ra.fees import wording as fees
from ra.handover import wording as handover
from ra.holds import wording as holds
from ra.imports import headings
from ra.imports import wording as imports
from ra.intake import wording as intake
from ra.invoices import wording as invoices
from ra.lookups import wording as lookups
from ra.notices import wording as notices
from ra.online import wording as online
from ra.partners import wording as partners
from ra.procedures import wording as procedures
from ra.publications import wording as publications
from ra.review import wording as review
from ra.review.pages import CaseView
from ra.review.queries import Row
from ra.revocations import wording as revocations
from ra.sampling import wording as sampling
from ra.subscribers import wording as subscribers
from ra.verifications import wording as verifications

register = template.Library()

OUTCOMES = {
    "approve": pgettext_lazy("state", "通过"),
    "return": pgettext_lazy("state", "退回补正"),
    "reject": pgettext_lazy("state", "不予批准"),
}
# What an automatic check noticed; `intake.wording.CHECKS` says what it looked at.
NOTICED = {
    "request_name": _("请求中的姓名与申报不同"),
    "known_name": _("同一证件以前登记的是另一个姓名"),
    "twin": _("同一人还有未办结的申请"),
    "same_file": _("有材料与他人申请的文件相同"),
    "shared_phone": _("多位订户使用这个手机号"),
    "blacklist": _("命中不予受理名单，解除前不能通过"),
}
TABLES: Mapping[str, Mapping[str, Any]] = {
    "accepted_how": applications.ACCEPTED_HOW,
    "asker": revocations.ASKERS,
    "blacklist": blacklist.STATES,
    "blacklist_cause": blacklist.CAUSES,
    "blacklist_kind": blacklist.KINDS,
    "blacklist_lift": blacklist.LIFTS,
    "cause": CAUSES,
    "certificate": ca.STATES,
    "change": procedures.CHANGES,
    "channel": applications.CHANNELS,
    "check": intake.CHECKS,
    "check_item": review.CHECKLIST,
    "check_noticed": NOTICED,
    "checked_how": revocations.CHECKED_HOW,
    "consent": consents.PURPOSES,
    "consent_end": consents.ENDED,
    "disclosure": disclosures.STATES,
    "disclosure_basis": disclosures.BASES,
    "document_type": applicants.DOCUMENT_TYPES,
    "fee": fees.STATES,
    "fee_method": fees.METHODS,
    "fee_service": fees.SERVICES,
    "field": applicants.FIELD_LABELS,
    "finding": domains.OUTCOMES,
    "import": imports.STATES,
    "import_column": {**applicants.FIELD_LABELS, **headings.OWN},
    "lookup_outcome": lookups.OUTCOMES,
    "lookup_party": lookups.PARTIES,
    "lookup_silence": lookups.SILENCES,
    "notice": notices.STATES,
    "notice_channel": notices.CHANNELS,
    "notice_event": notices.EVENTS,
    "office_kind": branches.OFFICE_KINDS,
    "office_state": branches.OFFICE_STATES,
    "office_term": branches.OFFICE_TERMS,
    "hold": holds.STATES,
    "invoice": invoices.STATES,
    "invoice_buyer": invoices.BUYERS,
    "invoice_field": invoices.FIELDS,
    "invoice_kind": invoices.KINDS,
    "invoice_reason": invoices.REASONS,
    "hold_act": holds.ACTS,
    "hold_asker": holds.ASKERS,
    "hold_cause": HOLD_CAUSES,
    "hold_checked_how": holds.CHECKED_HOW,
    "occasion": procedures.OCCASIONS,
    "online": online.STATES,
    "online_purpose": online.PURPOSES,
    "online_reason": online.REASONS,
    "outcome": OUTCOMES,
    "partner_key": partners.STATES,
    "partner_scope": partners.SCOPES,
    "procedure": procedures.PROCEDURES,
    "profile": PROFILES,
    "proof": domains.STATES,
    "proof_method": domains.METHODS,
    "publication": publications.STATES,
    "publication_kind": publications.KINDS,
    "purpose": evidence.PURPOSES,
    "question": revocations.CAUSE_QUESTIONS,
    "reason": review.REASONS,
    "recheck": sampling.STATES,
    "recheck_fault": sampling.FAULTS,
    "revocation": revocations.STATES,
    "revocation_reason": ca.REASONS,
    "slot": evidence.SLOTS,
    "state": applications.STATES,
    "step": handover.STEPS,
    "subscriber_kind": subscribers.KINDS,
    "field_verified": verifications.FIELDS,
    "verification": verifications.METHODS,
    "verification_result": verifications.RESULTS,
}
CODED = {  # fields whose value is a code
    "document_type": "document_type",
    "agent_document_type": "document_type",
}
TONES = {
    "draft": "line",
    "submitted": "info",
    "returned": "warn",
    "approved": "brand",
    "failed": "bad",
    "issued": "warn",
    "accepted": "ok",
    "rejected": "bad",
    "valid": "ok",
    "held": "warn",
    "revoked": "bad",
    "refused": "bad",
    "requested": "info",
    "produced": "warn",
    "handed_over": "ok",
    "done": "ok",
    "asked": "info",
    "proved": "ok",
    "expired": "warn",
    "open": "ok",
    "stopped": "bad",
    "proposed": "info",
    "waiting": "info",
    "right": "ok",
    "wrong": "bad",
    "checking": "info",
    "checked": "warn",
    "taking": "info",
    "taken": "ok",
    "listed": "bad",
    "due": "info",
    "sent": "ok",
    "by_hand": "warn",
    "given_up": "bad",
}


@register.filter
def label(code: str, table: str) -> str:
    """The name of a code; the code itself where the table has none."""
    return str(TABLES[table].get(code, code))


@register.filter
def value_label(value: str, field: str) -> str:
    """A declared value, in words where it is a code."""
    return label(value, CODED[field]) if field in CODED else value


@register.filter
def item_label(code: str) -> str:
    """A field or a slot of documents."""
    return label(code, "slot" if code in evidence.SLOTS else "field")


@register.filter
def tone(state: str) -> str:
    return TONES.get(state, "")


@register.filter
def has_names(profile: str) -> bool:
    """Whether such a certificate is for something on a network, with names to be proved."""
    return has_server_names(profile)


@register.filter
def proof_reason(rule: str) -> str:
    """Why a proof of control stands where it does."""
    return domains.reason(rule)


@register.simple_tag
def work_url(row: Row | CaseView) -> str:
    """Where work on an application goes on, by its state."""
    match row.state:
        case "draft" | "cancelled":
            page = "intake-page"
        case "returned" | "failed" if row.own:
            page = "intake-page"
        case "approved" | "failed" | "issued" | "accepted":
            page = "handover-page"
        case _:
            page = "case"
    return reverse(page, args=[row.number])


@register.simple_tag
def dots(held: int, needed: int) -> SafeString:
    """One block for each document, hollow ones for what is missing; in words for who listens."""
    said = _("材料 %(have)s 项，必需 %(need)s 项") % {"have": held, "need": needed}
    full, hollow = "<i></i>" * held, '<i class="m"></i>' * max(needed - held, 0)
    blocks = mark_safe(full + hollow)  # noqa: S308 -- constants, so many times
    return format_html('<span class="docdots" role="img" aria-label="{}">{}</span>', said, blocks)


@register.simple_tag
def tally(checks: Mapping[str, str]) -> dict[str, int]:
    """How many automatic checks came out how."""
    outcomes = list(checks.values())
    return {outcome: outcomes.count(outcome) for outcome in ("bad", "warn", "ok")}
