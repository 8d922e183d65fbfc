"""What applicants are told, and the counter's words for it. Blanks: number, name, url,
working_days, crl_hours, due, days, amount; nothing personal but the masked name.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from anxin.kernel.deliveries import State
from ra.notices.rules import Channel, Event

SUBJECTS = {
    Event.RECEIVED: _("申请 %(number)s 已受理"),
    Event.RETURNED: _("申请 %(number)s 需要补正"),
    Event.REJECTED: _("申请 %(number)s 未获批准"),
    Event.ISSUED: _("申请 %(number)s 的证书已签发"),
    Event.EXPIRING: _("申请 %(number)s 的证书将在 %(days)s 天内到期"),
    Event.REVOKED: _("申请 %(number)s 的证书已吊销"),
    Event.FROZEN: _("申请 %(number)s 的证书已冻结"),
    Event.UNFROZEN: _("申请 %(number)s 的证书已解冻"),
    Event.REFUND: _("申请 %(number)s 的退款已办理"),
    Event.INVOICED: _("申请 %(number)s 的发票已开具"),
    Event.COMPROMISE: _("紧急：申请 %(number)s 的证书因 CA 密钥损害将被吊销"),
    Event.TERMINATION: _("申请 %(number)s 的证书：签发它的 CA 将终止服务"),
}
TEXTS = {
    Event.RECEIVED: _("您的数字证书申请已提交审核，一般在 %(working_days)s 个工作日内有结果。"),
    Event.RETURNED: _("您的申请需要补正后才能继续审核。请在 %(due)s 前网上补正，或到受理点办理。"),
    Event.REJECTED: _("您的申请未获批准。更正后可以重新申请。"),
    Event.ISSUED: _("您的证书已签发。请携带证件到受理点领取下载凭证。"),
    Event.EXPIRING: _("您的证书将于 %(due)s 到期。需要继续使用请在到期前办理更新。"),
    Event.REVOKED: _("您的证书已吊销，请不要再使用。吊销信息在 %(crl_hours)s 小时内列入 CRL。"),
    Event.FROZEN: _("您的证书已冻结，解冻前不能使用。"),
    Event.UNFROZEN: _("您的证书已解冻，可以继续使用。"),
    Event.REFUND: _("退款 %(amount)s 元已办理，按原付款方式退回。"),
    Event.COMPROMISE: _(
        "签发您证书的 CA（%(authority)s）密钥受到损害，您的证书将被吊销。请立即停止使用，"
        "并按公告办理新证书：%(notice)s"
    ),
    Event.TERMINATION: _(
        "签发您证书的 CA（%(authority)s）将于 %(due)s 终止服务。证书的后续安排见公告：%(notice)s"
    ),
    Event.INVOICED: _("发票号码 %(invoice)s，金额 %(amount)s 元，由税务系统发往您填写的邮箱。"),
}
GREETING = _("%(name)s，您好：")
CLOSING = _("凭编号和查询码可以查看进度：%(url)s")
WARNING = _("安信电子认证不会向您索要 PIN、授权码或私钥。")

EVENTS: Mapping[str, Any] = {
    Event.RECEIVED: pgettext_lazy("notice", "已受理"),
    Event.RETURNED: pgettext_lazy("notice", "退回补正"),
    Event.REJECTED: pgettext_lazy("notice", "不予批准"),
    Event.ISSUED: pgettext_lazy("notice", "证书已签发"),
    Event.EXPIRING: pgettext_lazy("notice", "即将到期"),
    Event.REVOKED: pgettext_lazy("notice", "证书已吊销"),
    Event.FROZEN: pgettext_lazy("notice", "证书已冻结"),
    Event.UNFROZEN: pgettext_lazy("notice", "证书已解冻"),
    Event.REFUND: pgettext_lazy("notice", "退款"),
    Event.INVOICED: pgettext_lazy("notice", "发票"),
    Event.COMPROMISE: pgettext_lazy("notice", "CA 密钥损害"),
    Event.TERMINATION: pgettext_lazy("notice", "CA 终止服务"),
}
CHANNELS: Mapping[str, Any] = {
    Channel.MAIL: _("电子邮件"),
    Channel.SMS: _("短信"),
    Channel.LETTER: _("信函"),
    Channel.ON_SITE: _("当面告知"),
}
STATES: Mapping[str, Any] = {
    State.DUE: pgettext_lazy("notice", "待发送"),
    State.FAILED: pgettext_lazy("notice", "发送失败，将重试"),
    State.BY_HAND: pgettext_lazy("notice", "待人工告知"),
    State.GIVEN_UP: pgettext_lazy("notice", "多次失败，已停止"),
    State.SENT: pgettext_lazy("notice", "已告知"),
}
WORDING = {
    "notices.unknown": _("没有找到这条通知，或不属于您的机构。"),
    "notices.how": _("请选择告知方式（CPS %(cps)s）。"),
    "notices.no_address": _("没有留下可以重发的电子邮箱或手机号。请当面告知或寄信。"),
}
