"""Sentences for the rules of `ca.endings`; below that room, which asks others for words."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "endings.asked": _("已经提请委员会，请等它决定。没有任何改动。"),
    "endings.authority": _("没有这个 CA，或它还没有启用。请从列表中选择。"),
    "endings.ceremony": _(
        "请填写声明之后起草、已经结束、类型和密钥都属于这个 CA 的密钥仪式编号；演练对应演练。"
        "没有任何改动。"
    ),
    "endings.ceremony_unproved": _(
        "这次密钥仪式的记录不能证明：它的审批、确认和签名不齐全，或彼此不符。没有任何改动；"
        "请不要使用它，并通知安全管理员和审计员。"
    ),
    "endings.changed": _("内容与声明时不一致，没有执行。请重新声明。"),
    "endings.day": _("日期应在声明之日和今天之间。请更正后再提交。"),
    "endings.declared": _("这个 CA 的处置程序已经在进行，不能再声明一次。没有任何改动。"),
    "endings.grown": _(
        "声明之后有了新的下级 CA：%(codes)s。委员会没有见过，不能继续。没有任何改动；"
        "请由委员会否决或中止后重新声明（CPS %(cps)s）。"
    ),
    "endings.kind": _("请选择处置类型。"),
    "endings.left_certificates": _(
        "还有未到期、未吊销的证书，不能写结束报告（CPS %(cps)s）。没有任何改动；请先完成吊销。"
    ),
    "endings.left_directory": _(
        "目录服务里还有这个 CA 的证书，或 CRL 不是最新一份，不能写结束报告（CPS %(cps)s）。"
        "没有任何改动；请稍后再试。"
    ),
    "endings.left_lists": _(
        "还有吊销没有列入 CRL，不能写结束报告（CPS %(cps)s）。没有任何改动；请等 CRL 签发。"
    ),
    "endings.left_own": _(
        "CA 自己的证书还没有列入上级的 CRL，不能写结束报告（CPS %(cps)s）。没有任何改动；"
        "请等上级的 CRL 签发。"
    ),
    "endings.must_be": _("这一步必须办理，不能略过（CPS %(cps)s）。没有任何改动。"),
    "endings.not_agreed": _("内容与委员会同意的不一致，系统没有执行，没有任何改动。请报告审计员。"),
    "endings.not_running": _("这个程序现在不在进行中，没有任何改动。请刷新页面再看。"),
    "endings.not_yours": _("这一步由别人或系统办理。没有任何改动，请刷新页面再看。"),
    "endings.role": _("只有 CA 安全管理员和 CA 系统管理员能办理（CPS %(cps)s）。没有任何改动。"),
    "endings.since": _("请填写密钥从何时起不可信；不能早于 2000 年，也不能晚于现在。"),
    "endings.too_early": _(
        "%(day)s 之前不能停止：通知各方要满九十天，报告主管部门要满六十天（CPS %(cps)s）。"
        "没有任何改动。"
    ),
    "endings.too_late": _(
        "吊销已经开始或已经做完，不能中止：已吊销的证书不能恢复（CPS %(cps)s）。没有任何改动。"
    ),
    "endings.too_soon": _("停止服务至少要提前 %(days)s 天通知各方（CPS %(cps)s）。请另选日期。"),
    "endings.turn": _("前面的步骤还没有完成，这一步还不能办理。没有任何改动。"),
    "endings.unknown": _("没有这个处置程序或步骤。请从列表重新进入。"),
    "endings.unproved": _(
        "没有找到委员会成员为此签名的表决，或签名的密钥已挂失；系统没有执行，没有任何改动。"
        "请报告审计员；吊销还没有开始的，可以由委员会同意中止，再重新声明。"
    ),
    "endings.words": _("请写明内容，至少四个字，不要超过长度。"),
}
