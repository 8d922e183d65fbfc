"""Words for fees: states, methods, and sentences for the rules that refuse."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATES: Mapping[str, Any] = {
    "open": pgettext_lazy("fee", "待缴费"),
    "paid": pgettext_lazy("fee", "已缴费"),
    "arrears": pgettext_lazy("fee", "欠费"),
    "void": pgettext_lazy("fee", "已作废"),
    "refund_due": pgettext_lazy("fee", "待退款"),
    "refund_asked": pgettext_lazy("fee", "退款待审批"),
    "refunded": pgettext_lazy("fee", "已退款"),
}
METHODS: Mapping[str, Any] = {
    "cash": _("现金"),
    "transfer": _("银行转账"),
    "online": _("在线支付"),
}
WORDING = {
    "fees.unknown": _("没有找到这笔费用。"),
    "fees.not_finance": _("只有财务人员可以办理费用（CPS %(cps)s）。"),
    "fees.price": _("价格应为 0 到 1000000 元，最多两位小数。"),
    "fees.no_prices": _("价目表里还没有价格。"),
    "fees.valid_from": _("生效日期不能早于今天，也不能与另一份价目表或截止日期冲突。"),
    "fees.proposed_already": _("已有一份价目表待审批。请等它审批结束再提交新的。"),
    "fees.above_published": _("协议价不能高于公布的价格（CPS %(cps)s）。"),
    "fees.not_offered": _("价目表里没有这个有效期的价格，请选择其他有效期（CPS %(cps)s）。"),
    "fees.paid_for_another_term": _("费用已按原来的有效期缴清，不能再改有效期。请另开一件申请。"),
    "fees.payment": _("收款金额应等于应缴金额。没有记账，请核对。"),
    "fees.method": _("请选择付款方式。"),
    "fees.receipt": _("请填写收据号，最多 %(most)s 个字符。"),
    "fees.receipt_used": _("这个收据号已经用过。没有记账，请核对。"),
}
