from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from ra.applications.models import Application
from ra.review import rules


class ItemVerdict(models.Model):
    """What one reviewer found about one field or checklist item.

    `mark` is a keyed digest of the value that was looked at: a verdict on another value is none.
    An item `seen.<field>` says that the whole value was shown to this person.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="verdicts")
    reviewer_id = models.BigIntegerField()
    item = models.CharField(max_length=40)
    verdict = models.CharField(max_length=10)
    mark = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "reviewer_id", "item"], name="one_verdict_each"
            ),
            models.CheckConstraint(
                condition=models.Q(verdict__in=[verdict.value for verdict in rules.Verdict]),
                name="a_verdict_says_yes_or_no",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.application_id}: {self.verdict}"


class Decision(models.Model):
    """One reviewer's answer to one submission. Returns and rejections are told to the applicant:

    reasons, items and message are read by the public site.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField()
    reviewer_id = models.BigIntegerField()
    outcome = models.CharField(max_length=10)
    reasons = models.JSONField(default=list)
    items = models.JSONField(default=list)
    message = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "round", "reviewer_id"], name="one_decision_each"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[outcome.value for outcome in rules.Outcome]),
                name="a_decision_has_an_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["reviewer_id", "at"], name="decision_by_reviewer"),
            BrinIndex(fields=["at"], name="decision_at"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.application_id} by {self.reviewer_id}"
