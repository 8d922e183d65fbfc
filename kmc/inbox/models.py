from django.db import models


class InboxKey(models.Model):
    """A public key (X25519) to which the public site seals what only the staff site opens."""

    public = models.BinaryField(max_length=32, unique=True)
    published_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"inbox key {self.pk}"
