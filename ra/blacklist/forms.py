"""Forms of the blacklist. They carry; the rules judge."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.applicants.rules import DocumentType
from ra.applicants.wording import DOCUMENT_TYPES
from ra.blacklist.rules import LONGEST
from ra.blacklist.wording import CAUSES, KINDS, LIFTS


class ListForm(forms.Form):
    kind = forms.ChoiceField(label=_("列入对象"), choices=list(KINDS.items()))
    document_type = forms.ChoiceField(
        label=_("证件类型"),
        choices=[(kind.value, DOCUMENT_TYPES[kind]) for kind in DocumentType],
        help_text=_("只在列入个人时使用。"),
    )
    value = forms.CharField(
        label=_("号码"),
        max_length=200,
        help_text=_("证件号码、统一社会信用代码、手机号，或公钥的 SM3 指纹。"),
    )
    cause = forms.ChoiceField(label=_("列入原因"), choices=list(CAUSES.items()))
    paper = forms.CharField(label=_("依据文件编号"), max_length=LONGEST)
    until = forms.DateField(
        label=_("有效至"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("留空表示直到解除。"),
    )


class LiftForm(forms.Form):
    reason = forms.ChoiceField(label=_("解除原因"), choices=list(LIFTS.items()))
