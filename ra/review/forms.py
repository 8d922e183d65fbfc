"""Forms of the reviewers."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from anxin.forms import Ticks
from people.api import Holder
from ra.review.rules import MANY_CHARACTERS, REVEAL_REASONS, Outcome, reasons_for
from ra.review.wording import PASS_REASONS as PASS_WORDS
from ra.review.wording import REASONS
from ra.review.wording import REVEAL_REASONS as REVEAL_WORDS


def _reasons(outcome: Outcome) -> list[tuple[str, object]]:
    codes = [reason.code for reason in reasons_for(outcome)]
    return [(code, format_lazy("{} {}", code, REASONS[code])) for code in codes]


READ_BY_ALL = _("申请人在查询页上会看到这段话。不要写入证件号码、电话等个人信息。")


class ReturnForm(forms.Form):
    """`items`: (code, label) of the case's fields and slots that may be asked for again."""

    reasons = forms.MultipleChoiceField(
        label=_("原因"), choices=_reasons(Outcome.RETURN), widget=Ticks
    )
    items = forms.MultipleChoiceField(label=_("需要重新提交的内容"), required=False, widget=Ticks)
    message = forms.CharField(
        label=_("给申请人的说明"),
        help_text=READ_BY_ALL,
        max_length=MANY_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, items: Sequence[tuple[str, object]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["items"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(items)


class RejectForm(forms.Form):
    reasons = forms.MultipleChoiceField(
        label=_("原因"), choices=_reasons(Outcome.REJECT), widget=Ticks
    )
    message = forms.CharField(
        label=_("给申请人的说明"),
        help_text=READ_BY_ALL,
        max_length=MANY_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data: Any = None) -> None:
        # It stands beside the other forms on the page of the case: ids of its own.
        super().__init__(data, auto_id="reject_%s")


class RevealForm(forms.Form):
    field = forms.CharField(max_length=40, widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        label=_("用途"), choices=[(code, REVEAL_WORDS[code]) for code in REVEAL_REASONS]
    )


class FilterForm(forms.Form):
    """Of the list; maps to `review.queries.Filters`."""

    profile = forms.CharField(label=_("证书模板"), required=False, max_length=40)
    office = forms.CharField(label=_("机构"), required=False, max_length=20)
    text = forms.CharField(label=_("编号、证件号、手机号或姓名"), required=False, max_length=64)


class PassForm(forms.Form):
    """`colleagues`: who else may check it."""

    to = forms.TypedChoiceField(label=_("交给"), required=False, coerce=int, empty_value=None)
    reason = forms.ChoiceField(label=_("移交原因"), choices=list(PASS_WORDS.items()))

    def __init__(self, *args: Any, colleagues: Sequence[Holder], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["to"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [
            ("", _("放回队列，任何人可以领取")),
            *((one.id, one.name) for one in colleagues),
        ]
