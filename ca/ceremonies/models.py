from django.db import models

from anxin.kernel.rows import Stateful
from ca.ceremonies import rules


class Ceremony(Stateful):
    """One key ceremony: its script, and where it stands. The script is never changed."""

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=30)
    drill = models.BooleanField()
    key_label = models.CharField(max_length=60)
    script = models.TextField()  # canonical JSON: text, so that the digest is over these bytes
    digest = models.CharField(max_length=64, unique=True)
    host = models.BigIntegerField()
    drafted_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True, unique=True)
    opened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    abort_by = models.BigIntegerField(null=True)
    abort_reason = models.CharField(max_length=rules.REASON, default="")

    class Meta:
        verbose_name_plural = "ceremonies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_ceremony_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[rules.State.DRAFTED.value, rules.State.DROPPED.value])
                | models.Q(approval_id__isnull=False),
                name="a_ceremony_was_agreed_to",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CeremonyStep(Stateful):
    """One step: in which round, since when and until when, and what it made."""

    STEPS = rules.STEP_STEPS

    ceremony = models.ForeignKey(Ceremony, models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=30)
    round = models.PositiveSmallIntegerField(default=0)
    began_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    given = models.TextField(default="")  # what the host handed in for the act
    result = models.BinaryField(null=True)
    result_digest = models.CharField(max_length=64, default="")  # what is attested
    fault = models.TextField(default="")  # why the act was refused: JSON, see `working`

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.StepState]),
                name="a_ceremony_step_has_a_state",
            ),
            models.UniqueConstraint(fields=["ceremony", "position"], name="one_step_at_a_place"),
            models.UniqueConstraint(
                fields=["ceremony"],
                condition=models.Q(
                    state__in=[
                        rules.StepState.ACTING.value,
                        rules.StepState.ASKED.value,
                        rules.StepState.ENTERING.value,
                    ]
                ),
                name="one_step_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(
                    state__in=[rules.StepState.ACTING.value, rules.StepState.ASKED.value]
                ),
                name="ceremony_step_going_on",
            )
        ]

    def __str__(self) -> str:
        return f"{self.ceremony_id}/{self.position} {self.code}"


class CeremonyLine(models.Model):
    """One line of a transcript; append-only (triggers), chained as `pki.ceremonies` says."""

    ceremony = models.ForeignKey(Ceremony, models.PROTECT, related_name="lines")
    seq = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ceremony", "seq"], name="one_line_at_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.ceremony_id}#{self.seq}"


class CeremonyPaper(models.Model):
    """The transcript of a ceremony that is over as a signed PDF/A; append-only (triggers)."""

    ceremony = models.OneToOneField(Ceremony, models.PROTECT, related_name="paper")
    content = models.BinaryField()
    digest = models.CharField(max_length=64)  # SHA-256
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.ceremony_id} {self.digest[:8]}"


class Attestation(models.Model):
    """What somebody present signed, on which line; append-only for everybody (triggers)."""

    line = models.OneToOneField(CeremonyLine, models.PROTECT, related_name="attestation")
    step = models.ForeignKey(
        CeremonyStep, models.PROTECT, null=True, related_name="attestations"
    )  # null: that the ceremony is to end
    round = models.PositiveSmallIntegerField()
    person_id = models.BigIntegerField()
    statement = models.TextField()
    signature = models.BinaryField()
    public_key = models.BinaryField()
    enrolled_by = models.BigIntegerField()
    enrolment = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["step", "round", "person_id"], name="one_attestation_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} by {self.person_id}"
