"""Shapes of what comes and goes; rules judge what it says.

Strict where the framework is lenient: a number is not taken for a word, nor a word for a number.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ra.applicants.rules import LONG
from ra.applications.rules import TERMS, AcceptedHow
from ra.intake.rules import REQUEST_MOST
from ra.requests.rules import NOTE_MOST
from ra.revocations.rules import QUESTIONS, Asker, CheckedHow
from ra.verifications.rules import LONGEST, Method, Result


class Text(serializers.CharField):  # type: ignore[misc]  # the framework has no types
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Number(serializers.IntegerField):  # type: ignore[misc]
    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Agreement(serializers.Serializer):  # type: ignore[misc]
    """That the applicant agreed to the subscriber agreement (CPS 4.1.2.4)."""

    version = Text(max_length=20, help_text="the one in force (CPS 4.1.2.4)")
    how = serializers.ChoiceField(choices=[how.value for how in AcceptedHow])
    by_message = serializers.BooleanField(
        default=False, help_text="and to be told things by e-mail and text message (CPS 9.4.1)"
    )


class Said(serializers.Serializer):  # type: ignore[misc]
    """What an applicant says: the fields of the profile by code, right or wrong (CPS 3.2.3)."""

    years = Number(min_value=min(TERMS), max_value=max(TERMS), default=1)
    fields = serializers.DictField(child=Text(max_length=LONG, allow_blank=True))
    distinguisher = Text(max_length=32, allow_blank=True, default="")
    request = Text(
        max_length=REQUEST_MOST, allow_blank=True, default="", help_text="PKCS#10, PEM (CPS 3.2.1)"
    )
    agreement = Agreement(required=False)


class NewApplication(Said):
    profile = Text(max_length=40, help_text="one that counters take")


class ChangedApplication(Said):
    version = Number(
        min_value=0, max_value=2**31 - 1, required=False, help_text="refused when it changed since"
    )


class Verification(serializers.Serializer):  # type: ignore[misc]
    slot = Text(max_length=30)
    method = serializers.ChoiceField(choices=[one.value for one in Method])
    result = serializers.ChoiceField(choices=[one.value for one in Result])
    reference = Text(max_length=LONGEST, allow_blank=True, default="")
    agreement = Text(max_length=40, allow_blank=True, default="", help_text="CPS 3.2.7")


class VerificationList(serializers.Serializer):  # type: ignore[misc]
    verifications = Verification(many=True, allow_empty=False)


class Revocation(serializers.Serializer):  # type: ignore[misc]
    """CPS 4.9.3."""

    asker = serializers.ChoiceField(choices=[one.value for one in Asker])
    cause = serializers.ChoiceField(choices=sorted({one.cause for one in QUESTIONS}))
    discovered_at = serializers.DateTimeField()
    checked_how = serializers.ChoiceField(choices=[one.value for one in CheckedHow])
    note = Text(max_length=NOTE_MOST)


class Page(serializers.Serializer):  # type: ignore[misc]
    after = Text(
        max_length=20, required=False, allow_blank=True, help_text="`after` of the page before"
    )

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """A misspelt parameter is not left unread."""
        if unknown := sorted(set(self.initial_data) - set(self.fields)):
            raise serializers.ValidationError({unknown[0]: _("没有这个参数。")})
        return said


# --- answers ---------------------------------------------------------------------------------


class Wrong(serializers.Serializer):  # type: ignore[misc]
    rule = serializers.CharField()
    field = serializers.CharField(allow_blank=True)
    cps = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class ProblemDetails(serializers.Serializer):  # type: ignore[misc]
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    rule = serializers.CharField()
    errors = Wrong(many=True)


class Named(serializers.Serializer):  # type: ignore[misc]
    number = serializers.CharField()


class Submitted(Named):
    """`access_code` is for the applicant, told here once; empty when there was one before."""

    access_code = serializers.CharField(allow_blank=True)
    deadline_at = serializers.DateTimeField()


class Slot(serializers.Serializer):  # type: ignore[misc]
    slot = serializers.CharField(source="code")
    needed = serializers.BooleanField()
    held = serializers.SerializerMethodField()

    def get_held(self, slot: Any) -> int:
        return len(slot.documents)


class Return(serializers.Serializer):  # type: ignore[misc]
    reasons = serializers.ListField(child=serializers.CharField())
    items = serializers.ListField(child=serializers.CharField())
    message = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)


class ApplicationState(Named):
    state = serializers.CharField()
    version = serializers.IntegerField()
    profile = serializers.CharField()
    years = serializers.IntegerField()
    slots = Slot(many=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    deadline_at = serializers.DateTimeField(allow_null=True)
    certificate_id = serializers.IntegerField(allow_null=True)
    returned = Return(allow_null=True)
    refusal = serializers.CharField(allow_blank=True)


class Application(ApplicationState):
    """How it stands; `wrong`: what the rules say to a draft now."""

    wrong = Wrong(many=True)


class Line(Named):
    state = serializers.CharField()
    profile = serializers.CharField()
    masked_name = serializers.CharField(allow_blank=True)
    certificate_id = serializers.IntegerField(allow_null=True)
    certificate_state = serializers.CharField(allow_blank=True)


class Lines(serializers.Serializer):  # type: ignore[misc]
    rows = Line(many=True)
    after = serializers.CharField(allow_null=True)


class Document(serializers.Serializer):  # type: ignore[misc]
    document_id = serializers.IntegerField()
    pages = serializers.IntegerField()
    sm3 = serializers.CharField()


class PickUpCodes(serializers.Serializer):  # type: ignore[misc]
    """For the subscriber alone, told here once (CPS 4.3.1)."""

    reference = serializers.CharField()
    authorisation_code = serializers.CharField()
    expires_at = serializers.DateTimeField()


class CertificateState(serializers.Serializer):  # type: ignore[misc]
    id = serializers.IntegerField()
    state = serializers.CharField()
    serial = serializers.CharField(allow_blank=True)
    subject = serializers.CharField()
    not_before = serializers.DateTimeField(allow_null=True)
    not_after = serializers.DateTimeField(allow_null=True)


class Certificate(CertificateState):
    pem = serializers.CharField(allow_blank=True)
