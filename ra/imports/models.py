from django.contrib.postgres.fields import ArrayField
from django.db import models

from anxin.kernel.rows import Stateful
from ra.imports import rules


class Import(Stateful):
    """One file of applications (CPS 4.1): looked through, taken in as drafts, shredded."""

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    profile = models.CharField(max_length=40)
    maker_id = models.BigIntegerField()
    data_key = models.UUIDField(unique=True)
    file_sm3 = models.CharField(max_length=64)  # under the key of blind indexes: no guessing
    rows = models.PositiveIntegerField()
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="an_import_has_a_state",
            )
        ]
        indexes = [models.Index(fields=["maker_id", "-id"], name="import_of")]

    def __str__(self) -> str:
        return self.number


class ImportChunk(models.Model):
    """Some rows in a piece, sealed under the import's key as JSON: what they say (`rows`), what is
    wrong with them (`report`). `marks`: blind indexes of the applicants' documents.
    """

    batch = models.ForeignKey(Import, models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    rows = models.BinaryField()
    size = models.PositiveSmallIntegerField()
    report = models.BinaryField(null=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    marks = ArrayField(models.BinaryField(max_length=32), default=list)
    checked_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    applications = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_chunk_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"

    def context(self, what: str) -> str:
        """What each sealed part is bound to."""
        return f"ra.import:{self.batch_id}:{self.number}:{what}"
