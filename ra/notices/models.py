from django.db import models

from anxin.kernel.deliveries import State
from anxin.kernel.outbox import Outgoing
from ra.applications.models import Application
from ra.notices import rules


class Contact(models.Model):
    """Where an applicant is told things: JSON of e-mail and telephone, sealed for the workers."""

    application = models.OneToOneField(
        Application, models.PROTECT, primary_key=True, related_name="+"
    )
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"contact of {self.application_id}"


class Notice(Outgoing):
    """One message to an applicant, kept (CPS 4.3.2). Sealed: JSON of address, subject, text.

    `occasion` tells two of one event apart, such as the round of a submission: what is asked for
    twice is told once.
    """

    STEPS = rules.STEPS

    application = models.ForeignKey(Application, models.PROTECT, related_name="+")
    event = models.CharField(max_length=20)
    occasion = models.CharField(max_length=40)
    channel = models.CharField(max_length=20)
    masked_to = models.CharField(max_length=80)
    sealed = models.BinaryField()
    told_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in State]),
                name="a_notice_has_a_state",
            ),
            models.UniqueConstraint(fields=["application", "event", "occasion"], name="told_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state__in=["due", "failed"]),
                name="notice_due",
            ),
            models.Index(
                fields=["-id"],
                condition=models.Q(state__in=["failed", "by_hand", "given_up"]),
                name="notice_for_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.application_id}"

    def context(self) -> str:
        """What the sealed message is bound to."""
        return f"ra.notice:{self.application_id}:{self.event}:{self.occasion}"
