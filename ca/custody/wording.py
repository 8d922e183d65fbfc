"""What the signer said no to, and names of codes; the rules' sentences: `ca.custody_sentences`."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# What the signer said no to: its rule -> what it means
FAULTS = {
    "custody.empty": _("签名服务里还没有密钥份额。"),
    "custody.script": _("仪式已经结束，或它的脚本不涉及密钥，签名服务不为它启用。"),
    "custody.limits": _("签名服务不接受这样的时限或次数。"),
    "custody.purpose": _("签名服务不认识这个用途。"),
    "custody.offer": _("签名服务不认识这次启用，或它已经过期。请重新发起。"),
    "custody.signature": _("签名服务登记的保管密钥与这份额不符。请使用您现行的份额文件。"),
    "custody.wrong_share": _("不是当初分发的那一份。请换用正确的份额文件，可以再次提交。"),
    "custody.resplit": _("重新分发之前，须有两位现任持有人先同意。"),
    "custody.newcomers": _("重新分发前，三位新的持有人须先登记保管密钥。"),
    "custody.first": _("签名服务里已有密钥：第一次分发须在它的主机上指明这三个人。"),
    "custody.no_handing_out": _("签名服务重新启动过，或分发时间太长，份额已作废。请重新提请分发。"),
    "custody.people": _("签名服务要求三个不同的人、三把不同的密钥。"),
    "shares.sealed": _("份额在途中被改动，或不是为这次启用加密的。请重新提交。"),
    "signer.unreachable": _("签名服务没有应答。"),
    "signer.sealed": _("签名服务已封存，没有签名。"),
    "signer.limit": _("这次启用的签名次数已用完，没有签名。"),
}
HOME_SIGNER = _("主签名服务")
HELPER = _("协助签名服务 %(n)s")
OTHER_FAULT = _("签名服务拒绝了（%(rule)s）。")

SIGNER = {
    "": _("还没有消息"),
    "empty": _("还没有分发密钥份额"),
    "sealed": _("已封存，不能签名"),
    "active": _("已启用，可以签名"),
}
SETS = {
    "drafted": _("等另一人同意"),
    "handing_out": _("正在分发"),
    "in_force": pgettext_lazy("custody", "生效"),
    "replaced": _("已被替换"),
    "dropped": _("已放弃"),
}
SEATS = {
    "named": _("等本人生成保管密钥"),
    "enrolled": _("密钥已生成，等其他人"),
    "handed_out": _("份额已备好，等本人取出"),
    "receipted": _("已取出，等签名服务登记收条"),
    "held": _("持有份额"),
}
ACTIVATIONS = {
    "asked": _("等签名服务应答"),
    "offered": _("等持有人提交份额"),
    "active": _("已启用"),
    "ended": _("已结束"),
    "lapsed": _("过期，没有启用"),
    "refused": _("签名服务拒绝"),
}
SHARES = {
    "": _("还没有提交"),
    "waiting": _("已提交，等签名服务核对"),
    "accepted": _("签名服务已接受"),
    "refused": _("没有被接受"),
    "lapsed": _("已作废"),
}
STOPS = {
    "ordered": _("正在封存"),
    "sealing": _("正在封存"),
    "done": _("已封存"),
    "refused": _("签名不能证明，未执行"),
}
STOP_KINDS = {"emergency": _("紧急停用"), "orderly": _("多数同意后停用")}
PURPOSES = {
    "activate": _("日常签发：证书、CRL、OCSP"),
    "ceremony": _("密钥仪式：脚本写明的事，以及日常签发"),
    "resplit": _("重新分发份额：只允许分发一次，不签名"),
}
FOUNDING = _("演示建立：生成演示 CA 的密钥")
DRILLS = {
    "asked": _("等您证明"),
    "proved": _("已证明"),
    "lapsed": _("已过期，没有证明"),
}
DUE = {
    "later": _("未到期"),
    "soon": _("三十天内到期"),
    "over": _("已过期"),
}
