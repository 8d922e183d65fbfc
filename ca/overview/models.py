from django.db import models


class SignerReport(models.Model):
    """The signer's last word, written down by a worker: web processes cannot reach the signer."""

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    at = models.DateTimeField()
    reachable = models.BooleanField()
    report = models.JSONField(default=dict)
    fault = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_signer_report"),
        ]

    def __str__(self) -> str:
        return f"signer at {self.at:%H:%M:%S}"
