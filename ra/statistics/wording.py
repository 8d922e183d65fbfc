"""Headings of the figures."""

from django.utils.translation import gettext_lazy as _

COLUMNS = {  # of `rules.Figures`, in the order of the page
    "opened": _("新受理"),
    "approved": _("批准"),
    "rejected": _("不予批准"),
    "returned": _("退回补正"),
    "in_time": _("按时办结（%）"),
    "hours": _("平均办理（小时）"),
    "issued": _("已发放"),
    "revoked": _("吊销"),
    "waiting": _("现在待审核"),
    "overdue": _("现在超时"),
}
