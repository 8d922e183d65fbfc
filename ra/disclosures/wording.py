"""Sentences for disclosure cases, and names for their codes."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATES = {
    "asked": _("待审批"),
    "approved": _("已同意，待制作"),
    "produced": _("已制作，待交付"),
    "handed_over": _("已交付"),
    "refused": pgettext_lazy("state", "不予提供"),
    "withdrawn": _("已撤回"),
}
BASES = {
    "own": _("信息所有人本人查阅、复制（CPS 9.4.6）"),
    "consent": _("信息所有人书面授权（CPS 9.4.6）"),
    "order": _("司法或行政机关依法要求（CPS 9.4.5）"),
}

WORDING = {
    "disclosures.unknown": _("没有找到这件信息提供申请，或不属于您的机构。"),
    "disclosures.basis": _("只有所有人书面授权或依法要求才能提供个人信息（CPS %(cps)s）。"),
    "disclosures.authority": _("请写明授权人或要求提供的机关，2 至 100 个字（CPS %(cps)s）。"),
    "disclosures.number": _("请填写授权书或法律文书的编号，2 至 60 个字（CPS %(cps)s）。"),
    "disclosures.recipient": _("请写明提供给谁，2 至 100 个字（CPS %(cps)s）。"),
    "disclosures.purpose": _("请写明用途，2 至 300 个字（CPS %(cps)s）。"),
    "disclosures.dated": _("文书日期不能晚于今天（CPS %(cps)s）。"),
    "disclosures.scope": _(
        "请逐项选择需要提供的内容，只能选择申请里有的项目；没有选的一律不提供（CPS %(cps)s）。"
    ),
    "disclosures.taken_by": _("请写明领取人，2 至 100 个字（CPS %(cps)s）。"),
    "disclosures.identified": _("请写明怎样核对领取人的身份，2 至 100 个字（CPS %(cps)s）。"),
    "disclosures.message": _("请写明不予提供的理由，%(few)s 至 %(many)s 个字。"),
    "disclosures.not_yours": _("这件申请由其他受理员录入（CPS %(cps)s），您不能办理。"),
    "disclosures.no_extract": _(
        "现在没有可取的摘录：还没有制作，或已经交付。交付后不再提供第二份（CPS %(cps)s）。"
    ),
}
