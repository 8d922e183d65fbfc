"""Forms of the public site; the counter's for other codes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.handover.wording import REPLACEMENT_CAUSES
from ra.verifications.rules import IDENTIFIED
from ra.verifications.wording import METHODS


class StatusForm(forms.Form):
    number = forms.CharField(
        label=_("编号"), max_length=24, help_text=_("回执上的受理编号，或网上提交时的编号。")
    )
    code = forms.CharField(label=_("查询码"), max_length=24)


class ReplaceForm(forms.Form):
    """At the counter: other codes for picking up."""

    cause = forms.ChoiceField(label=_("补发原因"), choices=list(REPLACEMENT_CAUSES.items()))
    checked_how = forms.ChoiceField(
        label=_("怎样核对领取人的身份"),
        choices=[(how.value, METHODS[how]) for how in IDENTIFIED],
    )


class PickUpForm(forms.Form):
    reference = forms.CharField(label=_("参考号"), max_length=24)
    code = forms.CharField(label=_("授权码"), max_length=40)
