"""A vote with its comment, on what the page showed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from anxin.kernel.errors import Refusal
from people.wording import WORDING

COMMENT = 500


class VoteForm(forms.Form):
    """`comment` stays as it was typed: the voter's key signs its digest."""

    comment = forms.CharField(
        label=_("意见"),
        max_length=COMMENT,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("随审批保存。不同意时必填；请不要写订户的个人信息。"),
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    grants = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")],
        coerce=lambda given: given == "yes",
        widget=forms.HiddenInput,
    )

    def clean_comment(self) -> str:
        """Line ends as they are in the page; on the way browsers make two characters of each."""
        return str(self.cleaned_data["comment"]).replace("\r\n", "\n")

    def refuse(self, refusal: Refusal) -> None:
        """What is refused about no field of this form goes on to the page of refusals."""
        if refusal.field != "comment":
            raise refusal
        self.add_error("comment", WORDING[refusal.rule])
