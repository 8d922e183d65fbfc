"""Sentences for rechecks, and names for their codes."""

from django.utils.translation import gettext_lazy as _

STATES = {
    "waiting": _("待复审"),
    "right": _("复审无误"),
    "wrong": _("复审有误"),
}
FAULTS = {
    "identity": _("身份核验不充分"),
    "evidence": _("材料不符合要求"),
    "fields": _("字段与材料不一致"),
    "authority": _("授权不成立"),
    "reasons": _("不予批准的理由不成立"),
    "procedure": _("没有按程序办理"),
}

WORDING = {
    "sampling.unknown": _("没有找到这件复审，或不属于您的机构。"),
    "sampling.own_work": _("录入人和原审核人不能复审（CPS %(cps)s）。"),
    "sampling.not_a_reviewer": _("只有审核员可以复审（CPS %(cps)s）。"),
    "sampling.fault": _("请从列表中选择结论（CPS %(cps)s）。"),
}
