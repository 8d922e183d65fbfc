"""Forms about the end of an authority. They carry; the rules judge."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ca.endings import queries, rules
from ca.endings.kinds import Kind
from ca.endings.rules import Declaration
from ca.endings.wording import KINDS

DAY = forms.DateInput(attrs={"type": "date"})
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def _long(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class DeclareForm(forms.Form):
    """`said` is the declaration once the form is valid."""

    kind = forms.ChoiceField(label=_("类型"), choices=list(KINDS.items()))
    authority = forms.ChoiceField(label="CA")
    drill = forms.BooleanField(
        label=_("这是演练"),
        required=False,
        help_text=_("每一步都照走，只数不改：证书、CRL、通知和公告都不受影响。"),
    )
    known = forms.CharField(
        label=_("已知情况或原因"),
        max_length=rules.KNOWN,
        widget=_long(4),
        help_text=_("委员会和主管部门会看到；请不要写订户的个人信息。"),
    )
    since = forms.DateTimeField(
        label=_("密钥从何时起不可信"),
        required=False,
        widget=MOMENT,
        help_text=_("只用于密钥损害；写入 CRL。"),
    )
    ends_on = forms.DateField(
        label=_("停止服务的日期"),
        required=False,
        widget=DAY,
        help_text=_("只用于终止服务；至少在九十天之后。"),
    )
    notice = forms.CharField(
        label=_("公告全文"),
        max_length=rules.NOTICE,
        widget=_long(8),
        help_text=_("委员会同意后立即在公共网站公布，订户收到的通知里有它的地址。"),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["authority"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.code, f"{one.code}　{one.subject}") for one in queries.authorities()]

    def said(self) -> Declaration:
        """Of each kind only what is its own."""
        given = dict(self.cleaned_data)
        other = "ends_on" if given["kind"] == Kind.COMPROMISE else "since"
        return Declaration(**given | {other: None})


class ConfirmForm(forms.Form):
    note = forms.CharField(label=_("做了什么（文号、地址、对方）"), max_length=rules.NOTE)
    on_day = forms.DateField(label=_("日期"), widget=DAY)


class ReportForm(forms.Form):
    note = forms.CharField(label=_("结束报告"), max_length=rules.REPORT, widget=_long(10))
    on_day = forms.DateField(label=_("日期"), widget=DAY)


class LinkForm(forms.Form):
    ceremony = forms.CharField(
        label=_("密钥仪式编号"), max_length=20, help_text=_("如 KC-2026-001，已经结束的。")
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("原因"), max_length=rules.NOTE, help_text=_("请不要写订户的个人信息。")
    )
