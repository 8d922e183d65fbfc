"""Sentences for the review's rules, coded reasons as the applicant reads them, checklist items."""

from django.utils.translation import gettext_lazy as _

REASONS = {
    "A01": _("材料图像不清楚或不完整，请重新拍摄或扫描"),
    "A02": _("身份证件已过有效期，请提交有效证件"),
    "A03": _("填写的姓名与证件不一致，请更正"),
    "A04": _("填写的证件类型或号码与证件不一致，请更正"),
    "A05": _("联系方式有误，请更正"),
    "A06": _("申请表没有签字或内容不完整，请补签或重填"),
    "A07": _("授权委托书缺签字、超出授权或与经办人不符，请重新出具"),
    "A08": _("单位证明缺盖章或与填写的单位不一致，请重新出具"),
    "A09": _("证书请求需要重新生成并提交"),
    "A10": _("其他需要补正的内容，见审核员说明"),
    "A11": _("执照复印件缺盖章，或与填写的单位名称、统一社会信用代码不一致，请重新提交"),
    "A12": _("域名、IP 或备案、承诺材料缺盖章，或与填写的服务器名称不一致，请重新提交"),
    "J01": _("未能通过身份核验"),
    "J02": _("提交的材料不真实或经过改动"),
    "J03": _("申请人或经办人无权办理"),
    "J04": _("存在名称或商标争议"),
    "J05": _("法律或政策规定不能办理"),
    "J06": _("逾期没有补正"),
}
CHECKLIST = {
    "check.form_signed": _("申请表填写完整，签字齐全"),
    "check.document_valid": _("身份证件在有效期内，图像清晰、没有改动痕迹"),
    "check.same_person": _("到场人与证件照片一致，或核验结果为同一人"),
    "check.agreement": _("申请人已接受现行订户协议"),
    "check.certificate": _("已核对证书预览中的主体、公钥和有效期"),
    "check.proxy_authorised": _("授权委托书签字齐全，授权事项包含本项业务"),
    "check.organization_confirms": _("单位证明盖章清晰，与填写的单位一致"),
    "check.sealed": _("申请表、执照复印件均盖单位公章，印文与单位名称一致"),
    "check.hosts": _("域名、IP 使用权和 ICP 证明、承诺书均属申请单位，与所列名称一致"),
    "check.agent_authorised": _("授权委托书有签字和公章，授权经办人办理本项业务"),
}
REVEAL_REASONS = {
    "compare_document": _("与证件逐字核对"),
    "call_applicant": _("联系申请人"),
    "same_subject": _("核对是否同一主体"),
    "complaint": _("处理投诉或争议"),
    "court": _("司法或监管要求"),
}
PASS_REASONS = {
    "shift_ends": _("交班"),
    "knows_applicant": _("与申请人相识，需要回避"),
    "needs_colleague": _("需要由更熟悉的人审核"),
    "called_away": _("临时有其他工作"),
}
VIEWS = {
    "waiting": _("待审核"),
    "resubmitted": _("补正回件"),
    "second": _("复核"),
    "mine": _("我已领取"),
    "drafts": _("我的受理"),
    "issuing": _("待制证"),
    "issued": _("待发放"),
    "done_today": _("今日已办"),
    "all": _("全部"),
}

WORDING = {
    "review.pass_reason": _("请选择移交原因。"),
    "review.no_colleague": _("这位同事不能审核这件申请（CPS %(cps)s）。请选择别人，或放回队列。"),
    "review.draft": _("这件申请还没有提交过，不能审核。"),
    "review.not_a_reviewer": _("只有审核员可以审核（CPS %(cps)s）。"),
    "review.own_work": _("录入人不能审核自己录入的申请（CPS %(cps)s）。"),
    "review.not_submitted": _("这件申请现在不在审核中，可能已由他人办结。请刷新列表。"),
    "review.decided_already": _("您已经审核过这件申请，复核须由另一人进行（CPS %(cps)s）。"),
    "review.claimed": _("另一位审核员正在办理这件申请。请选择其他申请，或等待释放。"),
    "review.not_claimed": _("请先领取这件申请。领取 %(minutes)s 分钟内没有操作会自动释放。"),
    "review.approval_over": _("审批已超过期限失效。请受理员重新提请审核，或直接退回、不予批准。"),
    "review.no_such_item": _("没有这一项。请刷新页面再试。"),
    "review.not_seen": _(
        "有 %(count)s 项内容被遮盖，您还没有看过。"
        "请先查看再核对：点“查看完整”与材料比对，再判定一致（CPS %(cps)s）。没有任何改动。"
    ),
    "review.mismatch": _("%(count)s 项不一致。存在不一致时只能退回补正或不予批准（CPS %(cps)s）。"),
    "review.not_previewed": _(
        "您还没有看过证书预览。请先打开“证书预览”，"
        "核对将签发的内容，再勾选（CPS %(cps)s）。没有任何改动。"
    ),
    "review.incomplete": _("还有 %(count)s 项字段未核对（CPS %(cps)s）。"),
    "review.unticked": _("还有 %(count)s 项清单未核对（CPS %(cps)s）。"),
    "review.unopened": _("还有 %(count)s 份材料没有打开看过（CPS %(cps)s）。"),
    "review.reasons": _("请至少选择一个原因（CPS %(cps)s）。"),
    "review.message": _("请写明需要申请人做什么，%(few)s 至 %(many)s 个字。"),
    "review.message_personal": _(
        "说明里好像有证件号码、手机号或邮箱。这段话会显示在查询页上，请删去后再提交。"
    ),
    "review.reveal_reason": _("查看完整信息需要说明原因（CPS %(cps)s）。请从列表中选择。"),
}
