from django.db import models

from anxin.kernel.rows import Stateful
from ca.hierarchy import rules


class CertificateAuthority(Stateful):
    """An issuer: a name, a key in the signer, a certificate. `tbs` is kept until it is signed.

    `lineage` is the same for all generations of keys that bear the name; profiles name it (CPS
    5.6). `key_since`: when the key was made, from which its age counts (CPS 6.3.2).
    """

    STEPS = rules.STEPS

    code = models.SlugField(max_length=40, unique=True)
    lineage = models.SlugField(max_length=40, db_index=False)
    generation = models.PositiveSmallIntegerField(default=1)
    subject = models.CharField(max_length=400)
    key_label = models.CharField(max_length=60, unique=True)
    key_algorithm = models.CharField(max_length=20)
    key_fingerprint = models.CharField(max_length=64, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="subordinates")
    demo = models.BooleanField()
    tbs = models.BinaryField()
    certificate = models.BinaryField(null=True)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    planned_at = models.DateTimeField()
    key_since = models.DateTimeField()
    active_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    crl_requested_at = models.DateTimeField(null=True)  # kept by ca.crl
    # Since when it issues nothing, because its end was declared (CPS 5.7.3, 5.8); lists go on
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "certificate authorities"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="an_authority_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state=rules.State.PLANNED.value)
                | models.Q(certificate__isnull=False),
                name="an_active_authority_has_a_certificate",
            ),
            models.UniqueConstraint(
                fields=["lineage", "generation"], name="one_authority_of_each_generation"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class LinkCertificate(models.Model):
    """One generation of an authority's key certified by another (RFC 4210 4.4); `ca`: the newer."""

    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, related_name="links")
    code = models.SlugField(max_length=60, unique=True)
    tbs = models.BinaryField()
    certificate = models.BinaryField(null=True)
    not_after = models.DateTimeField()
    planned_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class IssuerHash(models.Model):
    """What an OCSP client calls an authority: RFC 6960 4.1.1, once per hash algorithm."""

    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, related_name="hashes")
    algorithm = models.CharField(max_length=20)
    name_hash = models.CharField(max_length=128)
    key_hash = models.CharField(max_length=128)

    class Meta:
        verbose_name_plural = "issuer hashes"
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "name_hash", "key_hash"], name="an_issuer_hash_names_one_ca"
            ),
            models.UniqueConstraint(
                fields=["ca", "algorithm"], name="one_issuer_hash_of_each_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} of {self.ca_id}"


class Responder(models.Model):
    """A certificate of the key that answers OCSP requests for one authority; renewals are rows."""

    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, related_name="responders")
    key_label = models.CharField(max_length=60)
    key_fingerprint = models.CharField(max_length=64)
    tbs = models.BinaryField()
    certificate = models.BinaryField(null=True)
    not_after = models.DateTimeField()
    planned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ca"],
                condition=models.Q(certificate__isnull=True),
                name="one_planned_responder",
            ),
        ]

    def __str__(self) -> str:
        return self.key_label
