"""Sentences for requests to freeze and to unfreeze."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ACTS = {"freeze": _("冻结"), "unfreeze": _("解冻")}
STATES = {
    "requested": _("待审核"),
    "done": _("已办理"),
    "refused": pgettext_lazy("state", "不予办理"),
    "withdrawn": _("已撤回"),
}
ASKERS = {
    "subscriber": _("订户本人"),
    "agent": _("受托经办人"),
    "ra": _("注册机构"),
    "government": _("政府主管部门"),
    "court": _("国家司法机关"),
}
CHECKED_HOW = {
    "on_site": _("现场核验证件原件"),
    "database": _("可信第三方数据库核验"),
    "biometric": _("在线生物识别"),
    "sealed_letter": _("机关来函或申请表，已核对公章"),
}
CAUSE_QUESTIONS = {
    "own_wish": _("订户想暂停使用证书，以后可能再用"),
    "unpaid": _("订户没有履行协议，如未按期缴费"),
    "authority": _("注册机构、主管部门或司法机关要求暂停使用"),
}
WORDING = {
    "holds.unknown": _("没有找到这件冻结或解冻申请，或不属于您的机构。"),
    "holds.asker": _("请选择由谁提出（CPS %(cps)s）。"),
    "holds.cause": _("提出人不能以这个原因申请冻结（CPS %(cps)s）。请重新选择。"),
    "holds.lifted_by_another": _(
        "解冻须由当初提出冻结的一方提出：订户自己冻结的由订户或经办人，"
        "机关冻结的由同一类机关来函（CPS %(cps)s）。"
    ),
    "holds.checked_how": _("请选择身份核对方式（CPS %(cps)s）。"),
    "holds.wrong_proof": _(
        "订户或经办人提出时必须核对身份；机构和机关提出时须有加盖公章的文件（CPS %(cps)s）。"
    ),
    "holds.document": _(
        "请写明申请表或公函的编号和日期，%(few)s 至 %(many)s 个字（CPS %(cps)s）。"
    ),
    "holds.note": _("请写明理由，%(few)s 至 %(many)s 个字（CPS %(cps)s）。"),
    "holds.message": _("请写明不予办理的理由，%(few)s 至 %(many)s 个字。"),
    "holds.not_now": _("证书现在的状态不能这样办理。请刷新页面再看。"),
    "holds.own_work": _("录入人不能审核自己录入的申请（CPS %(cps)s）。"),
    "holds.not_a_reviewer": _("只有审核员可以审核冻结和解冻申请（CPS %(cps)s）。"),
    "holds.over": _("这件申请已经办结。请刷新列表。"),
    "holds.not_yours": _("这件申请由其他受理员录入，您不能撤回。"),
    "holds.open_already": _("这张证书已有一件待审核的冻结或解冻申请，没有重复提交。"),
}
