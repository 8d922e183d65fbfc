from django.db import models


class Subscriber(models.Model):
    """Who holds certificates: one row per identity document, found again by blind index."""

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20)  # person
    document_index = models.BinaryField(max_length=32, unique=True)
    name_index = models.BinaryField(max_length=32)
    data_key = models.UUIDField(unique=True)
    identity = models.BinaryField()  # sealed JSON: name, document type and number
    known_since = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["person"]), name="a_subscriber_has_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Counter(models.Model):
    """The last number given out under a heading such as `RA20261121`."""

    heading = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.heading}-{self.last}"
