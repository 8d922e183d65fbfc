from functools import reduce
from operator import or_

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models

from people.trust import rules


class Appointment(models.Model):
    """A person has a trusted role from one instant to another (CPS 5.2.1, 5.3.2)."""

    person = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="appointments")
    role = models.CharField(max_length=20)
    duty = models.CharField(max_length=20)  # copied from the rules, so that a constraint can say it
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    appointed_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )  # null: appointed when the system was set up
    ended_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=reduce(
                    or_,
                    [
                        models.Q(role=role.value, duty=str(rules.DUTY_OF.get(role, "")))
                        for role in rules.Role
                    ],
                ),
                name="duty_of_the_role",
            ),
            models.UniqueConstraint(
                fields=["person", "role"],
                condition=models.Q(until__isnull=True),
                name="one_open_appointment",
            ),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                name="appointment_ends_after_it_began",
            ),
            ExclusionConstraint(  # CPS 5.2.4, also for whoever writes SQL by hand
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("duty", RangeOperators.NOT_EQUAL),
                ],
                condition=models.Q(until__isnull=True) & ~models.Q(duty=""),
                name="one_duty_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"
