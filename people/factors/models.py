from django.db import models
from django_otp.models import Device

from anxin.kernel.rows import Stateful
from people.factors import rules


class Enrolment(Stateful):
    """What two people agreed to hand to a person; waits to be fetched, once."""

    STEPS = rules.STEPS

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="enrolments")
    factor = models.CharField(max_length=10)
    warrant = models.ForeignKey("people.Approval", models.PROTECT, related_name="+")
    code_hash = models.BinaryField(null=True)  # of the code that is handed over for a device
    device = models.ForeignKey(
        "people.OneTimeDevice", models.PROTECT, null=True, related_name="+"
    )  # being enrolled: its first code is still to come
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["warrant", "factor"], name="one_factor_per_warrant"),
            models.UniqueConstraint(
                fields=["person", "factor"],
                condition=models.Q(state=rules.State.OPEN.value),
                name="one_open_enrolment",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="enrolment_state",
            ),
            models.CheckConstraint(
                condition=models.Q(factor__in=[factor.value for factor in rules.Factor]),
                name="enrolment_factor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.factor} of {self.person_id}: {self.state}"


class RecoveryCode(Device):  # type: ignore[misc]
    """One code of a set; stays after its use, because a session hangs on it."""

    code_hash = models.BinaryField()
    used_at = models.DateTimeField(null=True)


class SecurityKey(Device):  # type: ignore[misc]
    """A person's security key (WebAuthn level 2)."""

    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()  # COSE, RFC 9052
    sign_count = models.BigIntegerField()
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
