"""Sentences for the rules of `ca.endings`; below that room, which asks others for words."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "endings.asked": _("已经提请委员会，请等它决定。没有任何改动。"),
    "endings.authority": _("没有这个 CA，或它还没有启用。请从列表中选择。"),
    "endings.ceremony": _(
        "请填写声明之后开始、已经结束、类型相符的密钥仪式编号；演练对应演练。没有任何改动。"
    ),
    "endings.changed": _("内容与声明时不一致，没有执行。请重新声明。"),
    "endings.day": _("日期应在声明之日和今天之间。请更正后再提交。"),
    "endings.declared": _("这个 CA 的处置程序已经在进行，不能再声明一次。没有任何改动。"),
    "endings.kind": _("请选择处置类型。"),
    "endings.must_be": _("这一步必须办理，不能略过（CPS %(cps)s）。没有任何改动。"),
    "endings.not_agreed": _("安全策略委员会没有同意，不能执行（CPS %(cps)s）。没有任何改动。"),
    "endings.not_running": _("这个程序现在不在进行中，没有任何改动。请刷新页面再看。"),
    "endings.not_yours": _("这一步由别人或系统办理。没有任何改动，请刷新页面再看。"),
    "endings.role": _("只有 CA 安全管理员和 CA 系统管理员能办理（CPS %(cps)s）。没有任何改动。"),
    "endings.since": _("请填写密钥从何时起不可信；不能晚于现在。"),
    "endings.too_early": _("停止服务的日期是 %(day)s，在那之前不能停止。没有任何改动。"),
    "endings.too_late": _("注销已经开始，不能中止：已注销的证书不能恢复（CPS %(cps)s）。"),
    "endings.too_soon": _("停止服务至少要提前 %(days)s 天通知各方（CPS %(cps)s）。请另选日期。"),
    "endings.turn": _("前面的步骤还没有完成，这一步还不能办理。没有任何改动。"),
    "endings.unknown": _("没有这个处置程序或步骤。请从列表重新进入。"),
    "endings.words": _("请写明内容，至少四个字，不要超过长度。"),
}
