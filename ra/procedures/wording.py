"""What procedures are called, and sentences for their rules."""

from django.utils.translation import gettext_lazy as _

PROCEDURES = {
    "new": _("首次申请"),
    "renewal": _("证书更新（原密钥）"),
    "re_key": _("密钥更新（新密钥）"),
    "modification": _("证书变更"),
}
OCCASIONS = {
    "expiring": _("证书即将到期"),
    "damaged": _("密钥或介质损坏"),
    "suspected": _("怀疑密钥不安全"),
    "other": _("其他原因"),
    "changed": _("证书信息发生变更"),
}
CHANGES = {
    "subject": _("证书主体"),
    "names": _("服务器名称"),
    "key": _("公钥指纹（SM3）"),
    "days": _("有效期（天）"),
}
_NOT_SIGNED = _(
    "这不是可以读取的签名请求。请按说明用原证书的密钥对请求签名（DER 或 PEM）后再提交。"
)

WORDING = {
    "procedures.unknown": _("请选择要办理的业务和原因（CPS %(cps)s）。"),
    "procedures.scenario": _("场景型证书没有变更服务（CPS %(cps)s）。"),
    "procedures.cloud": _("云应用证书的变更按新办证书办理（CPS %(cps)s）。请新建申请。"),
    "procedures.too_early": _("到期前 %(days)s 天起才能办理，即 %(since)s 起（CPS %(cps)s）。"),
    "procedures.not_issued": _("证书还没有签发，不能办理（CPS %(cps)s）。"),
    "procedures.begun_already": _("这张证书已有一件更新或变更正在办理（CPS %(cps)s）。"),
    "procedures.another_holder": _(
        "更新后的证书必须属于同一位订户（CPS %(cps)s）。换了证件或主体的请新建申请。"
    ),
    "procedures.words_changed": _(
        "更新不改变证书中的订户信息（CPS %(cps)s）。信息有变化的请办理证书变更。"
    ),
    "procedures.nothing_changed": _(
        "证书中的信息没有变化，不需要变更（CPS %(cps)s）。请改好信息，或办理证书更新。"
    ),
    "procedures.key_changed": _(
        "证书更新沿用原来的公钥（CPS %(cps)s）。换新密钥的请办理密钥更新。"
    ),
    "procedures.key_kept": _(
        "密钥更新必须使用新的公钥（CPS %(cps)s）。请用介质重新生成密钥和请求。"
    ),
    "procedures.counter_only": _(
        "密钥损坏或不安全时，原密钥的签名不能证明身份（CPS %(cps)s）。请到受理点办理。"
    ),
    "procedures.signed_when": _(
        "签名中没有时间，或不是最近 %(days)s 天内签的（CPS %(cps)s）。请重新签名后再提交。"
    ),
    "procedures.signed_another": _(
        "原密钥签名的不是这份请求（CPS %(cps)s）。请附上签名时的请求，或到受理点凭证件办理。"
    ),
    "procedures.signed_twice": _("这份签名请求已经用过（CPS %(cps)s）。请重新签名后再提交。"),
    "cms.too_large": _("签名请求超过 64 KB，没有收下。"),
    "cms.not_pem_or_der": _NOT_SIGNED,
    "cms.not_der": _NOT_SIGNED,
    "cms.kind": _NOT_SIGNED,
    "cms.detached": _("签名里没有附带请求。请以附带原文的方式（nodetach）重新签名。"),
    "cms.signers": _("签名请求只能由一张证书签名。"),
    "cms.signer": _("签名者须以颁发者和序列号标明。请不要使用密钥标识符方式签名。"),
    "cms.digest": _("签名使用的摘要算法不能使用。请换用 SM3 或 SHA-256 重新签名。"),
    "cms.attributes": _("签名缺少必要的属性（内容类型、摘要、时间）。请重新签名。"),
    "cms.digest_differs": _("签名之后请求被改动过（CPS %(cps)s）。请重新签名。"),
    "cms.weak_signature": _("签名算法已不安全或不能识别。请换用 SM3 或 SHA-256 重新签名。"),
    "cms.other_signer": _("签名不是由所标明的证书作出的（CPS %(cps)s）。"),
    "cms.algorithm_mismatch": _("签名算法与证书的密钥不匹配。请重新签名。"),
    "cms.bad_signature": _("原密钥的签名验证不通过（CPS %(cps)s）。请用原证书的密钥重新签名。"),
    "cms.sm2_without_z": _("签名没有按标准计算 SM2 的 Z 值。请升级介质软件后重新签名。"),
    "cms.sm2_empty_id": _("SM2 签名使用了空的用户标识，应为 1234567812345678。请重新签名。"),
    "cms.sm2_raw_signature": _("SM2 签名不是标准编码。请升级介质软件后重新签名。"),
}
