from django.db import models

from anxin.kernel.rows import Stateful
from ca.profiles import rules


class ProfileVersion(Stateful):
    """One version of a profile: canonical JSON as `documents.text_of` writes it, and its SM3.

    `proposed_by` null: delivered with the product. `reason`: why it was proposed.
    """

    STEPS = rules.STEPS

    code = models.CharField(max_length=40)
    version = models.SmallIntegerField()
    document = models.TextField()
    digest = models.CharField(max_length=64)
    reason = models.TextField(default="")
    valid_from = models.DateField(null=True)  # null: as soon as it is agreed to
    proposed_by = models.BigIntegerField(null=True)
    proposed_at = models.DateTimeField(null=True)
    approval_id = models.BigIntegerField(null=True, unique=True)
    in_force_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_profile_version_has_a_state",
            ),
            models.CheckConstraint(  # CPS 1.5.2: nothing is issued by what nobody agreed to
                condition=models.Q(version=1, proposed_by__isnull=True)
                | models.Q(state__in=["proposed", "dropped"])
                | models.Q(approval_id__isnull=False),
                name="a_later_profile_version_was_agreed_to",
            ),
            models.UniqueConstraint(
                fields=["code", "version"], name="a_profile_version_is_there_once"
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(state="in_force"),
                name="one_profile_version_is_in_force",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(state__in=["proposed", "agreed"]),
                name="one_change_of_a_profile_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version} ({self.state})"
