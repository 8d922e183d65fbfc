from django.contrib.postgres.fields import ArrayField
from django.db import models

from anxin.kernel.rows import Stateful
from ra.applications.models import Application
from ra.disclosures import rules


class DisclosureCase(Stateful):
    """Somebody wants to know what is private (CPS 9.3, 9.4).

    Sealed under the case's own data key: on what paper and to whom (`ground`), why not (`answer`),
    the extract, and who took it (`taken`).
    """

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    application = models.ForeignKey(Application, models.PROTECT, related_name="disclosures")
    basis = models.CharField(max_length=20)
    dated = models.DateField()  # of the paper
    fields = ArrayField(models.CharField(max_length=40))
    slots = ArrayField(models.CharField(max_length=40))
    data_key = models.UUIDField(unique=True)
    ground = models.BinaryField()
    answer = models.BinaryField(null=True)
    extract = models.BinaryField(null=True)
    extract_sm3 = models.CharField(max_length=64, default="")  # it holds a random word: no guessing
    taken = models.BinaryField(null=True)
    maker_id = models.BigIntegerField()
    approval_id = models.BigIntegerField(null=True, unique=True)
    decided_by = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    produced_at = models.DateTimeField(null=True)
    produced_by = models.BigIntegerField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    handed_over_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_disclosure_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("maker_id")),
                name="nobody_decides_their_own_disclosure",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["produced", "handed_over"])
                | models.Q(extract__isnull=False, decided_by__isnull=False),
                name="an_extract_was_agreed_to",
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="disclosure_queue")]

    def __str__(self) -> str:
        return self.number

    def context(self, what: str) -> str:
        """What each sealed part is bound to."""
        return f"ra.disclosure:{self.number}:{what}"
