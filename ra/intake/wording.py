"""Sentences for the counter's rules; what is wrong with a certificate request, in plain words."""

from django.utils.translation import gettext_lazy as _

CHECKS = {
    "number": _("证件号码、代码校验位"),
    "proof": _("私钥持有证明（请求自签名）"),
    "request_name": _("请求中的姓名与申报是否一致"),
    "known_name": _("同一证件以前登记的姓名"),
    "twin": _("同一人是否有其他未办结申请"),
    "same_file": _("材料文件是否在他人申请中出现过"),
    "shared_phone": _("手机号是否为多位订户使用"),
    "blacklist": _("是否在不予受理名单中"),
}

_KEY = _("请求里的公钥不符合要求，不能签发（CPS 6.1.6）。请用介质重新生成密钥和请求后再提交。")
_FORM = _("请求的格式不对，无法读取。请用介质重新生成请求（PKCS#10）后再提交。")

WORDING = {
    "intake.cancel_reason": _("请从列表中选择撤回原因。"),
    "intake.not_overdue": _("补正期还没有过，不能以逾期为由结束。没有任何改动。"),
    "intake.not_over": _("这件申请还没有办结，不能重新申请。"),
    "intake.not_submitted": _("这件申请现在不在审核中，不需要重新提请。"),
    "intake.no_request": _("还没有证书请求。请粘贴或上传介质生成的请求（CPS %(cps)s）。"),
    "intake.no_agreement": _("还没有记录申请人接受订户协议（CPS %(cps)s）。"),
    "intake.distinguisher": _(
        "区分号会公开写入证书，应为 32 位以内的大写字母、数字和短横线，数字不超过 10 个；"
        "不能是身份证件、护照或通行证的号码。没有保存。"
    ),
    "request.too_large": _("请求超过 16 KB，没有收下。请确认上传的是证书请求。"),
    "request.not_pem_or_der": _("这不是证书请求（PEM 或 DER）。请粘贴完整内容或上传请求文件。"),
    "request.trailing_bytes": _("请求后面有多余的数据。请只提交请求本身。"),
    "request.not_der": _FORM,
    "request.version": _FORM,
    "request.attributes": _FORM,
    "request.weak_signature": _("请求的签名算法已不安全，不能证明持有私钥。请换用 SM3、SHA-256。"),
    "request.algorithm_mismatch": _("请求的签名算法与公钥不匹配。请用介质重新生成请求后再提交。"),
    "request.bad_signature": _(
        "请求的签名验证不通过，不能证明持有私钥（CPS %(cps)s）。请用介质重新生成请求后再提交。"
    ),
    "request.sm2_without_z": _(
        "请求的 SM2 签名没有按标准计算 Z 值（常见于旧版介质软件）。请升级介质软件后重新生成。"
    ),
    "request.sm2_empty_id": _(
        "请求的 SM2 签名使用了空的用户标识，应为 1234567812345678。请升级介质软件后重新生成请求。"
    ),
    "request.sm2_raw_signature": _(
        "请求的 SM2 签名是 r、s 直接拼接，不是标准编码。请升级介质软件后重新生成请求。"
    ),
    "request.ca_requested": _("请求要求签发 CA 证书，订户不能申请。请用介质重新生成请求。"),
    "key.trailing_bytes": _KEY,
    "key.not_der": _KEY,
    "key.parameters": _KEY,
    "key.too_large": _KEY,
    "key.not_sm2": _KEY,
    "key.unknown_algorithm": _("请求里的公钥算法不能使用。请换用 SM2 或 RSA-2048。"),
    "key.wrong_curve": _("请求里的椭圆曲线不能使用。请换用 SM2。"),
    "key.explicit_parameters": _KEY,
    "key.compressed_point": _("请求里的公钥是压缩格式，不能使用。请用介质重新生成请求。"),
    "key.hybrid_point": _KEY,
    "key.point_form": _KEY,
    "key.point_at_infinity": _KEY,
    "key.point_off_curve": _("请求里的公钥不在曲线上，不是有效的公钥。请用介质重新生成密钥。"),
    "key.trivial_point": _("请求里的公钥对应的私钥人人可猜，不安全。请用介质重新生成密钥。"),
    "key.rsa_too_short": _("RSA 密钥少于 2048 位，不安全（CPS 6.1.5）。请重新生成密钥。"),
    "key.rsa_too_long": _("RSA 密钥超过 8192 位，不能使用。请重新生成密钥。"),
    "key.rsa_exponent": _KEY,
    "key.rsa_modulus": _KEY,
    "key.rsa_roca": _("这对密钥由有缺陷的介质生成（ROCA），不安全。请更换介质后重新生成密钥。"),
    "key.rsa_close_primes": _KEY,
    "name.empty": _FORM,
    "name.empty_rdn": _FORM,
    "name.too_large": _FORM,
    "signature.parameters": _FORM,
    "signature.unknown_algorithm": _("请求的签名算法不能识别。请换用 SM2 或 RSA 重新生成请求。"),
    "pem.armour": _FORM,
    "pem.base64": _FORM,
    **{
        f"der.{fault}": _FORM
        for fault in (
            "bit_string", "boolean", "integer", "length", "not_ascii", "not_printable", "oid",
            "tag", "text", "time", "trailing_bytes", "truncated", "unexpected",
        )
    },
}  # fmt: skip
