"""Sentences for asking authority sources; names of parties and answers."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

PARTIES = {
    "person": _("申请人"),
    "agent": _("经办人"),
    "organization": _("申请单位"),
    "employer": _("所在单位"),
}
OUTCOMES = {
    "matches": pgettext_lazy("lookup", "一致"),
    "differs": pgettext_lazy("lookup", "不一致"),
    "unknown": pgettext_lazy("lookup", "没有记录"),
}
SILENCES = {
    "timeout": _("没有回答：超时"),
    "unreachable": _("没有回答：连接不上"),
    "refused": _("没有回答：对方拒绝"),
    "malformed": _("没有回答：答复无法识别"),
    "settings": _("没有回答：本机配置有误，请告诉运维"),
}

WORDING = {
    "lookups.nobody": _("没有可以查询的权威来源，或姓名、号码还没有填全。没有发出任何查询。"),
    "lookups.enough": _(
        "这件申请的查询结果已近 %(most)s 条，不能再查。请按已有结果判断（CPS %(cps)s）。"
    ),
}
