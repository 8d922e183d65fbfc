"""Forms of handing out what people prove themselves with."""

from django import forms
from django.utils.translation import gettext_lazy as _

from people.factors.rules import Factor
from people.factors.wording import FACTORS


class FactorForm(forms.Form):
    factor = forms.TypedChoiceField(
        label=_("发放什么"),
        choices=[(factor.value, FACTORS[factor]) for factor in Factor],
        coerce=Factor,
    )
