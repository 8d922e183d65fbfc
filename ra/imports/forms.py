"""The form that hands a file in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ra.imports.rules import LIMIT, MOST_ROWS


class UploadForm(forms.Form):
    """`choices`: the profiles on offer."""

    profile = forms.ChoiceField(label=_("证书模板"))
    file = forms.FileField(
        label=_("文件（CSV 或 XLSX）"),
        help_text=format_lazy(
            _("第一行为列名，最多 {rows} 行、{size} MB。公式按文字处理。"),
            rows=MOST_ROWS,
            size=LIMIT >> 20,
        ),
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, object]], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)
