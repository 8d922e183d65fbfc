from django.db import models

from anxin.kernel.rows import Stateful
from ra.fees.models import FeeOrder
from ra.invoices import rules


class Invoice(Stateful):
    """One invoice for what was paid on an order (CPS 9.1).

    `details`: JSON of `rules.DETAILS`, sealed under the application's key. `red_number`: of the
    red-letter invoice that took it back.
    """

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)  # of the request
    order = models.ForeignKey(FeeOrder, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    buyer = models.CharField(max_length=15)
    fen = models.PositiveIntegerField()
    details = models.BinaryField()
    online = models.BooleanField()
    asked_by = models.BigIntegerField()  # who entered it, or took it in
    asked_at = models.DateTimeField()
    issued_number = models.CharField(max_length=20, default="")
    issued_on = models.DateField(null=True)
    red_number = models.CharField(max_length=20, default="")
    reversed_on = models.DateField(null=True)
    reason = models.CharField(max_length=10, default="")  # why it was declined

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="an_invoice_has_a_state",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(state__in=[state.value for state in rules.LIVE]),
                name="one_invoice_of_an_order",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["issued", "reversed"])
                | (~models.Q(issued_number="") & models.Q(issued_on__isnull=False)),
                name="an_issued_invoice_has_its_number",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="reversed")
                | (~models.Q(red_number="") & models.Q(reversed_on__isnull=False)),
                name="a_reversed_invoice_has_its_red_letter",
            ),
            models.UniqueConstraint(
                fields=["issued_number"],
                condition=~models.Q(issued_number=""),
                name="one_invoice_of_a_number",
            ),
            models.UniqueConstraint(
                fields=["red_number"],
                condition=~models.Q(red_number=""),
                name="one_red_letter_of_a_number",
            ),
        ]
        indexes = [models.Index(fields=["state", "-id"], name="invoice_state")]

    def __str__(self) -> str:
        return self.number

    def context(self) -> str:
        """What the sealed details are bound to."""
        return f"ra.invoice:{self.number}"
