from django.db import models

from ra.agreements.models import CaAgreement
from ra.applications.models import Application
from ra.verifications import rules


class Verification(models.Model):
    """How the documents of one slot were verified, by whom, when, with what result (CPS 3.2.2).

    `proves` are the fields it vouches for, each with a keyed digest of the value that was looked
    at: another value is not verified (CPS 3.2.5). A new finding ends the one before.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="verifications")
    slot = models.CharField(max_length=30)
    method = models.CharField(max_length=20)
    result = models.CharField(max_length=10)
    reference = models.BinaryField(null=True)  # sealed under the application's key
    agreement = models.ForeignKey(CaAgreement, models.PROTECT, null=True, related_name="+")
    proves = models.JSONField(default=dict)
    officer_id = models.BigIntegerField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "slot"],
                condition=models.Q(ended_at__isnull=True),
                name="one_finding_of_a_slot",
            ),
            models.CheckConstraint(
                condition=models.Q(method__in=[method.value for method in rules.Method])
                & models.Q(result__in=[result.value for result in rules.Result]),
                name="a_verification_says_how",
            ),
            models.CheckConstraint(  # CPS 3.2.7
                condition=~models.Q(method=rules.Method.OTHER_CA.value)
                | models.Q(agreement__isnull=False),
                name="another_ca_is_believed_under_an_agreement",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slot} of {self.application_id}: {self.method}"

    def context(self) -> str:
        """What the sealed reference is bound to."""
        return f"ra.verification:{self.application_id}:{self.slot}"
