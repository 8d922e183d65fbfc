"""Sentences for handing over. The public site says the same whatever was wrong with a code."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STEPS = {
    "submitted": _("已受理"),
    "resubmitted": _("补正后已提交"),
    "returned": pgettext_lazy("state", "退回补正"),
    "approved": _("审核通过"),
    "issued": _("证书已签发"),
    "accepted": _("已领取证书"),
    "rejected": pgettext_lazy("state", "不予批准"),
    "revoked": _("证书已吊销"),
}

REPLACEMENT_CAUSES = {
    "lost": _("参考号或授权码遗失"),
    "seen": _("授权码可能被他人看到"),
    "locked": _("输错次数过多，凭证已锁定"),
    "expired": _("凭证过期，没有领取"),
}

WORDING = {
    "handover.replacement_cause": _("请选择补发原因（CPS %(cps)s）。"),
    "handover.checked_how": _("请选择怎样核对了领取人的身份（CPS %(cps)s）。"),
    "handover.nothing_to_replace": _("还没有发放过下载凭证，不需要补发（CPS %(cps)s）。"),
    "handover.replacement_asked": _("补发已经提请，等另一人审批（CPS %(cps)s）。没有重复提交。"),
    "handover.replacement_agreed": _("补发已获同意，请直接生成新的参考号和授权码（CPS %(cps)s）。"),
    "handover.replace_first": _(
        "已发放过下载凭证。重新发放须核对身份并经另一人同意（CPS %(cps)s）。没有生成新的凭证。"
    ),
    "handover.no_match": _(
        "号码和代码对不上，或输错次数过多。请核对回执后再试；"
        "连续输错 %(tries)s 次后，查询需等 %(minutes)s 分钟，领取需到受理点更换授权码。"
    ),
    "handover.certificate_over": _("这张证书已经吊销，不能再领取。如需证书请重新申请。"),
    "handover.on_hold": _("这张证书正在冻结，解冻前不能领取（CPS %(cps)s）。请联系受理点。"),
    "handover.picked_up": _("订户已经领取证书，不再发放下载凭证（CPS %(cps)s）。没有任何改动。"),
    "handover.not_submitted": _("申请还没有提交，没有进度可以查询。"),
    "handover.no_certificate": _(
        "证书还没有签发，或已不是有效状态，不能发放下载凭证（CPS %(cps)s）。"
    ),
}
