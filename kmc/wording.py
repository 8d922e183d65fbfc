"""Sentences for this house's rules: rule code -> msgid (see `anxin/wording.py`)."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "kmc.unknown_purpose": _("没有这种用途的数据密钥。数据未改变，请联系运维。"),
    "kmc.data_key_destroyed": _(
        "这份资料已按规定销毁，任何人都无法再读取（CPS %(cps)s）。如需办理业务，请重新提交资料。"
    ),
    "kmc.data_key_unknown": _("找不到这份资料的数据密钥，资料无法读取。请联系运维核对备份。"),
    "kmc.seal_broken": _(
        "这份资料的完整性校验没有通过，可能被改动或损坏。请不要使用，并联系安全人员。"
    ),
    "kmc.inbox_closed": _("网上受理还没有启用。没有保存任何内容，请到受理点办理。"),
    "kmc.kek_missing": _(
        "密钥服务暂时不能读取这份资料。数据未改变，请稍后再试；仍不行请联系运维。"
    ),
}
