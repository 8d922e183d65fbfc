"""Sentences of custody: rule code -> msgid (see `anxin/wording.py`); names of codes."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WORDING = {
    "custody.role": _(
        "这一步不属于您的岗位（CPS %(cps)s）。没有任何改动；这次操作已记入审计日志。"
    ),
    "custody.not_your_seat": _("这是别人的份额，只有本人可以办理（CPS %(cps)s）。没有任何改动。"),
    "custody.no_seat": _("您没有现行的密钥份额，不能办理这一步（CPS %(cps)s）。没有任何改动。"),
    "custody.no_set": _("现在没有生效的密钥份额，请先由安全管理员提请分发。没有任何改动。"),
    "custody.unknown": _("没有找到这条记录。请从密钥保管页面重新进入。"),
    "custody.three_people": _("请选择 %(seats)s 位不同的密钥管理员，每人一份。"),
    "custody.not_custodians": _("所选的人中有人现在不能担任密钥管理员。请刷新页面后重新选择。"),
    "custody.set_coming": _("已经有一组份额在分发。请先完成或放弃那一组。没有任何改动。"),
    "custody.asked_already": _("已经有一次启用在进行。请先完成它，或等它过期。没有任何改动。"),
    "custody.purpose": _("请从列表中选择用途。"),
    "custody.hours": _("这种用途的时限是 1 到 %(longest)s 小时。请更正。"),
    "custody.signatures": _("签名次数上限应在 1 到 %(most)s 之间。请更正。"),
    "custody.place": _("协助签名服务只签发证书和应答，不用于仪式或重新分发。请选择主签名服务。"),
    "custody.ceremony": _("用于密钥仪式时请填写仪式编号，其他用途留空。"),
    "custody.reason": _("请说明原因，2 到 %(longest)s 个字。"),
    "custody.keys": _("浏览器生成的密钥不能识别。没有任何改动，请换一个较新的浏览器再试。"),
    "custody.unreadable": _("提交的内容不完整。没有任何改动，请刷新页面再试。"),
    "custody.pasted": _("粘贴的不是命令显示的内容，或不完整。没有任何改动，请重新复制全部内容。"),
    "custody.receipt": _("收条的签名不对，没有登记。请在生成密钥的那个浏览器里重新办理。"),
    "custody.share_signature": _(
        "份额的签名与登记的保管密钥不符，没有提交给签名服务。请确认选择了您自己的份额文件。"
    ),
    "custody.no_offer": _(
        "这次启用已经结束或过期，份额没有使用，也没有保存。需要时请安全管理员重新发起。"
    ),
    "custody.brought_already": _(
        "您的份额已经提交，不需要再次提交。每人在一次启用中只能提交一份。"
    ),
    "custody.no_drill": _("这次演练已经完成或过期。没有任何改动；需要时请重新开始。"),
    "custody.proof": _(
        "签名与登记的保管密钥不符，演练没有通过，也没有登记。请确认选择了您现行的份额文件。"
    ),
    "custody.majority": _(
        "解除密钥激活须由多数份额持有人同意（CPS %(cps)s）。没有任何改动；仍由持有份额的人审批。"
    ),
}

# What the signer said no to: its rule -> what it means
FAULTS = {
    "custody.empty": _("签名服务里还没有密钥份额。"),
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
    "refused": _("没有签名证明，未执行"),
}
STOP_KINDS = {"emergency": _("紧急停用"), "orderly": _("多数同意后停用")}
PURPOSES = {
    "activate": _("日常签发：证书、CRL、OCSP"),
    "ceremony": _("密钥仪式：可以生成密钥、签发 CA 证书"),
    "resplit": _("重新分发份额：只允许分发一次，不签名"),
}
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
