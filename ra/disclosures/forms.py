"""Forms of disclosure cases. They carry; the rules judge."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from anxin.forms import Ticks
from ra.applicants.wording import FIELD_LABELS
from ra.disclosures.wording import BASES
from ra.evidence.wording import SLOTS


class AskForm(forms.Form):
    """`held` and `kept`: codes of fields and slots this application has."""

    basis = forms.ChoiceField(label=_("依据"), choices=list(BASES.items()))
    authority = forms.CharField(label=_("授权人或要求提供的机关"), max_length=100)
    number = forms.CharField(label=_("授权书或法律文书编号"), max_length=60)
    dated = forms.DateField(label=_("文书日期"), widget=forms.DateInput(attrs={"type": "date"}))
    recipient = forms.CharField(label=_("提供给谁"), max_length=100)
    purpose = forms.CharField(
        label=_("用途"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )
    fields_ = forms.MultipleChoiceField(label=_("提供哪些信息"), required=False, widget=Ticks)
    slots = forms.MultipleChoiceField(label=_("提供哪些材料"), required=False, widget=Ticks)

    def __init__(self, *args: Any, held: Sequence[str], kept: Sequence[str], **more: Any) -> None:
        super().__init__(*args, **more)
        for name, codes, words in (("fields_", held, FIELD_LABELS), ("slots", kept, SLOTS)):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [(code, words.get(code, code)) for code in codes]


class FindForm(forms.Form):
    number = forms.CharField(label=_("受理编号"), max_length=20)


class RefuseForm(forms.Form):
    message = forms.CharField(
        label=_("不予提供的理由"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class HandOverForm(forms.Form):
    taken_by = forms.CharField(label=_("领取人"), max_length=100)
    identified = forms.CharField(
        label=_("怎样核对领取人的身份"), max_length=100, help_text=_("例如：工作证、介绍信编号。")
    )
