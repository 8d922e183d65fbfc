from typing import TYPE_CHECKING, ClassVar

from django.db import models

from anxin.kernel.rows import Stateful
from ra.branches.models import Office
from ra.requests.rules import Desk, State

if TYPE_CHECKING:
    from ra.applications.models import Application


class CertificateRequest(Stateful):
    """Somebody wants something done to a certificate, and another person has to agree.

    Sealed under the request's own data key, because they may name people: what was handed in, in
    the column PAPERS, and `answer`, why it was refused.
    """

    DESK: ClassVar[Desk]
    PAPERS: ClassVar[str]
    cause: "models.CharField[str, str]"
    application: "models.ForeignKey[Application | None, Application | None]"

    number = models.CharField(max_length=20, unique=True)
    certificate_id = models.BigIntegerField()
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    asker = models.CharField(max_length=20)
    checked_how = models.CharField(max_length=20)
    asked_at = models.DateTimeField()
    data_key = models.UUIDField(unique=True)
    maker_id = models.BigIntegerField()
    approval_id = models.BigIntegerField(null=True)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.BinaryField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number

    def action(self) -> str:
        """What two people agree to, in `anxin/duties.py`."""
        raise NotImplementedError

    def stated(self) -> dict[str, str]:
        """What the second person is shown and agrees to, beside the certificate."""
        raise NotImplementedError

    def words(self, papers: str) -> dict[str, str]:
        """The opened papers, by their names on the page."""
        raise NotImplementedError

    def context(self, part: str) -> str:
        """What each sealed part is bound to."""
        return f"ra.{self.DESK.noun}:{self.number}:{part}"


def constraints(desk: Desk) -> list[models.BaseConstraint]:
    """One open request for a certificate, decided by another person."""
    return [
        models.CheckConstraint(
            condition=models.Q(state__in=[state.value for state in State]),
            name=f"a_{desk.noun}_request_has_a_state",
        ),
        models.CheckConstraint(
            condition=models.Q(decided_by__isnull=True)
            | ~models.Q(decided_by=models.F("maker_id")),
            name=f"nobody_decides_their_own_{desk.noun}",
        ),
        models.UniqueConstraint(
            fields=["certificate_id"],
            condition=models.Q(state="requested"),
            name=f"one_open_{desk.noun}_request",
        ),
    ]


def indexes(desk: Desk) -> list[models.Index]:
    return [
        models.Index(fields=["state", "asked_at", "id"], name=f"{desk.noun}_request_queue"),
        models.Index(fields=["certificate_id"], name=f"{desk.noun}_request_of"),
    ]
