"""The form of a request to freeze or to unfreeze: who asks decides which papers are needed."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ra.holds.rules import DOCUMENT_MOST, QUESTIONS, Act, Asker, CheckedHow
from ra.holds.wording import ASKERS, CAUSE_QUESTIONS, CHECKED_HOW
from ra.requests.rules import NOTE_MOST


class HoldForm(forms.Form):
    asker = forms.ChoiceField(
        label=_("由谁提出"), choices=[(asker.value, ASKERS[asker]) for asker in Asker]
    )
    cause = forms.ChoiceField(
        label=_("为什么冻结"),
        choices=[(q.cause, CAUSE_QUESTIONS[q.cause]) for q in QUESTIONS],
        widget=forms.RadioSelect,
    )
    checked_how = forms.ChoiceField(
        label=_("怎样核对提出人的身份和权限"),
        choices=[(how.value, CHECKED_HOW[how]) for how in CheckedHow],
    )
    document = forms.CharField(label=_("申请表或公函的编号和日期"), max_length=DOCUMENT_MOST)
    note = forms.CharField(
        label=_("理由和提交的身份证明材料"),
        max_length=NOTE_MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, act: str, data: QueryDict | None) -> None:
        super().__init__(data)
        if act == Act.UNFREEZE:  # it lifts a freeze, which had its cause
            del self.fields["cause"]
