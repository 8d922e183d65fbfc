"""Sentences for the rules of profiles, below all rooms: `ca/wording.py` joins them."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "profiles.unknown": _("没有找到这个证书模板或版本。"),
    "profiles.fixed": _(
        "颁发者、算法、密钥用法、证书策略、种类和名称在各版本之间不能改变（CPS %(cps)s）。"
        "没有提交；要发另一种证书，请新设模板。"
    ),
    "profiles.years": _(
        "至少选一个年限，最长 %(most)s 年，不超过密钥和颁发者的期限（CPS %(cps)s）。"
    ),
    "profiles.attribute": _(
        "主体名称里的 %(attribute)s 不能这样设：受理点不能为每位申请人填写（CPS %(cps)s）。"
    ),
    "profiles.attribute_needed": _("主体名称必须有 %(attribute)s，用来指明是谁（CPS %(cps)s）。"),
    "profiles.purposes": _(
        "至少选一项适合这种证书的用途，服务器证书要有服务器身份验证（CPS %(cps)s）。"
    ),
    "profiles.policy": _("证书策略不是正确的对象标识符（CPS %(cps)s）。"),
    "profiles.publication": _("这种证书按规定不发布（CPS %(cps)s）。"),
    "profiles.reviews": _("审核人数应为 1 至 %(most)s 人（CPS %(cps)s）。"),
    "profiles.offered": _("这种证书不在受理点受理（CPS %(cps)s）。"),
    "profiles.extension": _("这种证书不能有这项国标扩展（CPS %(cps)s）。"),
    "profiles.private": _(
        "专用扩展每行一个：对象标识符、空格、文字（最长 200 字），最多五个，各不相同"
        "（CPS %(cps)s）。没有提交，请更正。"
    ),
    "profiles.private_arc": _(
        "专用扩展的对象标识符应在本机构自己的 %(arc)s 之下，不能借用标准的或别人的"
        "（CPS %(cps)s）。没有提交，请更正。"
    ),
    "profiles.code": _(
        "代码用小写字母、数字和连字符，5 至 40 个字符，以 %(word)s- 开头（CPS %(cps)s）。"
        "没有提交，请更正。"
    ),
    "profiles.code_taken": _("已有这个代码的证书模板。没有提交，请换一个代码。"),
    "profiles.policy_taken": _("证书策略的末段已由 %(code)s 使用。没有提交，请换一个。"),
    "profiles.title_taken": _("%(code)s 已用这个名称。没有提交，请换一个能区分的名称。"),
    "profiles.titles": _(
        "请填写中文名称和英文名称，各不超过 40 个字符；英文名称用英文字符。没有提交。"
    ),
    "profiles.kind": _("不能据这个模板新设这种证书（CPS %(cps)s）。没有提交，请重新选择。"),
    "profiles.retired": _("这个模板已停用，不能再改（CPS %(cps)s）。要再发这种证书，请新设模板。"),
    "profiles.retired_needed": _(
        "停用的模板不能受理；操作员登录用的证书模板不能停用（CPS %(cps)s）。没有提交。"
    ),
    "profiles.evidence": _("证明材料不能比 CPS 要求的少（CPS %(cps)s）。"),
    "profiles.same": _("和现行版本相比没有改变。没有提交。"),
    "profiles.changed_meanwhile": _("现行版本刚刚改变了。没有提交，请看过新的版本再改。"),
    "profiles.change_open": _("这个模板已有一项修改待审批或等待生效。没有提交。"),
    "profiles.not_to_come": _(
        "只有已同意、还没有到生效日期的版本可以撤回。没有任何改动；已生效的请另提修改。"
    ),
    "profiles.unproved": _(
        "这一版没有足够的签名审批（%(fault)s），不能用来签发（CPS %(cps)s）。"
        "现行版本不变，请重新提请。"
    ),
    "profiles.valid_from": _("生效日期从明天起，最晚 %(days)s 天之内；不填则通过后立即生效。"),
    "profiles.lint": _("按这个模板试签的证书不合规范：%(fault)s。没有提交，请修改。"),
}
