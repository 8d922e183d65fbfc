from enum import StrEnum

from django.db import models
from django.db.models.fields.json import KT

from anxin.kernel.rows import Stateful
from ca.custody import register, rules
from pki.signer.protocol import HOME


def _among(states: type[StrEnum]) -> models.Q:
    return models.Q(state__in=[state.value for state in states])


class CustodySet(Stateful):
    """Three seats that hold the shares of one activation key (CPS 6.2.2).

    `code` and `signer` are as the signer says, empty before the shares are handed out.
    """

    STEPS = rules.SET_STEPS

    code = models.CharField(max_length=64, default="")
    signer = models.CharField(max_length=64, default="")  # fingerprint
    identity = models.BinaryField(default=b"")  # the signer's key, SubjectPublicKeyInfo
    drafted_by = models.BigIntegerField(null=True)  # None: found in the signer
    drafted_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True, unique=True)
    handed_out_at = models.DateTimeField(null=True)
    in_force_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=60, default="")  # rule by which the signer refused last

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_among(rules.SetState), name="a_set_has_a_state"),
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state__in=["drafted", "handing_out", "in_force"]),
                name="one_set_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["code"], condition=~models.Q(code=""), name="a_set_is_known_once"
            ),
        ]

    def __str__(self) -> str:
        return f"set {self.pk}"


class Seat(Stateful):
    """A custodian's place in a set: what was handed out, sealed to them, until they have it.

    `statement` and `signature` are the signer's, `receipt` is the custodian's signature (CPS 6.4).
    """

    STEPS = rules.SEAT_STEPS

    set = models.ForeignKey(CustodySet, models.PROTECT, related_name="seats")
    number = models.PositiveSmallIntegerField()
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=60)  # as the signer's list has it
    key = models.BinaryField(default=b"")  # SubjectPublicKeyInfo
    transport = models.BinaryField(default=b"")
    check_value = models.CharField(max_length=16, default="")
    statement = models.TextField(default="")
    signature = models.BinaryField(default=b"")
    sealed = models.BinaryField(null=True)
    receipt = models.BinaryField(null=True)
    received_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)  # the share was last brought, and was right
    away_since = models.DateTimeField(null=True)  # the custodian cannot come

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_among(rules.SeatState), name="a_seat_has_a_state"),
            models.CheckConstraint(
                condition=models.Q(number__gte=1, number__lte=rules.SEATS),
                name="a_set_has_three_seats",
            ),
            models.UniqueConstraint(fields=["set", "number"], name="a_seat_is_one_of_its_set"),
            models.UniqueConstraint(fields=["set", "person_id"], name="nobody_has_two_seats"),
            models.CheckConstraint(
                condition=~models.Q(state="held") | models.Q(sealed__isnull=True),
                name="what_was_received_lies_nowhere",
            ),
        ]

    def __str__(self) -> str:
        return f"seat {self.number} of {self.set_id}"


class Drill(Stateful):
    """A custodian shows that their share file opens: a challenge, signed with what is in it."""

    STEPS = register.DRILL_STEPS

    seat = models.ForeignKey(Seat, models.PROTECT, related_name="drills")
    challenge = models.CharField(max_length=2 * register.CHALLENGE)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    proved_at = models.DateTimeField(null=True)
    signature = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=_among(register.DrillState), name="a_drill_has_a_state"
            ),
            models.UniqueConstraint(
                fields=["seat"], condition=models.Q(state="asked"), name="one_drill_of_a_seat"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="proved") | models.Q(signature__isnull=False),
                name="a_proved_drill_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"drill {self.pk}"


class Activation(Stateful):
    """One use of the shares: asked for, offered by the signer, active until a limit (CPS 6.2.8)."""

    STEPS = rules.STEPS

    set = models.ForeignKey(CustodySet, models.PROTECT, related_name="activations")
    place = models.PositiveSmallIntegerField(default=HOME)  # of which signer
    purpose = models.CharField(max_length=20)
    ceremony = models.CharField(max_length=20, default="")
    hours = models.PositiveSmallIntegerField()
    signatures = models.PositiveIntegerField()
    reason = models.CharField(max_length=rules.LONGEST_REASON)
    asked_by = models.BigIntegerField()
    asked_at = models.DateTimeField()
    session = models.CharField(max_length=64, default="")
    statement = models.TextField(default="")  # the offer, as the signer signed it
    signature = models.BinaryField(default=b"")
    offered_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=60, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_among(rules.State), name="an_activation_has_a_state"),
            models.UniqueConstraint(
                fields=["state", "place"],
                condition=models.Q(state__in=["asked", "offered", "active"]),
                name="one_activation_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"activation {self.pk}"


class BroughtShare(Stateful):
    """A share on its way to the signer: sealed to it, and wiped as soon as it was taken there.

    What its custodian signed stays: `pki/custody_records.py` proves it.
    """

    STEPS = rules.SHARE_STEPS

    activation = models.ForeignKey(Activation, models.PROTECT, related_name="shares")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="shares")
    sealed = models.BinaryField(null=True)
    digest = models.CharField(max_length=64, default="")  # SHA-256 of what was sealed, signed
    signature = models.BinaryField(null=True)
    brought_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=60, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_among(rules.ShareState), name="a_share_has_a_state"),
            models.UniqueConstraint(
                fields=["activation", "seat"],
                condition=models.Q(state__in=[state.value for state in rules.COUNTED]),
                name="one_share_of_a_seat",
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting", sealed__isnull=False)
                | (~models.Q(state="waiting") & models.Q(sealed__isnull=True)),
                name="a_settled_share_is_wiped",
            ),
        ]

    def __str__(self) -> str:
        return f"share {self.pk}"


class StopOrder(Stateful):
    """The keys are to be sealed: by one person at once, or by a majority (CPS 6.2.9).

    `signed`: see `orders.signed`; {}: who gave it has no key. `fault`: why it was not carried out.
    """

    STEPS = rules.STOP_STEPS

    how = models.CharField(max_length=20)
    reason = models.CharField(max_length=rules.LONGEST_REASON)
    ordered_by = models.BigIntegerField()
    ordered_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True, unique=True)
    signed = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=60, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_among(rules.StopState), name="a_stop_has_a_state"),
            models.UniqueConstraint(KT("signed__statement"), name="what_was_signed_stops_once"),
            models.CheckConstraint(
                condition=models.Q(how="emergency") | models.Q(approval_id__isnull=False),
                name="an_orderly_stop_was_agreed_to",
            ),
        ]

    def __str__(self) -> str:
        return f"stop {self.pk}"
