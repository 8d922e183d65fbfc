from django.db import models


class NameClaim(models.Model):
    """A subject name belongs to one holder, who may have many certificates (CPS 3.1.4).

    `name_digest` is the SM3 of the folded name (RFC 5280 7.1).
    """

    name_digest = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=60)
    claimed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"name {self.name_digest[:8]} of {self.holder}"


class KeyClaim(models.Model):
    """A public key was ordered to be certified, once; its age counts from then (CPS 6.3.2).

    `fingerprint` is the SM3 of the SubjectPublicKeyInfo.
    """

    fingerprint = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=60)
    claimed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"key {self.fingerprint[:8]} of {self.holder}"
