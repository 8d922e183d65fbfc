"""Forms of custody. They carry; the rules judge, and the signer once more."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from anxin.forms import Ticks
from ca.custody import rules
from ca.custody.wording import HELPER, HOME_SIGNER, PURPOSES
from pki.signer.protocol import HOME

MOST = 4096  # hexadecimal digits of anything a browser hands in


class DraftForm(forms.Form):
    """`people`: (id, name) of those who have the role."""

    people = forms.TypedMultipleChoiceField(
        label=_("三位密钥管理员，每人一份"), coerce=int, widget=Ticks
    )

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]], **named: Any) -> None:
        super().__init__(*args, **named)
        field = self.fields["people"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(people)


class AskForm(forms.Form):
    """`helpers`: places of the signers that help; without any nobody is asked which one."""

    place = forms.TypedChoiceField(label=_("启用哪个签名服务"), coerce=int, initial=HOME)
    purpose = forms.ChoiceField(label=_("用途"), choices=list(PURPOSES.items()))
    hours = forms.IntegerField(
        label=_("最长时间（小时）"), min_value=1, initial=rules.LONGEST[rules.Purpose.CEREMONY]
    )
    signatures = forms.IntegerField(label=_("签名次数上限"), min_value=1, initial=10_000)
    ceremony = forms.CharField(
        label=_("仪式编号"),
        max_length=20,
        required=False,
        help_text=_(
            "用于密钥仪式时填写，例如 KC-2026-004。正在进行的日常启用随之结束，仪式之后须另行启用。"
        ),
    )
    reason = forms.CharField(
        label=_("原因"), max_length=rules.LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, helpers: Iterable[int] = (), **named: Any) -> None:
        super().__init__(*args, **named)
        names = [(place, HELPER % {"n": place}) for place in helpers]
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(HOME, HOME_SIGNER), *names]
        if not names:
            del self.fields["place"]


class ReasonForm(forms.Form):
    """Why the keys are to be sealed."""

    reason = forms.CharField(
        label=_("原因"), max_length=rules.LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )


class _Made(forms.Form):
    """What the browser made; nobody types it."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for field in self.fields.values():
            field.widget = forms.HiddenInput()


class EnrolForm(_Made):
    key = forms.CharField(max_length=MOST)
    transport = forms.CharField(max_length=MOST)


class ReceiptForm(_Made):
    receipt = forms.CharField(max_length=MOST)


class ShareForm(_Made):
    sealed = forms.CharField(max_length=MOST)
    share_signature = forms.CharField(max_length=MOST)


class ProofForm(_Made):
    proof = forms.CharField(max_length=MOST)
