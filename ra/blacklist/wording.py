"""Sentences for the blacklist, and names for its codes."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATES = {
    "proposed": _("待审批"),
    "listed": _("已列入"),
    "lifted": _("已解除"),
    "refused": pgettext_lazy("state", "不予列入"),
    "withdrawn": _("已撤回"),
}
KINDS = {
    "document": _("个人（按证件号码）"),
    "organization": _("单位（按统一社会信用代码）"),
    "phone": _("手机号"),
    "key": _("公钥"),
}
CAUSES = {
    "false_papers": _("提交虚假材料"),
    "false_identity": _("冒用他人身份"),
    "misuse": _("违规使用证书"),
    "compromised_key": _("密钥已泄露"),
    "court_order": _("司法或监管要求"),
}
LIFTS = {
    "cause_gone": _("原因已经消除"),
    "entered_wrongly": _("列入有误"),
    "court_order": _("司法或监管要求"),
}

WORDING = {
    "blacklist.unknown": _("没有找到这条名单记录。"),
    "blacklist.kind": _("请选择列入对象（CPS %(cps)s）。"),
    "blacklist.fingerprint": _("请填写公钥的 SM3 指纹，64 位十六进制（CPS %(cps)s）。"),
    "blacklist.cause": _("请选择列入原因（CPS %(cps)s）。"),
    "blacklist.lift": _("请选择解除原因（CPS %(cps)s）。"),
    "blacklist.paper": _("请填写依据文件的编号，2 至 %(most)s 个字（CPS %(cps)s）。"),
    "blacklist.until": _("截止日期不能早于今天（CPS %(cps)s）。"),
    "blacklist.not_yours": _("这一步由别人提出（CPS %(cps)s），您不能撤回。"),
    "blacklist.asked": _("已经有人提请解除，正在等审批（CPS %(cps)s）。没有任何改动。"),
    "blacklist.not_asked": _("这条记录现在没有待审批的事项。请刷新页面再看。"),
    "blacklist.listed_document": _(
        "申请人或经办人的证件在不予受理名单中（CPS %(cps)s）。名单解除前不能通过。"
    ),
    "blacklist.listed_organization": _("单位在不予受理名单中（CPS %(cps)s）。名单解除前不能通过。"),
    "blacklist.listed_phone": _("手机号在不予受理名单中（CPS %(cps)s）。名单解除前不能通过。"),
    "blacklist.listed_key": _("公钥在不予受理名单中（CPS %(cps)s）。请换用新的密钥，不能通过。"),
}
