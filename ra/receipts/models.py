from django.db import models

from ra.applications.models import Application


class Receipt(models.Model):
    """That a receipt was printed (CPS 4.3.2: every notice is kept), never what stood on it."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=20)  # intake, codes
    printed_by = models.BigIntegerField()
    printed_at = models.DateTimeField()
    # Keyed: the PDF holds a code of 40 bits, which a plain digest would let anybody try out who
    # has the rest of what stands on it.
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.kind} receipt of {self.application_id}"
