from django.db import models

from anxin.kernel.rows import Stateful
from ra.applications.models import Application
from ra.handover import rules


class StatusAccess(models.Model):
    """The code on the receipt, as a keyed hash. The decoy row belongs to no application."""

    application = models.OneToOneField(
        Application, models.PROTECT, null=True, related_name="status_access"
    )
    number = models.CharField(max_length=20, unique=True)
    code_hash = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "status accesses"

    def __str__(self) -> str:
        return self.number


class DownloadCredential(Stateful):
    """Reference number and, as a keyed hash, authorisation code. The decoy row is for nothing."""

    STEPS = rules.STEPS

    application = models.ForeignKey(
        Application, models.PROTECT, null=True, related_name="credentials"
    )
    certificate_id = models.BigIntegerField(null=True)
    reference = models.CharField(max_length=12, unique=True)
    code_hash = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    issued_by = models.BigIntegerField(null=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    # The approval by which others may be issued in its place (CPS 4.3.1), one for each
    warrant = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_credential_has_a_state",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state="open", application__isnull=False),
                name="one_open_credential",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=models.Q(state="open"), name="credential_open"
            )
        ]

    def __str__(self) -> str:
        return f"credential {self.reference}"
