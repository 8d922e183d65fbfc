from django.db import models

from anxin.kernel.rows import Stateful
from ra.applications.models import Application
from ra.branches.models import Office
from ra.revocations import rules


class RevocationRequest(Stateful):
    """Somebody wants a certificate revoked (CPS 4.9.3).

    Sealed: `note`, what was handed in, and `answer`, why it was refused. Both may name people.
    """

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, related_name="revocation_requests"
    )
    certificate_id = models.BigIntegerField()
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    cause = models.CharField(max_length=30)  # CPS 4.9.1
    asker = models.CharField(max_length=20)
    checked_how = models.CharField(max_length=20)  # CPS 3.4
    discovered_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    late = models.BooleanField()  # CPS 4.9.4
    data_key = models.UUIDField(unique=True)
    note = models.BinaryField()
    maker_id = models.BigIntegerField()
    approval_id = models.BigIntegerField(null=True)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_revocation_request_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("maker_id")),
                name="nobody_decides_their_own_revocation",
            ),
            models.UniqueConstraint(
                fields=["certificate_id"],
                condition=models.Q(state="requested"),
                name="one_open_revocation_request",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "asked_at", "id"], name="revocation_request_queue"),
            models.Index(fields=["certificate_id"], name="revocation_request_of"),
        ]

    def __str__(self) -> str:
        return self.number

    def note_context(self) -> str:
        """What the sealed note is bound to."""
        return f"ra.revocation:{self.number}:note"

    def answer_context(self) -> str:
        return f"ra.revocation:{self.number}:answer"
