from django.db import models


class CaAgreement(models.Model):
    """An agreement by which identities another CA has verified are accepted (CPS 3.2.7)."""

    ca_name = models.CharField(max_length=60)
    number = models.CharField(max_length=40, unique=True)
    valid_from = models.DateField()
    valid_until = models.DateField()
    approval_id = models.BigIntegerField(unique=True)  # two people put it on record
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("valid_from")),
                name="a_ca_agreement_has_a_term",
            ),
        ]

    def __str__(self) -> str:
        return self.number
