from django.db import models

from anxin.kernel.rows import Stateful
from ra.publications import rules


class Publication(Stateful):
    """One version of what the CA publishes (CPS 2.1); `digest`: SM3 of the file, hex."""

    STEPS = rules.STEPS

    kind = models.CharField(max_length=20)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=100)
    media = models.CharField(max_length=40)
    body = models.BinaryField()
    digest = models.CharField(max_length=64)
    valid_from = models.DateField()
    proposed_by = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_publication_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in rules.Kind]),
                name="a_publication_has_a_kind",
            ),
            models.CheckConstraint(  # CPS 2.3
                condition=~models.Q(state="published") | models.Q(approval_id__isnull=False),
                name="what_is_published_was_agreed_to",
            ),
            models.UniqueConstraint(
                fields=["kind", "version"],
                condition=~models.Q(state="refused"),
                name="a_version_is_published_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "valid_from"],
                condition=models.Q(
                    state="published", kind__in=sorted(kind.value for kind in rules.SUCCEED)
                ),
                name="one_version_begins_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"
