from django.db import models

from anxin.kernel.rows import Stateful
from ra.applications.models import Application
from ra.domains import rules


class NameProof(Stateful):
    """Control of one name of one application (CPS 3.2.4). The row is the job: `due_at` rings.

    Names of servers are public in what they are for; nothing here is personal.
    """

    STEPS = rules.STEPS

    application = models.ForeignKey(Application, models.PROTECT, related_name="name_proofs")
    name = models.CharField(max_length=255)  # `ra.applicants.hosts.ServerName.text`
    kind = models.CharField(max_length=10)
    current = models.BooleanField(default=True)  # the application still has this name
    token = models.CharField(max_length=43)
    asked_at = models.DateTimeField()
    ask_until = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=list)  # of the last check: [vantage, method, outcome]
    reason = models.CharField(max_length=40, default="")  # rule; "" when nothing hinders
    method = models.CharField(max_length=10, default="")
    proved_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    caa = models.CharField(max_length=10, default="")
    caa_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_name_proof_has_a_state",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="proved")
                | models.Q(method__in=["dns", "http"], valid_until__isnull=False),
                name="what_is_proved_says_how_and_how_long",
            ),
            models.UniqueConstraint(
                fields=["application", "name"], name="one_proof_of_a_name_in_an_application"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="name_proof_due",
            ),
            models.Index(
                fields=["valid_until"],
                condition=models.Q(state="proved"),
                name="name_proof_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name
