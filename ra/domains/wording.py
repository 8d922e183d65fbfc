"""Sentences for proofs of control over domain names and addresses; names of their codes."""

from django.utils.translation import gettext_lazy as _

STATES = {
    "asked": _("待验证"),
    "proved": _("已验证"),
    "failed": _("验证不通过"),
    "expired": _("验证已过期"),
}
METHODS = {"dns": _("DNS TXT 记录"), "http": _("HTTP 文件"), "caa": _("CAA 记录")}
OUTCOMES = {
    "found": _("内容相符"),
    "absent": _("没有找到"),
    "wrong": _("内容不符"),
    "unreachable": _("没有应答"),
    "private": _("指向内部地址"),
    "redirect": _("跳转不被允许"),
    "too_large": _("内容过长"),
    "permitted": _("允许本 CA 签发"),
    "forbidden": _("不允许本 CA 签发"),
    "unknown": _("没有应答"),
}

WORDING = {
    "domains.unknown": _("没有找到这一项域名或 IP 验证，或它已不在申请中。请刷新页面。"),
    "domains.none": _("请至少填写一个域名或 IP 地址（CPS %(cps)s）。"),
    "domains.too_many": _("一件申请最多 %(most)s 个域名和 IP 地址，请分成几件申请。"),
    "domains.name": _("%(name)s 不是完整的域名或 IP 地址，请更正（CPS %(cps)s）。"),
    "domains.wildcard": _("这种证书不能有通配符域名 %(name)s，请逐个写出主机名（CPS %(cps)s）。"),
    "domains.public_suffix": _(
        "%(name)s 是公共域名后缀，不归任何一家单位所有，不能申请（CPS %(cps)s）。"
    ),
    "domains.not_public": _("%(name)s 不在公共域名体系内，无法验证，不能写入证书（CPS %(cps)s）。"),
    "domains.private_address": _(
        "%(name)s 是内部或保留地址，不是互联网地址，不能申请（CPS %(cps)s）。"
    ),
    "domains.decided": _("申请已经办结，不再验证域名和 IP。没有任何改动。"),
    "domains.too_soon": _("刚刚检查过，请过一分钟再试。没有任何改动。"),
    "domains.not_at_counter": _("只有受理员和审核员可以要求重新检查。没有任何改动。"),
    "domains.not_proved": _(
        "%(name)s 的控制权还没有验证，或验证已过期，不能批准（CPS %(cps)s）。"
        "请在“域名与 IP 验证”页查看。"
    ),
    "domains.not_found": _("各检查点都没有看到要求的内容。请核对后等待下次检查。"),
    "domains.disagreement": _(
        "只有部分检查点看到要求的内容，其余没有。可能是 DNS 尚未全部更新，也可能有人篡改应答；"
        "须至少两处一致才算通过。"
    ),
    "domains.leads_inside": _("名称指向内部或保留地址，拒绝连接，验证不通过（CPS 3.2.4）。"),
    "domains.caa": _("域名的 CAA 记录不允许本 CA 签发（RFC 8659），不能批准。"),
    "domains.caa_unknown": _(
        "查询域名的 CAA 记录没有得到应答，不能批准。系统会自动再查，也可以现在重新检查。"
    ),
    "domains.caa_old": _(
        "CAA 记录的查询已超过 %(hours)s 小时，签发前须重新查询。请点“重新检查”，稍后再批准。"
    ),
    "domains.no_vantage": _("没有配置至少两个检查点，无法验证。请联系运维。"),
    "domains.proof_over": _("验证结果已超过有效期，须重新验证。"),
}


def reason(rule: str) -> str:
    """Why a proof stands where it does, in the reader's language; "" for none."""
    return str(WORDING[rule]) % {"name": "", "cps": "3.2.4"} if rule else ""
