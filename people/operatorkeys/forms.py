"""A new key as the browser hands it in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MOST = 400  # hex digits; a P-256 key has 182


class HexField(forms.CharField):
    """Octets as hex digits."""

    def __init__(self, **named: Any) -> None:
        super().__init__(max_length=MOST, widget=forms.HiddenInput, **named)

    def to_python(self, value: Any) -> Any:
        try:
            return bytes.fromhex(super().to_python(value) or "")
        except ValueError as error:
            raise forms.ValidationError(_("这不是可用的 P-256 公钥。没有任何改动。")) from error

    def run_validators(self, value: Any) -> None:
        super().run_validators(value.hex())


class NewKeyForm(forms.Form):
    public_key = HexField()
    proof = HexField()
