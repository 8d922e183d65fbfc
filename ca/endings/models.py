from django.db import models

from anxin.kernel.rows import Stateful
from ca.endings import rules
from ca.endings.kinds import Kind
from ca.hierarchy.models import CertificateAuthority


class Ending(Stateful):
    """The end of an authority, as it was declared and agreed to. A drill changes nothing else."""

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20)
    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, related_name="endings")
    drill = models.BooleanField()
    known = models.TextField()
    notice = models.TextField()
    letter = models.TextField(default="")  # to the competent authority
    message = models.TextField(default="")  # to subscribers, as the house above will write it
    authorities = models.TextField(default="[]")  # those that end: JSON of code, SM3; as declared
    since = models.DateTimeField(null=True)
    ends_on = models.DateField(null=True)
    digest = models.CharField(max_length=64)
    declared_by = models.BigIntegerField()
    declared_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True, unique=True)
    agreed_at = models.DateTimeField(null=True)
    end_warrant = models.BigIntegerField(null=True)  # the approval that refused or aborted it
    abort_reason = models.CharField(max_length=rules.NOTE, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="an_ending_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in Kind]),
                name="an_ending_has_a_kind",
            ),
            models.CheckConstraint(
                condition=~models.Q(
                    state__in=[rules.State.RUNNING.value, rules.State.FINISHED.value]
                )
                | models.Q(approval_id__isnull=False, agreed_at__isnull=False),
                name="an_ending_was_agreed_to",
            ),
            models.UniqueConstraint(
                fields=["ca"],
                condition=models.Q(drill=False, state__in=[state.value for state in rules.OPEN]),
                name="an_authority_ends_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Stop(models.Model):
    """That an authority issues nothing because of an end. Staff can only add one; workers lift it
    once they have proved that the committee wants it. `stopped_at` of the authority follows.
    """

    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, related_name="stops")
    ending = models.ForeignKey(Ending, models.PROTECT, related_name="stops", db_index=False)
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ending", "ca"], name="an_end_stops_an_authority_once"),
        ]

    def __str__(self) -> str:
        return f"stop of {self.ca_id} by {self.ending_id}"


class EndingStep(Stateful):
    """One step: how far it is, and what was put down about it.

    `total` and `counted`: of certificates, lists or answers; `last`: the id it has come to.
    """

    STEPS = rules.STEP_STEPS

    ending = models.ForeignKey(Ending, models.PROTECT, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=30)
    total = models.PositiveIntegerField(default=0)
    counted = models.PositiveIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    note = models.TextField(default="")
    on_day = models.DateField(null=True)
    by = models.BigIntegerField(null=True)
    began_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=60, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.StepState]),
                name="a_step_of_an_ending_has_a_state",
            ),
            models.UniqueConstraint(fields=["ending", "code"], name="a_step_of_an_ending_is_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ending_id} {self.code}"


class EndingNotice(models.Model):
    """What everybody reads about the end of an authority; there once the committee has agreed."""

    ending = models.OneToOneField(
        Ending, models.PROTECT, primary_key=True, related_name="published"
    )
    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20)
    code = models.CharField(max_length=40)
    text = models.TextField()
    since = models.DateTimeField(null=True)
    ends_on = models.DateField(null=True)
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)  # it stays readable: somebody has acted on it

    def __str__(self) -> str:
        return self.number
