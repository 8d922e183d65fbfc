"""Data keys, wrapped by the key-encryption key; what they seal lies with its owner."""

from django.db import models


class DataKey(models.Model):
    """`wrapped` is emptied when the key is destroyed; the row stays as the proof."""

    id = models.UUIDField(primary_key=True, editable=False)
    purpose = models.CharField(max_length=40)
    wrapped = models.BinaryField(null=True)
    kek_id = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped__isnull=False, destroyed_at__isnull=True)
                | models.Q(wrapped__isnull=True, destroyed_at__isnull=False),
                name="a_destroyed_key_is_gone",
            ),
        ]
        indexes = [models.Index(fields=["kek_id"], name="data_keys_by_kek")]

    def __str__(self) -> str:
        return f"data key {self.pk} for {self.purpose}"
