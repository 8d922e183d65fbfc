"""Sentences for agreements with other CAs, and names for what they say."""

from django.utils.translation import gettext_lazy as _

TERMS = {
    "ca_name": _("对方 CA 名称"),
    "number": _("协议编号"),
    "valid_from": _("协议生效日"),
    "valid_until": _("协议到期日"),
}

WORDING = {
    "agreements.name": _("对方 CA 的名称应为 2 至 60 个字。"),
    "agreements.number": _("协议编号应为 3 至 40 位文字、数字、短横线或括号。"),
    "agreements.term": _("协议到期日不能早于生效日。"),
    "agreements.taken": _("这份协议已经登记（CPS %(cps)s）。没有任何改动。"),
    "agreements.none": _(
        "没有与对方 CA 的有效协议，不能采信它鉴别过的信息（CPS %(cps)s）。请另选核验方式。"
    ),
}
