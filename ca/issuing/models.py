from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from anxin.kernel.rows import Stateful
from ca.hierarchy.models import CertificateAuthority
from ca.issuing import rules


class Certificate(Stateful):
    """An order and the certificate that came of it. `requester` and `holder` are opaque here.

    `serial` is hexadecimal. `tbs` is there between plan and settlement; later it is part of `der`.
    """

    STEPS = rules.STEPS

    # No index of its own: the one of (ca, serial) serves, and four updates keep each index busy.
    ca = models.ForeignKey(
        CertificateAuthority, models.PROTECT, related_name="certificates", db_index=False
    )
    profile = models.CharField(max_length=40)
    profile_version = models.SmallIntegerField()
    requester = models.CharField(max_length=60)
    holder = models.CharField(max_length=60)
    warrant = models.BigIntegerField(unique=True)  # one approval, one certificate (CPS 4.3.1)
    subject = models.BinaryField()
    subject_text = models.TextField()
    public_key = models.BinaryField()
    days = models.SmallIntegerField()
    names = models.JSONField(default=list, db_default=[])  # domains and addresses of a server
    template_digest = models.CharField(max_length=64)
    ordered_at = models.DateTimeField()

    # What it succeeds, and the cause by which that is revoked once this is valid (CPS 4.6 to 4.8)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="successors", db_index=False
    )
    ends = models.CharField(max_length=30, default="", db_default="")

    serial = models.CharField(max_length=40, null=True)  # noqa: DJ001 -- none until it is planned
    tbs = models.BinaryField(null=True)
    not_before = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    planned_at = models.DateTimeField(null=True)

    der = models.BinaryField(null=True)
    settled_at = models.DateTimeField(null=True)
    refusal = models.TextField(default="")

    # Since when it is on hold; kept when it is revoked then, gone when it is released.
    held_at = models.DateTimeField(null=True)
    answers_until = models.DateTimeField(null=True)  # kept by ca.ocsp; null: answers are due

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ca", "serial"], name="a_serial_number_is_given_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_certificate_has_a_state",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=rules.State.PLANNED.value)
                | models.Q(serial__isnull=False)
                & (models.Q(tbs__isnull=False) | models.Q(der__isnull=False)),
                name="a_planned_certificate_has_its_bytes",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[state.value for state in rules.ISSUED])
                | models.Q(serial__isnull=False, der__isnull=False),
                name="an_issued_certificate_is_there",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=rules.State.HELD.value) | models.Q(held_at__isnull=False),
                name="a_held_certificate_says_since_when",
            ),
            models.CheckConstraint(
                condition=models.Q(ends="") | models.Q(replaces__isnull=False),
                name="only_a_successor_ends_another",
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=models.Q(
                    replaces__isnull=False, state__in=[state.value for state in rules.STANDING]
                ),
                name="one_successor_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["requester"], name="certificate_requester"),
            models.Index(fields=["holder"], name="certificate_holder"),
            models.Index(
                fields=["ca", "id"],
                condition=models.Q(state__in=[state.value for state in rules.WAITING]),
                name="certificate_waiting",
            ),
            models.Index(
                fields=["answers_until"],
                condition=models.Q(state__in=[state.value for state in rules.ISSUED]),
                name="certificate_answers",
            ),
            BrinIndex(fields=["settled_at"], name="certificate_settled"),
        ]

    def __str__(self) -> str:
        return f"certificate {self.pk} ({self.state})"
