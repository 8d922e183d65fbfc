from django import forms
from django.http import QueryDict
from django.utils.functional import Promise

from ra.review.rules import MANY_CHARACTERS


class RefuseForm(forms.Form):
    """Why a request is refused, under the desk's own words for it."""

    message = forms.CharField(max_length=MANY_CHARACTERS, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, label: Promise, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["message"].label = str(label)
