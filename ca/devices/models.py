from django.db import models

from anxin.kernel.rows import Stateful
from ca.devices import rules
from ca.devices.rules import State
from pki.signer.protocol import HOME


class SelfTest(Stateful):
    """One examination of a signer's device (CPS 6.2.11). `asked_by` None: the timetable.

    `place`: which signer, 0 for the home signer. `report` is that of `pki.hsm.examination`, `fault`
    why none could be made: the signer's rule.
    """

    STEPS = rules.STEPS

    place = models.PositiveSmallIntegerField(default=HOME)
    asked_by = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict)
    fault = models.CharField(max_length=60, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in State]),
                name="a_self_test_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.ASKED.value, done_at__isnull=True)
                | models.Q(~models.Q(state=State.ASKED.value), done_at__isnull=False),
                name="a_self_test_is_done_when_it_has_an_end",
            ),
            models.UniqueConstraint(
                fields=["place"],
                condition=models.Q(state=State.ASKED.value),
                name="one_self_test_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["place", "-asked_at"], name="self_tests_of_a_signer")]

    def __str__(self) -> str:
        return f"self-test {self.pk} ({self.state})"
