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
