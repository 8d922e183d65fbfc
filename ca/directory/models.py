from django.db import models

from anxin.kernel import deliveries
from anxin.kernel.outbox import Outgoing
from ca.directory import rules
from ca.hierarchy.models import CertificateAuthority
from ca.issuing.models import Certificate


class DirectoryEntry(Outgoing):
    """What is to stand in the directory, and since when it does (`sent_at`).

    `made_at`: since when the directory lacks it. `number`: of the list that stands there.
    """

    STEPS = rules.STEPS

    kind = models.CharField(max_length=20)
    ca = models.ForeignKey(CertificateAuthority, models.PROTECT, db_index=False)
    certificate = models.OneToOneField(
        Certificate, models.PROTECT, null=True, related_name="directory_entry"
    )
    number = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "directory entries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_directory_entry_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=rules.Kind.CERTIFICATE.value, certificate__isnull=False)
                | models.Q(
                    kind__in=[rules.Kind.AUTHORITY.value, rules.Kind.LIST.value],
                    certificate__isnull=True,
                ),
                name="a_directory_entry_is_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["ca", "kind"],
                condition=models.Q(certificate__isnull=True),
                name="an_authority_has_one_entry_of_a_kind",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state__in=[state.value for state in deliveries.WAITING]),
                name="directory_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in the directory ({self.state})"


class DirectoryReport(models.Model):
    """How the directory last answered a worker: web processes do not talk to it.

    `since`: of this being so. `again_at`: it is left in peace until then. `published_at`: when
    something was last put there.
    """

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    at = models.DateTimeField()
    since = models.DateTimeField()
    reachable = models.BooleanField()
    fault = models.CharField(max_length=20, default="")
    detail = models.CharField(max_length=200, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    again_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_directory_report"),
        ]

    def __str__(self) -> str:
        return f"directory at {self.at:%H:%M:%S}"
