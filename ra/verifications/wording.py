"""Sentences for verifying documents; names of methods and results."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

METHODS = {
    "on_site": _("现场核验原件"),
    "database": _("可信第三方数据库核验"),
    "biometric": _("在线生物识别"),
    "other_ca": _("其他 CA 已鉴别（有协议）"),
}
FIELDS = METHODS | {"old_key": _("原证书私钥签名")}  # CPS 3.3.1: instead of documents
RESULTS = {
    "passed": pgettext_lazy("verification", "通过"),
    "failed": pgettext_lazy("verification", "未通过"),
}

WORDING = {
    "verifications.slot": _("这种证书不收这项材料。没有任何改动。"),
    "verifications.no_document": _("这一项还没有材料，不能记录核验。请先上传。"),
    "verifications.method": _("这项材料不能用这种方式核验（CPS %(cps)s）。请另选一种。"),
    "verifications.result": _("请选择核验结果。"),
    "verifications.reference": _(
        "不在现场核验的，请填写查询号、核验号或对方 CA 的记录号，64 个字以内（CPS %(cps)s）。"
    ),
    "verifications.missing": _("还没有记录怎样核验（CPS %(cps)s）。请选择核验方式和结果。"),
    "verifications.failed": _("有材料核验未通过，只能退回补正或不予批准（CPS %(cps)s）。"),
}
