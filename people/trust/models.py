from functools import reduce
from operator import or_

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models

from anxin.kernel.rows import Stateful
from people.trust import rules
from people.trust.roles import DUTY_OF, Role


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
    warrant = models.OneToOneField(
        "people.Approval", models.PROTECT, null=True, related_name="+"
    )  # null: appointed when the system was set up
    rotates_on = models.DateField(null=True)  # somebody else takes over, CPS 5.3.5; null: no plan
    relief = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    rotation_told = models.PositiveSmallIntegerField(default=0, db_default=0)  # last `rules.notice`

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(relief__isnull=True)
                | (models.Q(rotates_on__isnull=False) & ~models.Q(relief=models.F("person"))),
                name="another_takes_over_on_a_day",
            ),
            models.CheckConstraint(
                condition=reduce(
                    or_,
                    [models.Q(role=role.value, duty=str(DUTY_OF.get(role, ""))) for role in Role],
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


class PersonnelFile(Stateful):
    """A trusted person's file (CPS 5.3). What was seen of their papers stays on paper."""

    STEPS = rules.STEPS

    person = models.OneToOneField(
        "people.StaffMember", models.PROTECT, primary_key=True, related_name="file"
    )
    engaged_on = models.DateField()  # probation begins, CPS 5.3.1
    contractor = models.BooleanField(default=False)  # CPS 5.3.7
    employer = models.CharField(max_length=80, blank=True)  # the contractor's firm
    escort = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="personnel_file_state",
            ),
            models.CheckConstraint(
                condition=models.Q(escort__isnull=True) | ~models.Q(escort=models.F("person")),
                name="nobody_escorts_themselves",
            ),
        ]

    def __str__(self) -> str:
        return f"file of {self.person_id}: {self.state}"


class Finding(models.Model):
    """One result in a file; insert-only but for what has been told about it."""

    file = models.ForeignKey(PersonnelFile, models.PROTECT, related_name="findings")
    item = models.CharField(max_length=20)
    passed = models.BooleanField()
    on = models.DateField()
    due = models.DateField(null=True)  # the last day it counts
    version = models.CharField(max_length=40, blank=True)  # of what was read, CPS 5.3.8
    reference = models.CharField(max_length=60, blank=True)  # where the papers are
    noted_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()
    noticed = models.PositiveSmallIntegerField(default=0)  # `rules.notice` that was told last

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(item__in=[item.value for item in rules.Item]),
                name="finding_item",
            ),
        ]
        indexes = [models.Index(fields=["file", "item", "-on", "-id"], name="finding_latest")]

    def __str__(self) -> str:
        return f"{self.item} of {self.file_id}"
