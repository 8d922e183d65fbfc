from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from ca.hierarchy.models import CertificateAuthority, LinkCertificate
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
    warrant = models.BigIntegerField(unique=True, null=True)  # one approval, one revocation (4.9.3)
    # or the end of its authority, of which one approval revokes all (CPS 5.7.3, 5.8)
    ending = models.ForeignKey("ca.Ending", models.PROTECT, null=True, related_name="+")
    not_after = models.DateTimeField()  # copied from the certificate, which never changes it
    entry = models.BinaryField()
    listed_at = models.DateTimeField(null=True)  # thisUpdate of the first list; kept by ca.crl

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(warrant__isnull=False, ending__isnull=True)
                | models.Q(warrant__isnull=True, ending__isnull=False),
                name="a_revocation_has_one_ground",
            ),
        ]
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


class RevocationAbove(models.Model):
    """That a certificate about an authority was revoked by who signed it, `ca`, who lists it."""

    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, related_name="+")
    # None: made in a ceremony that was broken off, never used
    ending = models.ForeignKey("ca.Ending", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=30)  # RFC 5280 5.3.1
    serial = models.CharField(max_length=40)  # hexadecimal
    revoked_at = models.DateTimeField()
    not_after = models.DateTimeField()  # copied from the certificate, which never changes it
    entry = models.BinaryField()
    listed_at = models.DateTimeField(null=True)  # thisUpdate of the first list; kept by ca.crl

    class Meta:
        abstract = True


class AuthorityRevocation(RevocationAbove):
    """Of an authority's own certificate, by its superior."""

    authority = models.OneToOneField(
        CertificateAuthority, models.PROTECT, primary_key=True, related_name="revocation"
    )

    def __str__(self) -> str:
        return f"revocation of authority {self.authority_id}: {self.reason}"


class LinkRevocation(RevocationAbove):
    """Of a link certificate, by the generation that signed it."""

    link = models.OneToOneField(
        LinkCertificate, models.PROTECT, primary_key=True, related_name="revocation"
    )

    def __str__(self) -> str:
        return f"revocation of link {self.link_id}: {self.reason}"


class Hold(models.Model):
    """That a certificate was put on hold, and how that ended: by a release, which has a warrant of
    its own, or by the revocation. A hold nobody ends is over with the certificate (CPS 4.9.15).
    """

    certificate = models.ForeignKey(
        Certificate, models.PROTECT, related_name="holds", db_index=False
    )
    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, related_name="+", db_index=False)
    cause = models.CharField(max_length=30)  # CPS 4.9.12
    held_at = models.DateTimeField()
    warrant = models.BigIntegerField(unique=True)  # one approval, one hold (CPS 4.9.14)
    not_after = models.DateTimeField()  # copied from the certificate, which never changes it
    entry = models.BinaryField()  # what every CRL says about it while it lasts
    ended_at = models.DateTimeField(null=True)
    release_warrant = models.BigIntegerField(null=True, unique=True)
    listed_at = models.DateTimeField(null=True)  # thisUpdate of the first list; kept by ca.crl
    dropped_at = models.DateTimeField(null=True)  # of the first without this entry; kept by ca.crl

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(release_warrant__isnull=True) | models.Q(ended_at__isnull=False),
                name="a_release_ends_a_hold",
            ),
            models.UniqueConstraint(
                fields=["certificate"],
                condition=models.Q(ended_at__isnull=True),
                name="one_hold_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["certificate", "held_at"], name="hold_of"),
            models.Index(
                fields=["ca", "not_after"],
                condition=models.Q(ended_at__isnull=True),
                name="hold_listed",
            ),
            models.Index(
                fields=["ca", "ended_at"],
                condition=models.Q(
                    ended_at__isnull=False, listed_at__isnull=False, dropped_at__isnull=True
                ),
                name="hold_undropped",
            ),
        ]

    def __str__(self) -> str:
        return f"hold of {self.certificate_id}: {self.cause}"
