from django.db import models


class Subscriber(models.Model):
    """Who holds certificates: one row per identity document, licence, or device of one owner.

    Found again by blind index. `responsible` answers for a device (CPS 1.4.3). `identity` is empty
    once it was destroyed, and the indexes of a person are random then (CPS 3.2.3).
    """

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20)  # person, organization, device
    responsible = models.ForeignKey("self", models.PROTECT, null=True, related_name="devices")
    document_index = models.BinaryField(max_length=32, unique=True)
    name_index = models.BinaryField(max_length=32)
    data_key = models.UUIDField(unique=True)
    identity = models.BinaryField()  # sealed JSON: name, document type and number; or name
    known_since = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["person", "organization", "device"]),
                name="a_subscriber_has_a_kind",
            ),
            models.CheckConstraint(  # CPS 1.4.3
                condition=models.Q(kind="device") ^ models.Q(responsible__isnull=True),
                name="somebody_answers_for_a_device",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def identity_context(self) -> str:
        """What the sealed identity is bound to."""
        return f"ra.subscriber:{self.number}:identity"


class Counter(models.Model):
    """The last number given out under a heading such as `RA20261121`."""

    heading = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.heading}-{self.last}"
