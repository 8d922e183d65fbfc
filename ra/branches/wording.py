"""Sentences for the offices' rules: rule code -> msgid."""

from django.utils.translation import gettext_lazy as _

OFFICE_KINDS = {"authority": _("注册机构（RA）"), "service_point": _("受理点（LRA）")}
OFFICE_STATES = {"open": _("营业"), "stopped": _("已停业")}
OFFICE_TERMS = {
    "office": _("机构"),
    "agreement": _("协议编号"),
    "profiles": _("可受理的证书"),
    "quota": _("年度受理数量"),
    "valid_from": _("协议生效日"),
    "valid_until": _("协议到期日"),
    "successor": _("接收机构"),
}

WORDING = {
    "branches.code": _("机构代码应为 2 至 20 位大写字母、数字或短横线。请更正后再提交。"),
    "branches.name": _("机构名称应为 %(few)s 至 %(many)s 个字。请更正后再提交。"),
    "branches.below_a_counter": _(
        "受理点下面不能再设机构（CPS %(cps)s）。请选择注册机构作为上级。"
    ),
    "branches.counter_of_nobody": _("受理点必须属于一个注册机构（CPS %(cps)s）。请选择上级。"),
    "branches.taken": _("这个机构代码已经使用。请换一个。"),
    "branches.unknown": _("没有这个机构。请从列表中重新选择。"),
    "branches.no_office": _("您的账号没有所属机构，不能录入申请（CPS %(cps)s）。请选择受理机构。"),
    "branches.stopped": _("本机构已停止受理（CPS %(cps)s）。未办结的申请已移交接收机构。"),
    "branches.no_authority": _(
        "本机构没有有效的业务授权（CPS %(cps)s），不能提交。草稿已保存，请联系 CA 安全管理员。"
    ),
    "branches.agreement_over": _(
        "本机构的授权协议不在有效期内（CPS %(cps)s），不能提交。草稿已保存，请联系 CA 安全管理员。"
    ),
    "branches.other_profile": _(
        "本机构的授权不含这种证书（CPS %(cps)s）。草稿已保存，请改由有授权的机构受理。"
    ),
    "branches.quota_used": _(
        "本机构今年的受理数量 %(quota)s 件已用完（CPS %(cps)s）。草稿已保存，请联系 CA 安全管理员。"
    ),
    "branches.not_an_ra": _("受理点按上级注册机构的授权办理（CPS %(cps)s），不能单独授权。"),
    "branches.agreement": _("请填写协议编号，3 至 40 个字（CPS %(cps)s）。"),
    "branches.profiles": _("请至少选择一种可受理的证书（CPS %(cps)s）。"),
    "branches.quota_size": _("年度数量应为 1 至 10000000；不限数量请留空。"),
    "branches.term": _("有效期的结束日期不能早于开始日期，也不能早于今天。"),
    "branches.needs_approval": _("授权须由两人办理（CPS %(cps)s）。请先提请，再由另一人审批。"),
    "branches.authorised_already": _("这个机构已有业务授权。变更请由两人办理（CPS %(cps)s）。"),
    "branches.open_below": _("下级机构还在营业（CPS %(cps)s）。请先停止下级机构，再停止本机构。"),
    "branches.successor": _("请选择另一个营业中的机构接收未办结的申请（CPS %(cps)s）。"),
}
