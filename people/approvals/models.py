from django.db import models

from anxin.kernel.rows import Stateful
from people.approvals import rules


class Approval(Stateful):
    """One thing somebody asked for and others must agree to, on exactly this payload."""

    STEPS = rules.STEPS

    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    payload = models.TextField()  # canonical JSON: text, so that the digest is over these bytes
    digest = models.CharField(max_length=64)
    maker = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # when its deciders were told by mail

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["action", "subject"],
                condition=models.Q(state=rules.State.OPEN.value),
                name="one_open_approval",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in rules.State]),
                name="approval_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state=rules.State.OPEN.value),
                name="approval_open_until",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(state=rules.State.OPEN.value, told_at__isnull=True),
                name="approval_not_told",
            ),
            models.Index(fields=["subject"], name="approval_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}: {self.state}"


class Vote(models.Model):
    """One person's yes or no; insert-only. Signed: the bytes, r and s, and whose key it was."""

    approval = models.ForeignKey(Approval, models.PROTECT, related_name="votes")
    maker_id = models.BigIntegerField()  # copied from the approval for `no_self_check`
    checker = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    grants = models.BooleanField()
    comment = models.TextField()
    address = models.TextField()
    voted_at = models.DateTimeField()
    key = models.ForeignKey("people.OperatorKey", models.PROTECT, null=True, related_name="+")
    statement = models.TextField(default="")
    signature = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(key__isnull=True, statement="", signature=b"")
                | models.Q(key__isnull=False) & ~models.Q(statement="") & ~models.Q(signature=b""),
                name="signed_as_a_whole",
            ),
            models.UniqueConstraint(fields=["approval", "checker"], name="one_vote_each"),
            models.CheckConstraint(
                condition=~models.Q(checker=models.F("maker_id")), name="no_self_check"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.approval_id}: {'yes' if self.grants else 'no'} by {self.checker_id}"
