"""Forms of one's own page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from people.entrance.forms import RefusableForm


class MailForm(forms.Form):
    """Where one gets mail; empty: nowhere."""

    address = forms.EmailField(
        label=_("工作邮箱"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("只通知有事要办和在哪里办，不含业务内容。留空则不发邮件。"),
    )


class KeyForm(RefusableForm):
    """A security key's answer, which a script fills in."""

    name = forms.CharField(
        label=_("给它起个名字"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    answer = forms.CharField(max_length=8000, widget=forms.HiddenInput)
