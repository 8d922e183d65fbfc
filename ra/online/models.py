from django.contrib.postgres.fields import ArrayField
from django.db import models

from anxin.kernel.rows import Stateful
from ra.applications.models import Application
from ra.branches.models import Office
from ra.online import rules


class Submission(Stateful):
    """What somebody sent over the public site: one of `rules.Purpose`.

    `sealed` is JSON, sealed inwards: the public site writes it and cannot read it. It is emptied
    when the submission is settled. `application`: what was made of it, or what it is about.
    """

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    profile = models.CharField(max_length=40)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", db_index=False)
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=10)
    worded = models.BooleanField(default=True)  # says something beside its documents
    slots = ArrayField(models.CharField(max_length=40))  # documents asked for
    network = models.BinaryField(max_length=32)  # keyed hash of where it comes from
    sealed = models.BinaryField()
    reason = models.CharField(max_length=20, default="")
    opened_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True)  # CPS 4.9.5
    settled_at = models.DateTimeField(null=True)
    settled_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_submission_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(purpose=rules.Purpose.APPLY)
                | models.Q(application__isnull=False),
                name="what_is_no_application_is_about_one",
            ),
            models.UniqueConstraint(  # CPS 4.9.3: asked from two networks at once, too
                fields=["application", "purpose"],
                condition=models.Q(
                    state__in=[state.value for state in rules.UNSETTLED],
                    purpose__in=[purpose.value for purpose in rules.ASKED],
                ),
                name="one_of_a_kind_is_asked",
            ),
        ]
        indexes = [
            models.Index(
                fields=["office", "handed_in_at"],
                condition=models.Q(state="waiting"),
                name="submission_waiting",
            ),
            models.Index(
                fields=["network"],
                condition=models.Q(state__in=["open", "waiting"]),
                name="submission_of_network",
            ),
            models.Index(
                fields=["opened_at"],
                condition=models.Q(state__in=["open", "waiting"]),
                name="submission_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def context(self) -> str:
        """What the sealed words are bound to."""
        return f"ra.submission:{self.number}"


class SubmissionFile(models.Model):
    """One file of a submission, sealed inwards; gone when the submission is settled."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="files")
    slot = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField()
    sealed = models.BinaryField()
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.slot} of {self.submission_id}"

    @staticmethod
    def context(number: str, slot: str) -> str:
        return f"ra.submission:{number}:{slot}"
