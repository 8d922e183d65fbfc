from django.db import models
from django_otp.models import Device

from anxin.kernel.rows import Stateful
from people.operatorkeys import rules


class OperatorKey(Stateful):
    """The public half of a key that signs one person's votes; the private half is in a browser.

    `warrant`: the approval by which it came into use. Never deleted: old votes are proved by it.
    """

    STEPS = rules.STEPS

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    public_key = models.BinaryField()  # SubjectPublicKeyInfo, DER
    fingerprint = models.CharField(max_length=64, unique=True)  # SHA-256 of it
    made_at = models.DateTimeField()
    active_from = models.DateTimeField(null=True)
    active_until = models.DateTimeField(null=True)
    warrant = models.OneToOneField("people.Approval", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="operator_key_state",
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(state__in=[state.value for state in rules.IN_USE]),
                name="one_key_in_use",
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(state=rules.State.PROPOSED.value),
                name="one_key_proposed",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[state.value for state in rules.IN_USE])
                | models.Q(warrant__isnull=False, active_from__isnull=False),
                name="two_people_enrolled_the_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fingerprint[:8]} of {self.person_id}: {self.state}"


class OperatorToken(Device):  # type: ignore[misc]
    """A key by which somebody signed in with their certificate; counts as long as the key does."""

    key = models.OneToOneField(OperatorKey, models.PROTECT, related_name="token")
