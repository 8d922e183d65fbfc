"""The form of a revocation request: questions first, the CPS's words for the cause come of it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.requests.rules import NOTE_MOST
from ra.revocations.rules import QUESTIONS, Asker, CheckedHow
from ra.revocations.wording import ASKERS, CAUSE_QUESTIONS, CHECKED_HOW


class RevocationForm(forms.Form):
    asker = forms.ChoiceField(
        label=_("由谁提出"), choices=[(asker.value, ASKERS[asker]) for asker in Asker]
    )
    cause = forms.ChoiceField(
        label=_("发生了什么"),
        choices=[(q.cause, CAUSE_QUESTIONS[q.cause]) for q in QUESTIONS],
        widget=forms.RadioSelect,
    )
    discovered_at = forms.DateTimeField(
        label=_("何时发现"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    checked_how = forms.ChoiceField(
        label=_("怎样核对提出人的身份"),
        choices=[(how.value, CHECKED_HOW[how]) for how in CheckedHow],
    )
    note = forms.CharField(
        label=_("提交的书面资料和情况说明"),
        max_length=NOTE_MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
