from django.db import models

from anxin.kernel.rows import Stateful
from ca.keeping import rules


class KeptKey(Stateful):
    """What ceremonies have done with a CA key; a key without a row has only signed."""

    STEPS = rules.STEPS

    label = models.CharField(max_length=60, unique=True)
    copy = models.CharField(max_length=64, default="")  # digest of the wrapped copy
    copied_at = models.DateTimeField(null=True)
    restored_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    keep_until = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    ended_in = models.CharField(max_length=20, default="")  # the last ceremony that ended it

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_kept_key_has_a_state",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=rules.State.DESTROYED.value)
                | models.Q(destroyed_at__isnull=False),
                name="a_destroyed_key_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return self.label
