from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from ca.hierarchy.models import CertificateAuthority
from ca.issuing.models import Certificate


class Revocation(models.Model):
    """That a certificate was revoked, when and why. `entry` is what every CRL will say about it."""

    certificate = models.OneToOneField(
        Certificate, models.PROTECT, primary_key=True, related_name="revocation"
    )
    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, related_name="+", db_index=False)
    cause = models.CharField(max_length=30)  # CPS 4.9.1
    reason = models.CharField(max_length=30)  # RFC 5280 5.3.1
    revoked_at = models.DateTimeField()
    invalid_since = models.DateTimeField(null=True)
    warrant = models.BigIntegerField(unique=True)  # one approval, one revocation (CPS 4.9.3)
    not_after = models.DateTimeField()  # copied from the certificate, which never changes it
    entry = models.BinaryField()
    listed_at = models.DateTimeField(null=True)  # thisUpdate of the first list; kept by ca.crl

    class Meta:
        indexes = [
            models.Index(fields=["ca", "not_after"], name="revocation_listed"),
            models.Index(
                fields=["ca", "revoked_at"],
                condition=models.Q(listed_at__isnull=True),
                name="revocation_unlisted",
            ),
            BrinIndex(fields=["revoked_at"], name="revocation_day"),
        ]

    def __str__(self) -> str:
        return f"revocation of {self.certificate_id}: {self.reason}"
