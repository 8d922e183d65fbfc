from django.db import models

from anxin.kernel.workdays import SHANGHAI
from ra.applications.models import Application
from ra.requests.models import CertificateRequest, constraints, indexes
from ra.revocations import rules


class RevocationRequest(CertificateRequest):
    """Somebody wants a certificate revoked (CPS 4.9.3). `note`: what was handed in, sealed."""

    STEPS = rules.STEPS
    DESK = rules.DESK
    PAPERS = "note"

    application = models.ForeignKey(
        Application, models.PROTECT, null=True, related_name="revocation_requests"
    )
    cause = models.CharField(max_length=30)  # CPS 4.9.1
    discovered_at = models.DateTimeField()
    late = models.BooleanField()  # CPS 4.9.4
    note = models.BinaryField()

    class Meta:
        constraints = constraints(rules.DESK)
        indexes = indexes(rules.DESK)

    def action(self) -> str:
        return "ra.revoke_certificate"

    def stated(self) -> dict[str, str]:
        discovered = self.discovered_at.astimezone(SHANGHAI)
        return {"cause": self.cause, "discovered_at": discovered.isoformat()}

    def words(self, papers: str) -> dict[str, str]:
        return {"note": papers}
