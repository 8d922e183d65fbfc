from django.db import models

from anxin.kernel.rows import Stateful
from ra.blacklist import rules


class BlacklistEntry(Stateful):
    """One document, organization, telephone or key that is not served (CPS 4.2.2).

    Found by blind index. Sealed under a data key of its own: the value, and the number of the
    paper the entry rests on.
    """

    STEPS = rules.STEPS

    kind = models.CharField(max_length=20)
    index = models.BinaryField(max_length=32)
    cause = models.CharField(max_length=20)
    until = models.DateField(null=True)  # the last day; null: until it is lifted
    data_key = models.UUIDField(unique=True)
    sealed = models.BinaryField()
    maker_id = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True, unique=True)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    lift_reason = models.CharField(max_length=20, default="")
    lift_maker_id = models.BigIntegerField(null=True)
    lift_approval_id = models.BigIntegerField(null=True, unique=True)
    lifted_by = models.BigIntegerField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_blacklist_entry_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in rules.Subject]),
                name="a_blacklist_entry_has_a_kind",
            ),
            models.CheckConstraint(  # CPS 5.2.4
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("maker_id")),
                name="nobody_lists_alone",
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_by__isnull=True)
                | ~models.Q(lifted_by=models.F("lift_maker_id")),
                name="nobody_lifts_alone",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["listed", "lifted"])
                | models.Q(decided_by__isnull=False),
                name="a_listed_entry_was_agreed_to",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="lifted") | models.Q(lifted_by__isnull=False),
                name="a_lifted_entry_was_agreed_to",
            ),
        ]
        indexes = [
            models.Index(
                fields=["index"], condition=models.Q(state="listed"), name="blacklist_listed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def context(self) -> str:
        """What the sealed part is bound to."""
        return f"ra.blacklist:{self.data_key}"
