"""What consents are called, and sentences for their rules."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

PURPOSES = {
    "privacy": _("按隐私保护制度处理个人信息"),
    "notices": _("用短信和电子邮件告知办理情况"),
}
ENDED = {
    "on_site": _("本人到场撤回"),
    "written": _("书面撤回"),
    "replaced": pgettext_lazy("consent", "重新记录"),
}
WORDING = {
    "consents.purpose": _("没有这一项同意（CPS %(cps)s）。没有任何改动。"),
    "consents.needed": _(
        "提供证书服务须处理个人信息（CPS %(cps)s），不能单独撤回。不再同意的，请办理证书吊销。"
    ),
    "consents.how": _("请选择撤回的方式（CPS %(cps)s）。"),
    "consents.none": _("没有可以撤回的同意，或已经撤回（CPS %(cps)s）。没有任何改动。"),
}
