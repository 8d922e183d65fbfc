"""The form of a withdrawal."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.consents.rules import BY_SUBSCRIBER
from ra.consents.wording import ENDED


class WithdrawForm(forms.Form):
    how = forms.ChoiceField(
        label=_("怎样撤回"), choices=[(how.value, ENDED[how]) for how in BY_SUBSCRIBER]
    )
