"""Revocation requests for the pages of the counter and of the reviewers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anxin.kernel.actors import Actor
from ca import api as ca
from ra.requests import queries as requests
from ra.requests.queries import Register, certificate_at_hand
from ra.revocations import rules
from ra.revocations.models import RevocationRequest


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class RequestView(requests.RequestView):
    """`reason` is the word of RFC 5280 the CRL will have; `term_hours` what CPS 4.9.4 allows."""

    reason: str
    term_hours: int
    discovered_at: datetime
    late: bool


def _view(row: RevocationRequest, shared: dict[str, Any]) -> RequestView:
    return RequestView(
        **shared,
        reason=ca.REASONS[ca.Cause(row.cause)],
        term_hours=int(rules.BY_CAUSE[row.cause].term.total_seconds()) // 3600,
        discovered_at=row.discovered_at,
        late=row.late,
    )


REGISTER = Register(RevocationRequest, _view)
waiting = REGISTER.waiting
decided = REGISTER.decided
approvals_seen = REGISTER.approvals_seen
request = REGISTER.request
of_certificate = REGISTER.of_certificate
of_applications = REGISTER.of_applications


def revocable(certificate_id: int, actor: Actor) -> ca.CertificateView:
    """A valid certificate of this office. Refuses `revocations.not_valid`, and unknown ones."""
    view = certificate_at_hand(certificate_id, actor)
    rules.check_revocable(view.state)
    return view
