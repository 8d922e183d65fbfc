"""Words for fees: states, methods, and sentences for the rules that refuse."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ra.fees.rules import Service

STATES: Mapping[str, Any] = {
    "open": pgettext_lazy("fee", "待缴费"),
    "paid": pgettext_lazy("fee", "已缴费"),
    "arrears": pgettext_lazy("fee", "欠费"),
    "void": pgettext_lazy("fee", "已作废"),
    "refund_due": pgettext_lazy("fee", "待退款"),
    "refund_asked": pgettext_lazy("fee", "退款待审批"),
    "refunded": pgettext_lazy("fee", "已退款"),
    "waived": pgettext_lazy("fee", "已减免"),
}
SERVICES: Mapping[str, Any] = {
    "new": pgettext_lazy("fee", "新办"),
    "renewal": pgettext_lazy("fee", "更新（原密钥）"),
    "re_key": pgettext_lazy("fee", "密钥更新"),
    "modification": pgettext_lazy("fee", "变更"),
    "codes": pgettext_lazy("fee", "补发下载凭证"),
}
WAIVER_CAUSES: Mapping[str, Any] = {
    "our_fault": _("因我方差错"),
    "reduction": _("优惠措施"),
    "hardship": _("订户困难"),
}
METHODS: Mapping[str, Any] = {
    "cash": _("现金"),
    "transfer": _("银行转账"),
    "online": _("在线支付"),
}
WORDING = {
    "fees.invoiced": _(
        "这笔钱已开发票（CPS %(cps)s）。请先在发票页记录红字发票，再退款。没有任何改动。"
    ),
    "fees.unknown": _("没有找到这笔费用。"),
    "fees.not_finance": _("只有财务人员可以办理费用（CPS %(cps)s）。"),
    "fees.headquarters": _("价目表由 CA 总部的财务人员办理（CPS %(cps)s）。没有任何改动。"),
    "fees.price": _("价格应为 0 到 1000000 元，最多两位小数。"),
    "fees.no_prices": _("价目表里还没有价格。"),
    "fees.valid_from": _("生效日期不能早于今天，也不能与另一份价目表或截止日期冲突。"),
    "fees.proposed_already": _("已有一份价目表待审批。请等它审批结束再提交新的。"),
    "fees.above_published": _("协议价不能高于公布的价格（CPS %(cps)s）。"),
    "fees.no_price": _(
        "这种证书还没有公布价格，暂不受理（CPS %(cps)s）。已填写的内容仍在草稿里，"
        "请等价格公布后再办理。"
    ),
    "fees.not_offered": _("价目表里没有这个有效期的价格，请选择其他有效期（CPS %(cps)s）。"),
    "fees.paid_for_another_term": _("费用已按原来的有效期缴清，不能再改有效期。请另开一件申请。"),
    "fees.no_subscriber": _("没有已提交的这件申请，或不属于您的机构。请核对受理编号。"),
    "fees.nothing_to_waive": _("这笔费用现在没有应缴金额，不能减免。没有任何改动。"),
    "fees.waiver_cause": _("请选择减免原因。"),
    "fees.payment": _("收款金额应等于应缴金额。没有记账，请核对。"),
    "fees.method": _("请选择付款方式。"),
    "fees.receipt": _("请填写收据号，最多 %(most)s 个字符。"),
    "fees.receipt_used": _("这个收据号已经用过。没有记账，请核对。"),
}


def price_of(profile: object, service: str, years: int | str) -> str:
    """What a price is the price of."""
    names = {"profile": profile, "service": SERVICES[service], "years": years}
    if service == Service.CODES:
        return gettext("%(profile)s，%(service)s（元）") % names
    return gettext("%(profile)s，%(service)s，%(years)s 年（元）") % names
