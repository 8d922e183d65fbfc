from django.db import models

from anxin.kernel.rows import Stateful
from ra.applicants.models import Subscriber
from ra.applications.models import Application
from ra.fees import rules


class FeeSchedule(Stateful):
    """One version of the price list (CPS 9.1); in force from its day until the next one's."""

    STEPS = rules.SCHEDULE_STEPS

    valid_from = models.DateField()
    proposed_by = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.ScheduleState]),
                name="a_schedule_has_a_state",
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="proposed"),
                name="one_proposed_schedule",
            ),
            models.UniqueConstraint(
                fields=["valid_from"],
                condition=models.Q(state="published"),
                name="one_schedule_a_day",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="published") | models.Q(approval_id__isnull=False),
                name="a_published_schedule_is_agreed_to",
            ),
        ]

    def __str__(self) -> str:
        return f"schedule {self.pk}"


class FeePrice(models.Model):
    schedule = models.ForeignKey(FeeSchedule, models.PROTECT, related_name="prices")
    profile = models.CharField(max_length=40)
    service = models.CharField(max_length=20, default="new", db_default="new")
    years = models.PositiveSmallIntegerField()  # 0: it has no term
    fen = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "profile", "service", "years"], name="one_price"
            )
        ]

    def __str__(self) -> str:
        return f"{self.profile} {self.years}: {self.fen}"


class FeeAgreement(models.Model):
    """A lower price for one subscriber (CPS 9.1.1); kept when another one follows."""

    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="+")
    profile = models.CharField(max_length=40)
    service = models.CharField(max_length=20, default="new", db_default="new")
    years = models.PositiveSmallIntegerField()
    fen = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    approval_id = models.BigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"agreement {self.pk}"


class FeeOrder(Stateful):
    """What one application costs, or its new codes; `number` is the application's, or begins so.

    `refund`, fen, and its day are set with the state `refund_due`, `refunded_at` with `refunded`.
    """

    STEPS = rules.STEPS

    application = models.ForeignKey(Application, models.PROTECT, related_name="+")
    service = models.CharField(max_length=20, default="new", db_default="new")
    number = models.CharField(max_length=30, unique=True)
    schedule = models.ForeignKey(FeeSchedule, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(FeeAgreement, models.PROTECT, null=True, related_name="+")
    days = models.PositiveSmallIntegerField()  # the term that costs this
    fen = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    refund = models.PositiveIntegerField(null=True)
    refund_at = models.DateTimeField(null=True)
    refunded_at = models.DateTimeField(null=True)
    approval_id = models.BigIntegerField(null=True)
    invoiced = models.PositiveIntegerField(default=0, db_default=0)  # fen on an issued invoice
    waiver_id = models.BigIntegerField(null=True, unique=True)  # the approval of letting it go

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=~models.Q(service="codes"),
                name="one_order_of_an_application",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="waived") | models.Q(waiver_id__isnull=False),
                name="a_waiver_is_agreed_to",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="a_fee_order_has_a_state",
            ),
            models.CheckConstraint(
                condition=models.Q(refund__isnull=True) | models.Q(refund__lte=models.F("fen")),
                name="no_more_goes_back_than_came",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["refund_due", "refund_asked", "refunded"])
                | models.Q(refund__isnull=False),
                name="what_goes_back_has_an_amount",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["refund_asked", "refunded"])
                | models.Q(approval_id__isnull=False),
                name="a_refund_is_agreed_to",
            ),
            models.UniqueConstraint(fields=["approval_id"], name="one_approval_one_refund"),
            models.CheckConstraint(
                condition=models.Q(invoiced__lte=models.F("fen")),
                name="no_more_is_invoiced_than_asked_for",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="refunded")
                | models.Q(invoiced__lte=models.F("fen") - models.F("refund")),
                name="a_refund_leaves_what_is_invoiced",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="fee_order_state")]

    def __str__(self) -> str:
        return f"order of {self.application_id}"


class FeePayment(models.Model):
    """Money that came in; `receipt` is the number on the paper the payer got."""

    order = models.ForeignKey(FeeOrder, models.PROTECT, related_name="payments")
    fen = models.PositiveIntegerField()
    method = models.CharField(max_length=20)
    receipt = models.CharField(max_length=40, unique=True)
    taken_by = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], name="an_order_is_paid_once"),
        ]

    def __str__(self) -> str:
        return self.receipt
