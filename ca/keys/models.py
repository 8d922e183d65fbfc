from django.db import models

from anxin.kernel.rows import Stateful
from ca.keys import rules
from ca.keys.rules import State


class Sealing(Stateful):
    """One signer's part in an order to seal the keys, kept until that signer has answered.

    `order`: of `ca.custody`; `place`: which signer, 0 for the home signer.
    """

    STEPS = rules.STEPS

    order = models.BigIntegerField()
    place = models.PositiveSmallIntegerField()
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in State]),
                name="a_sealing_has_a_state",
            ),
            models.UniqueConstraint(
                fields=["order", "place"], name="an_order_seals_each_signer_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["place"],
                condition=models.Q(state=State.DUE.value),
                name="signers_still_to_be_sealed",
            )
        ]

    def __str__(self) -> str:
        return f"sealing of signer {self.place} by order {self.order}"


class CustodyReport(models.Model):
    """A signer's last word about custody, noted by a worker: web processes cannot ask it.

    `id`: the home signer has 1, those that help it have the next numbers.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()
    report = models.JSONField(default=dict)
    book = models.JSONField(default=dict)  # as `services.custody_book` answers
    book_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=60, default="")

    def __str__(self) -> str:
        return f"custody at {self.at:%H:%M:%S}"
