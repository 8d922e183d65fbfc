"""Sentences for applying online, and names for its states and reasons."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ra.online.rules import Purpose, Reason, State

STATES: Mapping[str, Any] = {
    State.OPEN: pgettext_lazy("online", "待上传材料"),
    State.WAITING: pgettext_lazy("online", "待受理"),
    State.TAKEN: pgettext_lazy("online", "已受理"),
    State.REFUSED: pgettext_lazy("online", "未受理"),
    State.EXPIRED: pgettext_lazy("online", "已过期清除"),
}
PURPOSES: Mapping[str, Any] = {
    Purpose.APPLY: _("新申请"),
    Purpose.CORRECT: _("补正"),
    Purpose.SUCCEED: _("证书更新或密钥更新"),
    Purpose.REVOKE: _("吊销证书"),
    Purpose.FREEZE: _("冻结证书"),
    Purpose.UNFREEZE: _("解冻证书"),
    Purpose.REFUND: _("停用证书并退款"),
    Purpose.INVOICE: _("申请发票"),
}
REASONS = {
    Reason.UNREADABLE.value: _("材料看不清或打不开"),
    Reason.NOT_OURS.value: _("应由其他受理点办理"),
    Reason.DUPLICATE.value: _("重复提交"),
    Reason.KEY.value: _("证书请求里的公钥不能使用"),
    Reason.UNIDENTIFIED.value: _("无法核实提出人的身份"),
    Reason.UNPAID.value: _("没有可开票的费用"),
    Reason.ABUSE.value: _("不是真实的申请"),
}
WORDING = {
    "online.unknown": _("没有找到这份网上提交，或不属于您的机构，或已经办理。"),
    "online.too_large": _("文件超过 %(megabytes)s MB。请压缩或重新拍照后再上传。"),
    "online.many_files": _("每项材料最多 %(files)s 个文件。"),
    "online.not_open": _("已经提交，不能再添加材料（CPS %(cps)s）。"),
    "online.many_open": _("您的网络有 %(most)s 份申请还没有办结。请等待受理，或到受理点办理。"),
    "online.full": _(
        "网上受理暂时已满，这一份没有保存（CPS %(cps)s）。请到受理点办理，或过几天再试。"
    ),
    "online.no_agreement": _("订户协议还没有公布，暂时不能在网上提交（CPS %(cps)s）。"),
    "online.not_agreed": _("请阅读并同意订户协议（CPS %(cps)s）。"),
    "online.incomplete": _("还有材料没有上传（CPS %(cps)s）。上传齐全后再提交。"),
    "online.nothing": _("请上传补正材料，或写明要更正的内容（CPS %(cps)s）。"),
    "online.reason": _("请选择不受理原因（CPS %(cps)s）。"),
    "online.profile": _("这种证书不在网上受理（CPS %(cps)s）。请到受理点办理。"),
    "online.not_now": _("证书现在的状态不能这样办理（CPS %(cps)s）。请先查询办理进度。"),
    "online.asked_already": _("同样的请求已经提交，正等受理点办理。没有重复提交。"),
    "online.identified": _("请选择怎样核实了提出人的身份（CPS %(cps)s）。"),
    "online.not_returned": _("这件申请现在不需要补正（CPS %(cps)s）。"),
}
