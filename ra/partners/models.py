from django.contrib.postgres.fields import ArrayField
from django.db import models

from anxin.kernel.rows import Stateful
from ra.branches.models import Office
from ra.partners import rules


class PartnerKey(Stateful):
    """A key of a partner RA's system (CPS 1.4.2); its acts are its responsible operator's.

    The secret is sealed under a data key of its own, which is destroyed when the key is revoked.
    """

    STEPS = rules.STEPS

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=rules.LONGEST_NAME)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    scopes = ArrayField(models.CharField(max_length=10))
    valid_until = models.DateField()
    approval_id = models.BigIntegerField(unique=True)
    granted_at = models.DateTimeField()
    data_key = models.UUIDField(unique=True)
    secret = models.BinaryField(null=True)
    handed_out_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_partner_key_has_a_state",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="active") | models.Q(secret__isnull=False),
                name="an_active_partner_key_has_a_secret",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def secret_context(self) -> str:
        """What the sealed secret is bound to."""
        return f"ra.partner_key:{self.pk}:secret"


class PartnerNonce(models.Model):
    """One request of a key: none comes twice, and not too many in a minute."""

    key = models.ForeignKey(PartnerKey, models.PROTECT, related_name="nonces")
    nonce = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "nonce"], name="a_nonce_is_used_once")
        ]
        indexes = [models.Index(fields=["key", "at"], name="nonces_of_a_minute")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.at}"


class PartnerAnswer(models.Model):
    """What a key was answered, sealed, for a day: who asks again is told the same, not more."""

    key = models.ForeignKey(PartnerKey, models.PROTECT, related_name="answers")
    idempotency_key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)  # of the request, under the key of blind indexes
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(null=True)
    at = models.DateTimeField()
    told_until = models.DateTimeField(null=True)  # then its body is emptied: there are codes in it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "idempotency_key"], name="one_answer_of_a_key")
        ]
        indexes = [models.Index(fields=["at"], name="answers_by_age")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.at}"

    def body_context(self) -> str:
        """What the sealed answer is bound to."""
        return f"ra.partner_answer:{self.pk}"
