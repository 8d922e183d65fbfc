from django.db import models

from anxin.kernel.rows import Stateful
from ra.applications.models import Application
from ra.review.models import Decision
from ra.sampling import rules


class Draw(models.Model):
    """The sample of one day, drawn once: nobody draws again until they like it."""

    day = models.DateField(unique=True)
    seed = models.CharField(max_length=64)
    decisions = models.PositiveIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.day.isoformat()


class Recheck(Stateful):
    """One decision to be looked at again by somebody else; it changes nothing of the decision."""

    STEPS = rules.STEPS

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="rechecks")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, models.PROTECT, related_name="rechecks")
    officer_id = models.BigIntegerField()
    outcome = models.CharField(max_length=10)
    fault = models.CharField(max_length=20, default="")
    judged_by = models.BigIntegerField(null=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_recheck_has_a_state",
            ),
            models.CheckConstraint(  # CPS 5.2.4
                condition=models.Q(judged_by__isnull=True)
                | ~models.Q(judged_by=models.F("officer_id")),
                name="nobody_rechecks_themselves",
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting") | models.Q(judged_by__isnull=False),
                name="a_recheck_was_somebodys",
            ),
        ]
        indexes = [
            models.Index(fields=["officer_id", "state"], name="recheck_of"),
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="recheck_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} of {self.officer_id}"
