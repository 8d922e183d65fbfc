"""Words about devices: names of checks and facts; what went wrong, what it means, what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATES = {
    "asked": _("等待执行"),
    "passed": pgettext_lazy("self-test", "通过"),
    "failed": pgettext_lazy("self-test", "没有通过"),
    "missed": _("没有做成"),
}
OUTCOMES = {
    "passed": pgettext_lazy("self-test", "通过"),
    "failed": pgettext_lazy("self-test", "没有通过"),
    "absent": _("设备不提供"),
}
PARTS = {
    "device": _("设备"),
    "key": _("密钥：签名和验签"),
    "program": _("签名程序：标准答案"),
}
CHECKS = {
    "information": _("设备信息可以读取"),
    "keys": _("可以列出密钥"),
    "random numbers": _("随机数"),
    "SM2 key": _("SM2 密钥"),
    "SM2 signature": _("SM2 签名"),
    "SM2 verification": _("SM2 验签"),
    "SM2 encryption": _("SM2 加密"),
}
FACTS = {
    "issuer": _("制造商"),
    "model": _("型号"),
    "serial": _("序列号"),
    "version": _("固件版本"),
    "label": _("令牌标签"),
    "slot": _("插槽"),
    "driver": _("驱动"),
    "standard": _("标准版本"),
    "library": _("程序库"),
}

# What happened, what it means, what to do.
ADVICE = {
    "signer.sealed": _(
        "签名服务是封存的，没有打开设备，所以什么也没有检查。请两位份额持有人启用后再做自检。"
    ),
    "signer.unreachable": _(
        "签名服务没有应答，设备状态不明，证书、CRL 和 OCSP 都在等待。请检查签名进程和它的主机。"
    ),
    "signer.limit": _("这次启用允许的签名次数已经用完，不能再检查密钥。请重新启用。"),
    "signer.busy": _("签名服务正忙，没有检查。下一次自检会重试。"),
    "token.device": _(
        "设备没有应答，或会话中断。用到它的签名都在等待，数据没有损失。"
        "请检查设备的电源、连接和驱动；恢复后签名服务会自动重新连接。"
    ),
    "token.module": _("设备的驱动库不能装载，密钥用不了。请检查驱动库的路径、权限和版本。"),
    "token.pin": _(
        "设备不接受口令，不会再试，以免设备锁死。请停用签名服务，按设备手册查明原因后重新启用。"
    ),
    "token.locked": _("自检时签名服务被封存，检查没有做完。启用后请再做一次。"),
    "token.busy": _("另一个进程占用着设备驱动，没有检查。下一次自检会重试；反复出现请检查主机。"),
    "token.no_such_key": _(
        "设备里没有这把密钥，它签发的证书、CRL 或应答都在等待。"
        "请核对是否接错了设备；确属丢失的，从备份恢复。"
    ),
    "token.other_key": _(
        "设备里同名的是另一把密钥，签名会与证书不符，因此不使用。请马上核对设备，并查明是谁换的。"
    ),
    "token.wrong_signature": _(
        "设备用这把密钥签出的名验证不了，签名服务已丢弃。请停用这台设备，改用备用设备，并联系厂商。"
    ),
    "token.answer": _(
        "设备对标准答案的计算不对，不能再相信它的结果。请停用这台设备，改用备用设备，并联系厂商。"
    ),
    "program.answer": _(
        "签名程序自身的密码算法算错了标准答案。请封存签名服务，用可信的安装包重新安装后再启用。"
    ),
    "token.damaged": _("密钥文件已损坏，这把密钥用不了。请停止使用这份文件，从备份恢复。"),
    "token.other_device": _("接着的不是登记时的那台设备，密钥没有使用。请接回原来的设备。"),
    "token.key_changed": _("设备里的密钥与登记时不同，没有使用。请核对设备，并查明是谁换的。"),
}
OTHER = _(
    "这一项没有通过，签名服务说的原因见下面。相关的签名可能在等待，数据没有损失。"
    "请查看签名服务的日志，必要时联系设备厂商。"
)


def advice(rule: str) -> Promise | str:
    """What people read about a rule of the signer or of a device."""
    return ADVICE.get(rule, OTHER)
