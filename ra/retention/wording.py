"""Sentences for the end of keeping evidence."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "retention.none_chosen": _("请至少选择一件。没有任何改动。"),
    "retention.too_many": _("一次最多 %(most)s 件。没有任何改动。"),
    "retention.not_due": _(
        "其中有的资料还在保存期内，或已经销毁（CPS %(cps)s）。没有任何改动，请刷新后重选。"
    ),
}
