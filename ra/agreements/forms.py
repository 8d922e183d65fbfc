"""The form of an agreement. It carries; `agreements.rules` judges."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.agreements.wording import TERMS

DAY = forms.DateInput(attrs={"type": "date"})


class AgreementForm(forms.Form):
    ca_name = forms.CharField(label=TERMS["ca_name"], max_length=60)
    number = forms.CharField(
        label=TERMS["number"], max_length=40, help_text=_("协议文本上的编号，登记后不能改。")
    )
    valid_from = forms.DateField(label=TERMS["valid_from"], widget=DAY)
    valid_until = forms.DateField(label=TERMS["valid_until"], widget=DAY)
