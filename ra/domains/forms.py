"""The form in which the counter enters an application's names."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.applicants.hosts import MOST_NAMES

LONGEST = 256 * MOST_NAMES


class NamesForm(forms.Form):
    names = forms.CharField(
        label=_("要验证的域名和 IP"),
        help_text=_("每行一个。保存后，已验证的仍然有效；去掉的不再需要验证。"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
    )
