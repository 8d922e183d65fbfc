"""What people read when a rule refuses: rule code -> Chinese sentence (msgid), with its blanks.

Each house keeps the sentences of its own rules in `<house>/wording.py`; this page joins them.
Say what happened, what it means for the data, what to do.
"""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anxin.kernel.errors import Refusal
from audit.wording import WORDING as AUDIT
from ca.wording import WORDING as CA
from kmc.wording import WORDING as KMC
from people.wording import WORDING as PEOPLE
from ra.wording import WORDING as RA

WORDING = {
    "state.no_such_step": _("这一步现在不能做：状态已经改变。没有任何改动，请刷新页面再看。"),
    "state.changed_meanwhile": _("别人刚刚改变了它的状态。您的操作没有生效，请刷新页面再看。"),
    "site.too_often": _("操作太频繁。请过 %(minutes)s 分钟再试。"),
    "database.unavailable": _("数据库暂时连接不上。提交没有成功，数据未改变，请稍后再试。"),
    "server.error": _(
        "系统出错，提交没有成功，数据未改变。请再试一次；仍不行请把错误号告诉运维：%(number)s"
    ),
    **AUDIT,
    **PEOPLE,
    **KMC,
    **CA,
    **RA,
}


def sentence(refusal: Refusal) -> str:
    """The refusal in the reader's language, with its clause."""
    template = WORDING.get(refusal.rule)
    if template is None:
        return gettext("请求被拒绝（规则 %(rule)s）。数据未改变。") % {"rule": refusal.rule}
    return str(template) % {"cps": refusal.cps, "field": refusal.field, **refusal.details}
