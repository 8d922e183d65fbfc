from django.db import models


class SignerReport(models.Model):
    """A signer's last word, written down by a worker: web processes cannot reach it.

    `id`: the home signer has 1, those that help it have the next numbers.
    """

    HOME = 1

    id = models.SmallIntegerField(primary_key=True, default=HOME)
    at = models.DateTimeField()
    reachable = models.BooleanField()
    report = models.JSONField(default=dict)
    fault = models.TextField(default="")

    def __str__(self) -> str:
        return f"signer at {self.at:%H:%M:%S}"
