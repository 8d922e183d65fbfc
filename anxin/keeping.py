"""What is written down along the way and names somebody: how long, until when, for whose eyes.

WP-5.3b. Not here: the journal, which names staff and numbers alone and stays (CPS 5.4.3), and what
belongs to an application: that goes with it, by two people (CPS 3.2.3, `ra/retention`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

OWN = "own"  # everybody sees their own, and nobody another's


@dataclass(frozen=True, slots=True)
class Kept:
    """`days` at most; `ended_by`: a task of the timetable, or who else does it.

    `seen_by`: a role, or OWN.
    """

    what: object
    columns: tuple[str, ...]
    days: int
    ended_by: str
    seen_by: tuple[str, ...]


KEPT: Mapping[str, Kept] = {
    "people_staffsession": Kept(
        _("登录会话的地址和浏览器"),
        ("address", "browser"),
        2,
        "people.sessions.services.make_room",  # with the next sign-in of anybody
        (OWN,),
    ),
    "people_knownbrowser": Kept(
        _("登录过的浏览器和最近地址"), ("address", "browser"), 366, "people.forget_traces", (OWN,)
    ),
    "people_alert": Kept(
        _("安全提醒的地址和浏览器"), ("address", "browser"), 181, "people.forget_traces", (OWN,)
    ),
    "people_staffnotice": Kept(
        _("员工通知的收件邮箱"), ("to",), 181, "people.forget_traces", (OWN,)
    ),
    "people_mailbox": Kept(
        _("离职员工的工作邮箱（在职期间一直保留）"),
        ("address",),
        1,  # after they have left
        "people.forget_traces",
        (OWN,),
    ),
    "ra_submission": Kept(
        _("网上提交、尚未受理的申请和补正（加密；请求保留到办理为止）"),
        ("sealed", "network"),
        31,  # what was asked of a certificate waits until somebody decides (CPS 4.9.5)
        "ra.shred_submissions",
        ("operator",),
    ),
    "ra_importchunk": Kept(
        _("批量导入文件的内容（加密）"),
        ("rows", "report"),
        30,
        "ra.imports.services.close_forgotten",
        (OWN,),
    ),
    "ra_partneranswer": Kept(
        _("合作机构接口的答复（加密）"), ("body",), 2, "ra.sweep_partners", ()
    ),
    "logs/": Kept(
        _("各进程的运行日志"), (), 180, "anxin.supervisor.processes.Child.shorten_log", ()
    ),
}
