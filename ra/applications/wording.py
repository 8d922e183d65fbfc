"""Sentences for the applications' rules, and names for their states."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATES = {
    "draft": _("录入中"),
    "submitted": _("待审核"),
    "returned": pgettext_lazy("state", "退回补正"),
    "approved": _("待制证"),
    "failed": _("未能签发"),
    "issued": _("待领取"),
    "accepted": _("已领取"),
    "rejected": pgettext_lazy("state", "不予批准"),
    "cancelled": _("已撤回"),
}
CHANNELS = {
    "counter": _("柜台受理"),
    "online": _("网上提交"),
    "partner": _("合作机构接口"),
}
ACCEPTED_HOW = {
    "signed_on_paper": _("书面签署"),
    "on_screen": _("屏幕确认"),
}

WORDING = {
    "applications.unknown": _("没有找到这件申请，或不属于您的机构。请核对受理编号。"),
    "applications.not_an_operator": _("只有受理员可以办理（CPS %(cps)s）。没有任何改动。"),
    "applications.not_editable": _("申请已提交或已办结，不能再修改。没有任何改动。"),
    "applications.content_changed": _(
        "内容在您打开页面之后有了变化。您的操作没有生效，请刷新页面重新核对。"
    ),
    "applications.not_reviewed": _("审核步骤没有做完，不能批准（CPS %(cps)s）。请从审核页面办理。"),
    "applications.yours_already": _("这件申请本来就由您录入，不用接手。没有任何改动。"),
    "applications.not_yours": _("这件申请由其他受理员录入，您只能查看（CPS %(cps)s）。"),
    "applications.no_person": _("这一步须由登录的人员办理。没有任何改动。"),
    "applications.years": _("没有这个期限（CPS %(cps)s）。请从列出的年限中选择。"),
    "applications.agreement_version": _(
        "订户协议没有公布，或这个版本已不使用。请让申请人阅读并接受现行版本。"
    ),
    "applications.agreement_how": _("请选择申请人接受协议的方式。"),
}
