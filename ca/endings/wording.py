"""Words for the ends of authorities: names of codes; sentences are in `ca/ending_sentences.py`."""

from django.utils.translation import gettext_lazy as _

from ca.ending_sentences import WORDING

KINDS = {
    "compromise": _("CA 密钥损害"),
    "termination": _("CA 终止服务"),
}
STATES = {
    "declared": _("等委员会同意"),
    "running": _("进行中"),
    "finished": _("已结束"),
    "refused": _("委员会没有同意"),
    "aborted": _("已中止"),
}
STEP_STATES = {
    "waiting": _("等待"),
    "acting": _("系统办理中"),
    "done": _("已完成"),
    "set_aside": _("不办理"),
}
DOERS = {
    "system": _("系统"),
    "above": _("系统"),
    "people": _("CA 安全管理员或 CA 系统管理员"),
    "ceremony": _("密钥仪式"),
}
STEPS = {
    "stop": _("停止签发证书"),
    "tell_ministry": _("报告行业主管部门"),
    "tell_public": _("在网站或公共媒体公告"),
    "tell_subscribers": _("逐一通知订户"),
    "revoke": _("吊销全部证书"),
    "external": _("请外部根 CA 吊销本 CA 证书"),
    "lists": _("签发 CRL"),
    "answers": _("更新 OCSP 应答"),
    "directory": _("更新目录服务"),
    "new_key": _("在密钥仪式中生成新密钥"),
    "republish": _("公布新的 CA 证书和 CRL"),
    "successor": _("商定业务承接"),
    "records": _("移交或归档记录"),
    "keys": _("在密钥仪式中归档或销毁密钥"),
    "report": _("结束报告"),
}
# What each step means, and what whoever does it has to see to
RULES = {
    "stop": _("这个 CA 和它下级的 CA 不再签发证书；CRL 和 OCSP 继续。"),
    "tell_ministry": _("按下面的草稿行文，寄出后填写文号和日期（CPS 5.7.3、5.8）。"),
    "tell_public": _(
        "委员会同意后，公告已在公共网站。在公司网站或公共媒体发布后，填写地址和日期。"
    ),
    "tell_subscribers": _("每位订户按登记的联系方式收到通知；没有联系方式的列在“订户通知”。"),
    "revoke": _(
        "先由上级 CA 吊销这个 CA 的证书，衔接证书一并吊销，再分批吊销它签发的全部证书；"
        "终止服务的原因写为停止运营（cessationOfOperation）。开始之后不能撤回。"
    ),
    "external": _("请签发本 CA 证书的外部根 CA 吊销它，填写对方的回执和日期。"),
    "lists": _("上级 CA 的 CRL 列出这个 CA；它自己的 CRL 在密钥还能签名时列出全部证书。"),
    "answers": _("每张已吊销的证书都有说明已吊销的 OCSP 应答。"),
    "directory": _(
        "从目录服务撤下这个 CA 签发的证书，CRL 是最新一份；没有设置目录服务时直接完成。"
    ),
    "new_key": _("生成新密钥的仪式结束后，填写它的编号。"),
    "republish": _(
        "新密钥的 CA 和它的下级 CA 都已启用，证书和 CRL 已在公共网站和目录服务。下级 CA 各以一次"
        "密钥仪式在新的 CA 之下重新签发（CPS 5.7.3）；不再设的，请选“不办理”，写明理由。"
    ),
    "successor": _("填写承接业务的电子认证服务机构和协议编号；没有承接的，说明如何安排。"),
    "records": _("证书、密钥和订户资料在证书失效后再保存五年（CPS 5.5.2）。填写移交或存放的地点。"),
    "keys": _(
        "归档或销毁密钥的仪式结束后，填写它的编号。CA 证书到期之前密钥还要签 CRL，不能归档或销毁"
        "（CPS 5.8、6.2.5）；不等到期的，请选“不办理”，写明密钥由谁保管、何时归档。"
    ),
    "report": _("写明经过、影响和改进。写完后整个程序结束。"),
}
# Drafts of letters; people complete and send them themselves
LETTERS = {
    "compromise": _(
        "关于 CA 密钥损害的报告\n\n我机构的电子认证系统 CA（%(subject)s，证书 SM3 指纹 %(sm3)s）的"
        "签名密钥自 %(since)s 起不再可信。已知情况：%(known)s\n\n该 CA 已停止签发证书，涉及"
        "未到期证书 %(count)s 张，正在全部吊销并发布 CRL。处置程序编号 %(number)s（CPS 5.7.3）。"
    ),
    "termination": _(
        "关于终止电子认证服务的报告\n\n我机构的 CA（%(subject)s，证书 SM3 指纹 %(sm3)s）拟于"
        " %(ends_on)s 终止服务。原因：%(known)s\n\n涉及未到期证书 %(count)s 张。业务承接和档案保存"
        "的安排见附件。处置程序编号 %(number)s（CPS 5.8，《电子签名法》第二十三条）。"
    ),
}
UNPROVED = ("ceremony", "ceremony_unproved", "not_agreed", "unproved")
FAULTS = {
    "endings.list_waits": _("有 CRL 还没有签发：签名服务封存、没有应答，或密钥不能再用。"),
    **{f"endings.{rule}": WORDING[f"endings.{rule}"] for rule in UNPROVED},
    "endings.no_new_authority": _("新密钥的 CA 还没有启用，或它还没有 CRL。"),
    "endings.none_below_yet": _("下级 CA 还没有全部在新的 CA 之下重新签发并公布 CRL。"),
}
