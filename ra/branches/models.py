from django.db import models

from ra.branches import rules


class Office(models.Model):
    """A registration authority or one of its service points (CPS 1.4.2)."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="below")
    path = models.CharField(max_length=200, unique=True)  # codes from the top, `/RA01/LRA0103/`
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
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
