"""Sentences for this house's rules: rule code -> msgid (see `anxin/wording.py`)."""

from ra.agreements.wording import WORDING as AGREEMENTS
from ra.applicants.wording import WORDING as APPLICANTS
from ra.applications.wording import WORDING as APPLICATIONS
from ra.blacklist.wording import WORDING as BLACKLIST
from ra.branches.wording import WORDING as BRANCHES
from ra.consents.wording import WORDING as CONSENTS
from ra.disclosures.wording import WORDING as DISCLOSURES
from ra.domains.wording import WORDING as DOMAINS
from ra.evidence.wording import WORDING as EVIDENCE
from ra.fees.wording import WORDING as FEES
from ra.handover.wording import WORDING as HANDOVER
from ra.holds.wording import WORDING as HOLDS
from ra.imports.wording import WORDING as IMPORTS
from ra.intake.wording import WORDING as INTAKE
from ra.invoices.wording import WORDING as INVOICES
from ra.lookups.wording import WORDING as LOOKUPS
from ra.notices.wording import WORDING as NOTICES
from ra.online.wording import WORDING as ONLINE
from ra.partners.wording import WORDING as PARTNERS
from ra.procedures.wording import WORDING as PROCEDURES
from ra.publications.wording import WORDING as PUBLICATIONS
from ra.readings.wording import WORDING as READINGS
from ra.receipts.wording import WORDING as RECEIPTS
from ra.retention.wording import WORDING as RETENTION
from ra.review.wording import WORDING as REVIEW
from ra.revocations.wording import WORDING as REVOCATIONS
from ra.sampling.wording import WORDING as SAMPLING
from ra.subscribers.wording import WORDING as SUBSCRIBERS
from ra.verifications.wording import WORDING as VERIFICATIONS

WORDING = {
    **BRANCHES,
    **BLACKLIST,
    **AGREEMENTS,
    **VERIFICATIONS,
    **LOOKUPS,
    **INVOICES,
    **READINGS,
    **APPLICANTS,
    **APPLICATIONS,
    **DOMAINS,
    **EVIDENCE,
    **IMPORTS,
    **INTAKE,
    **PROCEDURES,
    **REVIEW,
    **HANDOVER,
    **HOLDS,
    **REVOCATIONS,
    **SAMPLING,
    **SUBSCRIBERS,
    **RECEIPTS,
    **RETENTION,
    **CONSENTS,
    **DISCLOSURES,
    **NOTICES,
    **ONLINE,
    **PUBLICATIONS,
    **FEES,
    **PARTNERS,
}
