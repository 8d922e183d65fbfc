from django.db import models

from ca.issuing.models import Certificate


class StatusAnswer(models.Model):
    """Signed OCSP responses about one certificate, one for each hash a client may name it by."""

    certificate = models.OneToOneField(
        Certificate, models.PROTECT, primary_key=True, related_name="answer"
    )
    state = models.CharField(
        max_length=20
    )  # what the answers say; never served once it is not true
    produced_at = models.DateTimeField()
    next_update = models.DateTimeField()
    sha1 = models.BinaryField()
    sha256 = models.BinaryField()
    sm3 = models.BinaryField()

    def __str__(self) -> str:
        return f"answers about {self.certificate_id}"
