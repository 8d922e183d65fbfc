"""Sentences for the offices' rules: rule code -> msgid."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "branches.code": _("机构代码应为 2 至 20 位大写字母、数字或短横线。请更正后再提交。"),
    "branches.name": _("机构名称应为 2 至 60 个字。请更正后再提交。"),
    "branches.below_a_counter": _(
        "受理点下面不能再设机构（CPS %(cps)s）。请选择注册机构作为上级。"
    ),
    "branches.counter_of_nobody": _("受理点必须属于一个注册机构（CPS %(cps)s）。请选择上级。"),
    "branches.taken": _("这个机构代码已经使用。请换一个。"),
    "branches.unknown": _("没有这个机构。请从列表中重新选择。"),
    "branches.no_office": _("您的账号没有所属机构，不能录入申请（CPS %(cps)s）。请选择受理机构。"),
}
