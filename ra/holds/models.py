from django.db import models

from anxin.kernel.rows import Stateful
from ra.applications.models import Application
from ra.branches.models import Office
from ra.holds import rules


class HoldRequest(Stateful):
    """Somebody wants a certificate frozen or unfrozen (CPS 4.9.14).

    Sealed: `papers`, JSON of the form's number and date and the reason given, and `answer`, why it
    was refused. Both may name people. An unfreezing has the cause of the freeze it lifts.
    """

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    act = models.CharField(max_length=10)
    application = models.ForeignKey(Application, models.PROTECT, related_name="hold_requests")
    certificate_id = models.BigIntegerField()
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    cause = models.CharField(max_length=20)  # CPS 4.9.12
    asker = models.CharField(max_length=20)  # CPS 4.9.13
    checked_how = models.CharField(max_length=20)
    asked_at = models.DateTimeField()
    data_key = models.UUIDField(unique=True)
    papers = models.BinaryField()
    maker_id = models.BigIntegerField()
    approval_id = models.BigIntegerField(null=True)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_hold_request_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(act__in=[act.value for act in rules.Act]),
                name="a_hold_request_wants_one_of_two",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("maker_id")),
                name="nobody_decides_their_own_hold",
            ),
            models.UniqueConstraint(
                fields=["certificate_id"],
                condition=models.Q(state="requested"),
                name="one_open_hold_request",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "asked_at", "id"], name="hold_request_queue"),
            models.Index(fields=["certificate_id"], name="hold_request_of"),
        ]

    def __str__(self) -> str:
        return self.number

    def papers_context(self) -> str:
        """What the sealed papers are bound to."""
        return f"ra.hold:{self.number}:papers"

    def answer_context(self) -> str:
        return f"ra.hold:{self.number}:answer"
