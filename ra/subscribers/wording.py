"""Sentences for subscribers, and names for their kinds (CPS 1.4.3)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS = {
    "person": pgettext_lazy("subscriber", "个人"),
    "organization": pgettext_lazy("subscriber", "单位"),
    "device": pgettext_lazy("subscriber", "设备"),
}

WORDING = {
    "subscribers.unknown": _("没有找到这位订户，或其申请不属于您的机构（CPS %(cps)s）。"),
}
