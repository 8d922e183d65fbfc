"""A certificate that somebody wants checked: a file, or its text."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ca.issuing.rules import CHECKED


class CheckForm(forms.Form):
    file = forms.FileField(label=_("证书文件（PEM 或 DER）"), required=False)
    text = forms.CharField(
        label=_("或粘贴证书文本"),
        required=False,
        max_length=CHECKED,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not given.get("file") and not given.get("text"):
            self.add_error("file", _("请选择证书文件，或粘贴证书文本。"))
        return given

    def certificate(self) -> bytes:
        """The file if there is one, else the text."""
        given = self.cleaned_data
        return bytes(given["file"].read()) if given["file"] else str(given["text"]).encode()
