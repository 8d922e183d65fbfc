"""Sentences for receipts."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "receipts.other_code": _("这个代码已不是有效的那一个，不能打印。请重新生成代码后打印。"),
    "receipts.missing_glyph": _(
        "字体里没有“%(character)s”这个字，回执没有打印。请联系运维补充字体。"
    ),
}
