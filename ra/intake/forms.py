"""Forms of the counter. They carry; `applicants.rules` judges, also while people type."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.applicants.rules import FIELDS, DocumentType, VerifiedHow
from ra.applicants.wording import DOCUMENT_TYPES, FIELD_LABELS, VERIFIED_HOW
from ra.applications.rules import AGREEMENT_VERSIONS, AcceptedHow
from ra.applications.wording import ACCEPTED_HOW
from ra.intake.rules import NOT_CORRECTED

DOCUMENT_CHOICES = [(kind.value, DOCUMENT_TYPES[kind]) for kind in DocumentType]


def _text(code: str, *, required: bool = True, longest: int = 64) -> forms.CharField:
    return forms.CharField(label=FIELD_LABELS[code], required=required, max_length=longest)


class DraftForm(forms.Form):
    """Everything optional here: a draft keeps what was typed, right or wrong.

    What will be asked for when it is submitted bears a mark.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for code, rule in FIELDS.items():
            if rule.needed and not rule.proxy:
                self.fields[code].asked = True  # type: ignore[attr-defined]  # forms/field.html
                self.fields[code].widget.attrs["aria-required"] = "true"

    years = forms.TypedChoiceField(
        label=_("有效期（年）"), coerce=int, choices=[(n, n) for n in range(1, 6)], initial=1
    )
    name = _text("name", required=False)
    document_type = forms.ChoiceField(
        label=FIELD_LABELS["document_type"], choices=DOCUMENT_CHOICES, required=False
    )
    document_number = _text("document_number", required=False)
    phone = _text("phone", required=False)
    email = _text("email", required=False, longest=254)
    organization = _text("organization", required=False)
    organization_code = _text("organization_code", required=False)
    verified_how = forms.ChoiceField(
        label=FIELD_LABELS["verified_how"],
        choices=[(how.value, VERIFIED_HOW[how]) for how in VerifiedHow],
        required=False,
    )
    distinguisher = forms.CharField(
        label=_("区分号"),
        required=False,
        max_length=32,
        help_text=_("仅在同名订户已有证书时填写，例如员工号；不要填写证件号码。"),
    )
    agent_name = _text("agent_name", required=False)
    agent_document_type = forms.ChoiceField(
        label=FIELD_LABELS["agent_document_type"], choices=DOCUMENT_CHOICES, required=False
    )
    agent_document_number = _text("agent_document_number", required=False)
    agent_phone = _text("agent_phone", required=False)


class OpenForm(forms.Form):
    """Choose a profile; `choices` come from `intake.queries.profiles`."""

    profile = forms.ChoiceField(label=_("证书模板"))

    def __init__(self, *args: Any, choices: Sequence[tuple[str, object]], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)


class RequestForm(forms.Form):
    request = forms.CharField(
        label=_("证书请求（PKCS#10）"), max_length=30_000, widget=forms.Textarea(attrs={"rows": 8})
    )


class AgreementForm(forms.Form):
    version = forms.ChoiceField(
        label=_("订户协议版本"), choices=[(v, v) for v in reversed(AGREEMENT_VERSIONS)]
    )
    how = forms.ChoiceField(
        label=_("接受方式"), choices=[(how.value, ACCEPTED_HOW[how]) for how in AcceptedHow]
    )


class CancelForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("撤回原因"),
        choices=[
            ("applicant_wish", _("申请人要求撤回")),
            ("entered_wrongly", _("录入有误，重新受理")),
            ("duplicate", _("重复受理")),
            (NOT_CORRECTED, _("逾期没有补正")),
        ],
    )
