from django.db import models

from anxin.kernel.deliveries import WAITING, State
from anxin.kernel.outbox import Outgoing
from people.notices import rules


class Mailbox(models.Model):
    """A person's address at work, as plain as their name and staff number."""

    person = models.OneToOneField(
        "people.StaffMember", models.PROTECT, primary_key=True, related_name="+"
    )
    address = models.EmailField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"mailbox of {self.person_id}"


class StaffNotice(Outgoing):
    """One mail to a member of the staff, kept. It has no words of its own: see `notices.wording`.

    `occasion` tells two of one event apart: what is asked for twice is told once.
    """

    STEPS = rules.STEPS

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    event = models.CharField(max_length=20)
    occasion = models.CharField(max_length=40)
    to = models.EmailField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in State]),
                name="a_staff_notice_has_a_state",
            ),
            models.UniqueConstraint(
                fields=["person", "event", "occasion"], name="staff_are_told_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state__in=[state.value for state in WAITING]),
                name="staff_notice_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.person_id}"
