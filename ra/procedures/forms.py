"""Beginning a procedure, and taking in a request that the old key has signed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.applications.procedures import WAYS
from ra.procedures.wording import OCCASIONS, PROCEDURES

BY_SIGNATURE = sorted({way.occasion for way in WAYS.values() if way.by_signature})


class BeginForm(forms.Form):
    procedure = forms.ChoiceField(choices=PROCEDURES.items(), widget=forms.HiddenInput)
    occasion = forms.ChoiceField(choices=OCCASIONS.items(), widget=forms.HiddenInput)


class SignedForm(forms.Form):
    occasion = forms.ChoiceField(
        label=_("为什么更新"), choices=[(code, OCCASIONS[code]) for code in BY_SIGNATURE]
    )
    signed = forms.CharField(
        label=_("签名的请求（CMS，PEM）"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
