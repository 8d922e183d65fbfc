"""Sentences for this house's rules: rule code -> msgid (see `anxin/wording.py`)."""

from django.utils.translation import gettext_lazy as _

from audit.journal.rules import Fault

WORDING = {
    "journal.no_such_entry": _("没有这条审计记录。"),
}

OUTCOMES = {
    "done": _("完成"),
    "refused": _("拒绝"),
    "broken": _("断链"),
    "unwitnessed": _("未经见证"),
}
FAULTS = {
    Fault.CHANGED: _("内容被改动"),
    Fault.MISSING: _("记录缺失"),
    Fault.REORDERED: _("次序不符"),
    Fault.REWRITTEN: _("与签名服务留存的末端不符"),
}
