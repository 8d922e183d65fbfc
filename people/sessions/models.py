"""Sessions of the staff site. Whoever can write here is signed in as anybody."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


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
