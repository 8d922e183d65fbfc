"""Sentences for revocation requests, and the questions that lead to a cause of CPS 4.9.1."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATES = {
    "requested": _("待审核"),
    "done": _("已吊销"),
    "refused": pgettext_lazy("state", "不予吊销"),
    "withdrawn": _("已撤回"),
}
ASKERS = {
    "subscriber": _("订户本人"),
    "agent": _("受托经办人"),
    "authority": _("CA 或注册机构"),
    "court": _("司法或监管机关"),
}
CHECKED_HOW = {
    "on_site": _("现场核验证件原件"),
    "database": _("可信第三方数据库核验"),
    "biometric": _("在线生物识别"),
    "not_needed": _("机构主动提出，无需鉴别（CPS 3.4）"),
}
CAUSE_QUESTIONS = {
    "key_at_risk": _("介质丢失、PIN 泄露，或怀疑别人能使用私钥"),
    "wrongly_issued": _("证书不是本人申请的，或签发没有按规定进行"),
    "content_wrong": _("证书里的姓名、单位等信息不准确或已变更"),
    "affiliation_ended": _("已离开证书所属的单位"),
    "obligations_broken": _("订户违反了订户协议"),
    "law_or_policy": _("法律、政策或司法机关要求作废"),
    "own_wish": _("没有以上情况，订户提前结束服务、不再使用证书（CPS 4.11）"),
}

WORDING = {
    "revocations.unknown": _("没有找到这件吊销申请，或不属于您的机构。"),
    "revocations.asker": _("请选择由谁提出（CPS %(cps)s）。"),
    "revocations.cause": _("提出人不能以这个原因申请吊销（CPS %(cps)s）。请重新选择。"),
    "revocations.discovered": _("发现时间不能早于 2000 年，也不能晚于现在。请更正。"),
    "revocations.checked_how": _("请选择身份核对方式（CPS %(cps)s）。"),
    "revocations.not_identified": _(
        "订户或经办人提出时必须核对身份；机构主动吊销时选择“无需鉴别”（CPS %(cps)s）。"
    ),
    "revocations.note": _("请写明提交了什么资料和情况，%(few)s 至 %(many)s 个字（CPS %(cps)s）。"),
    "revocations.not_valid": _("证书现在不是有效或冻结状态，不能再申请吊销。"),
    "revocations.message": _("请写明不予吊销的理由，%(few)s 至 %(many)s 个字。"),
    "revocations.own_work": _("录入人不能审核自己录入的吊销申请（CPS %(cps)s）。"),
    "revocations.not_a_reviewer": _("只有审核员可以审核吊销申请（CPS %(cps)s）。"),
    "revocations.over": _("这件吊销申请已经办结。请刷新列表。"),
    "revocations.not_yours": _("这件吊销申请由其他受理员录入，您不能撤回。"),
    "revocations.open_already": _("这张证书已有一件待审核的吊销申请，没有重复提交。"),
}
