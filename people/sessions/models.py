"""Sessions of the staff site. Whoever can write here is signed in as anybody."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from people.sessions import rules


class StaffSession(AbstractBaseSession):
    """A browser. `person` is set once both factors were right, the rest from the first page on."""

    person = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="sessions"
    )
    since = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45)
    browser = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"session of {self.person_id}"


class KnownBrowser(models.Model):
    """A browser in which a person has signed in; known by a token that is in its cookie alone."""

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="browsers")
    token_hash = models.BinaryField()
    browser = models.CharField(max_length=40)
    address = models.CharField(max_length=45)  # where it was seen last
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "token_hash"], name="one_row_a_browser"),
        ]

    def __str__(self) -> str:
        return f"browser of {self.person_id}"


class Alert(models.Model):
    """Something about a person's account that they should look at."""

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=20)
    browser = models.CharField(max_length=40)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in rules.Alarm]),
                name="alert_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"
