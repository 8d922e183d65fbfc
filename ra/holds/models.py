import json

from django.db import models

from ra.applications.models import Application
from ra.holds import rules
from ra.requests.models import CertificateRequest, constraints, indexes


class HoldRequest(CertificateRequest):
    """Somebody wants a certificate frozen or unfrozen (CPS 4.9.14).

    `papers`: JSON of the form's number and date and the reason given, sealed. An unfreezing has the
    cause of the freeze it lifts.
    """

    STEPS = rules.STEPS
    DESK = rules.DESK
    PAPERS = "papers"

    act = models.CharField(max_length=10)
    application = models.ForeignKey(Application, models.PROTECT, related_name="hold_requests")
    cause = models.CharField(max_length=20)  # CPS 4.9.12
    papers = models.BinaryField()

    class Meta:
        constraints = [
            *constraints(rules.DESK),
            models.CheckConstraint(
                condition=models.Q(act__in=[act.value for act in rules.Act]),
                name="a_hold_request_wants_one_of_two",
            ),
        ]
        indexes = indexes(rules.DESK)

    def action(self) -> str:
        return rules.ACTIONS[self.act]

    def stated(self) -> dict[str, str]:
        said = {"act": self.act, "cause": self.cause}
        return said | {"asker": self.asker, "checked_how": self.checked_how}

    def words(self, papers: str) -> dict[str, str]:
        return dict(json.loads(papers))
