"""Forms of the public site."""

from django import forms
from django.utils.translation import gettext_lazy as _


class StatusForm(forms.Form):
    number = forms.CharField(label=_("受理编号"), max_length=24)
    code = forms.CharField(label=_("查询码"), max_length=24)


class PickUpForm(forms.Form):
    reference = forms.CharField(label=_("参考号"), max_length=24)
    code = forms.CharField(label=_("授权码"), max_length=40)
