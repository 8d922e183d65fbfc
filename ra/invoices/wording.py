"""Sentences for invoices, and names for their types and states."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ra.invoices.rules import Buyer, Reason, State, Type

STATES: Mapping[str, Any] = {
    State.ASKED: pgettext_lazy("invoice", "待开具"),
    State.ISSUED: pgettext_lazy("invoice", "已开具"),
    State.REVERSED: pgettext_lazy("invoice", "已冲红"),
    State.DECLINED: pgettext_lazy("invoice", "不开具"),
}
KINDS: Mapping[str, Any] = {
    Type.ORDINARY: _("电子普通发票"),
    Type.SPECIAL: _("增值税专用发票"),
}
BUYERS: Mapping[str, Any] = {Buyer.PERSON: _("个人"), Buyer.ORGANIZATION: _("单位")}
REASONS: Mapping[str, Any] = {
    Reason.DETAILS: _("抬头或税号有误"),
    Reason.AMOUNT: _("金额已变动"),
    Reason.ELSEWHERE: _("已用其他方式开具"),
}
FIELDS: Mapping[str, Any] = {
    "title": _("发票抬头"),
    "email": _("接收发票的邮箱"),
    "tax_number": _("统一社会信用代码（税号）"),
    "address": _("注册地址"),
    "phone": _("注册电话"),
    "bank": _("开户银行"),
    "account": _("银行账号"),
}
WORDING = {
    "invoices.unknown": _("没有这份开票申请，或不属于您的机构。"),
    "invoices.own": _("这是您自己录入的开票申请，请由另一位财务人员办理。没有任何改动。"),
    "invoices.not_yours": _("开票由受理点录入、财务人员办理。没有任何改动。"),
    "invoices.kind": _("请选择发票种类和购买方。"),
    "invoices.special_for_organizations": _("专用发票只开给单位。请改选电子普通发票，或填写单位。"),
    "invoices.missing": _("请填写，2 至 %(most)s 个字。"),
    "invoices.tax_number": _("统一社会信用代码不对，请核对 18 位代码。"),
    "invoices.email": _("请填写能收到发票的邮箱。"),
    "invoices.account": _("银行账号应为 8 至 32 位数字。"),
    "invoices.nothing_paid": _("这笔费用没有已缴的金额，不能开票（CPS %(cps)s）。没有提交。"),
    "invoices.amount": _("可开票的金额已变动（CPS %(cps)s）。没有记录，请不予开具并重新申请。"),
    "invoices.number": _("发票号码应为 8 至 20 位数字。"),
    "invoices.number_used": _("这个发票号码已经记录在另一份上。没有记录。"),
    "invoices.day": _("日期不能早于缴费或开票之日，也不能晚于今天。"),
    "invoices.reason": _("请选择不开具的原因。"),
    "invoices.asked_already": _("这笔费用已有开票申请或发票。没有重复提交。"),
}
