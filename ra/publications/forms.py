"""The form that hands in what is to be published."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ra.publications.rules import LARGEST, Kind
from ra.publications.wording import KINDS

DAY = forms.DateInput(attrs={"type": "date"})


class PublicationForm(forms.Form):
    kind = forms.ChoiceField(label=_("类别"), choices=[(kind.value, KINDS[kind]) for kind in Kind])
    version = forms.CharField(label=_("版本"), max_length=20)
    title = forms.CharField(label=_("标题"), max_length=100)
    valid_from = forms.DateField(label=_("生效日期"), widget=DAY)
    file = forms.FileField(
        label=_("文件（PDF 或文本）"),
        help_text=format_lazy(
            _("不超过 {size} MB。订户协议请用文本，手机上可以直接阅读。"), size=LARGEST >> 20
        ),
    )
