"""Sentences for what is published, and names for its kinds and states."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "cps": _("电子认证业务规则（CPS）"),
    "agreement": _("订户协议"),
    "notice": _("公告"),
}
STATES = {"proposed": _("待审批"), "published": _("已公布"), "refused": _("未公布")}

WORDING = {
    "publications.unknown": _("没有找到这份文件（CPS %(cps)s）。"),
    "publications.version": _("版本号用字母、数字、点和短横，最多 20 个字符（CPS %(cps)s）。"),
    "publications.valid_from": _("生效日期不能早于今天。文件没有提交（CPS %(cps)s）。"),
    "publications.succeeds_today": _(
        "现行版本今天仍有效，新版本最早明天生效。文件没有提交（CPS %(cps)s）。"
    ),
    "publications.size": _("文件应在 4 MB 以内，不能是空文件。文件没有提交（CPS %(cps)s）。"),
    "publications.file": _("文件应为 PDF，或 UTF-8 编码的文本。文件没有提交（CPS %(cps)s）。"),
    "publications.taken": _("这个版本号已经用过，或当天已有另一版本生效。请改用新的版本号或日期。"),
}
