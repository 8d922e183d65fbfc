from django.db import models

from anxin.kernel.rows import Stateful
from ca.crl import rules
from ca.hierarchy.models import CertificateAuthority


class RevocationList(Stateful):
    """One complete CRL. The row takes the number before anything is signed with it."""

    STEPS = rules.STEPS

    ca = models.ForeignKey(
        CertificateAuthority, models.PROTECT, related_name="lists", db_index=False
    )
    number = models.BigIntegerField()
    this_update = models.DateTimeField()
    next_update = models.DateTimeField()
    entries = models.IntegerField()
    der = models.BinaryField(null=True)
    sm3 = models.CharField(max_length=64, default="")
    fault = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ca", "number"], name="a_list_number_is_given_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_list_has_a_state",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=rules.State.PUBLISHED.value)
                | models.Q(der__isnull=False),
                name="a_published_list_is_there",
            ),
            models.CheckConstraint(
                condition=models.Q(next_update__lte=models.F("this_update") + rules.LIFETIME),
                name="a_list_lives_for_a_day",  # CPS 4.9.7
            ),
        ]
        indexes = [
            models.Index(
                fields=["ca", "-number"],
                condition=models.Q(state=rules.State.PUBLISHED.value),
                name="list_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"CRL {self.number} ({self.state})"
