from django.db import models

from ra.applications.models import Application
from ra.consents import rules

_ENDED = [how.value for how in rules.Ended]


class Consent(models.Model):
    """What a subscriber agreed to with one application, until it is withdrawn (CPS 9.4.1)."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=20)
    version = models.CharField(max_length=20)  # of the agreement that says it
    how = models.CharField(max_length=20)
    given_at = models.DateTimeField()
    noted_by = models.BigIntegerField(null=True)  # None: the subscriber on the screen
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=20, default="")
    ended_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(purpose__in=[purpose.value for purpose in rules.Purpose]),
                name="a_consent_has_a_purpose",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_how="")
                | models.Q(ended_at__isnull=False, ended_how__in=_ENDED),
                name="a_consent_ends_somehow",
            ),
            models.UniqueConstraint(
                fields=["application", "purpose"],
                condition=models.Q(ended_at__isnull=True),
                name="one_consent_for_a_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.application_id}"
