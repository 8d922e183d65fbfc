from django.contrib.postgres.fields import ArrayField
from django.db import models

from anxin.kernel.rows import Stateful
from ra.branches import rules


class Office(Stateful):
    """A registration authority or one of its service points (CPS 1.4.2)."""

    STEPS = rules.STEPS

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="below")
    path = models.CharField(max_length=200, unique=True)  # codes from the top, `/RA01/LRA0103/`
    opened_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="an_office_has_a_state",
            ),
            models.CheckConstraint(  # CPS 5.8
                condition=models.Q(state="open")
                | models.Q(stopped_at__isnull=False, successor__isnull=False),
                name="a_stopped_office_has_a_successor",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in rules.OfficeKind]),
                name="an_office_has_a_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=False)
                | models.Q(kind=rules.OfficeKind.AUTHORITY.value),
                name="a_counter_belongs_to_an_ra",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Authority(models.Model):
    """What a registration authority may take in, and under which agreement (CPS 1.4.2).

    Of an office with an authority, and of all below it that have none of their own.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="authorities")
    agreement = models.CharField(max_length=40)
    profiles = ArrayField(models.CharField(max_length=40))
    quota = models.PositiveIntegerField(null=True)  # applications a calendar year; null: no limit
    valid_from = models.DateField()
    valid_until = models.DateField()
    approval_id = models.BigIntegerField(null=True, unique=True)  # null: given at installation
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "authorities"
        constraints = [
            models.UniqueConstraint(
                fields=["office"],
                condition=models.Q(ended_at__isnull=True),
                name="one_authority_in_force",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("valid_from")),
                name="an_agreement_has_a_term",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} of {self.office_id}"
