"""What staff read in their mail, and what the events are called on screen."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from anxin.kernel.deliveries import State
from people.notices.rules import Event

SUBJECTS: Mapping[Event, Any] = {
    Event.APPROVAL_WAITS: _("有一项审批等您决定"),
    Event.APPROVAL_DECIDED: _("您提请的审批已有结果"),
    Event.APPROVAL_EXPIRED: _("您提请的审批到期无人决定"),
    Event.ALERT: _("您的账号有安全提醒"),
    Event.LAPSE_AHEAD: _("您的审查或培训即将到期"),
    Event.LAPSED: _("您的审查或培训已经到期"),
    Event.STAFF_LAPSES: _("有人员的审查或培训即将到期或已经到期"),
    Event.ROTATION: _("有一项岗位轮换与您有关，日期将到或已过"),
    Event.STAFF_ROTATIONS: _("有岗位的轮换日期将到或已过"),
    Event.PASSWORD_DUE: _("您的密码即将到期"),
    Event.DEADLINE_NEAR: _("有申请的审核时限将到"),
    Event.REQUEST_WAITS: _("有网上请求等待处理"),
    Event.SHARE_WAITS: _("密钥份额等您办理"),
    Event.KEYS_SEALED: _("CA 密钥已下令停用"),
    Event.DEVICE_TROUBLE: _("密码设备需要处理"),
    Event.DRILL_DUE: _("您的份额文件该演练了"),
    Event.CUSTODY_WEAK: _("密钥份额持有人需要您处理"),
    Event.KEY_ENDS: _("您的操作员证书即将到期"),
    Event.ADDRESS_CHANGED: _("您的通知邮箱已更换"),
}
TEXTS: Mapping[Event, Any] = {
    Event.APPROVAL_WAITS: _("有一项审批需要您同意或不同意。到期无人决定即作废。"),
    Event.APPROVAL_DECIDED: _("您提请的一项审批已经通过、未通过或被撤回。"),
    Event.APPROVAL_EXPIRED: _("没有人在期限内决定，您提请的审批已作废。需要时请重新提请。"),
    Event.ALERT: _("请登录查看。如果不是您本人所为，请马上告诉安全管理员。"),
    Event.LAPSE_AHEAD: _("到期后您的岗位会自动暂停。请尽快与安全管理员联系。"),
    Event.LAPSED: _("您的岗位已自动暂停，补齐后恢复。请与安全管理员联系。"),
    Event.STAFF_LAPSES: _("到期人员的岗位会自动暂停。请安排审查或培训。"),
    Event.ROTATION: _("请与安全管理员商定交接。岗位到期不会自动解除。"),
    Event.STAFF_ROTATIONS: _("请安排交接，提请授予和解除岗位，或改定日期。"),
    Event.PASSWORD_DUE: _("到期后登录时必须更换。请提前更换。"),
    Event.DEADLINE_NEAR: _("审核时限即将结束或已经结束。请尽快审核。"),
    Event.REQUEST_WAITS: _(
        "订户在网上请求的吊销、冻结、解冻、退款或发票，还没有人处理。请马上办理。"
    ),
    Event.SHARE_WAITS: _("要取出您的份额，或提交它来启用密钥。提交须在十分钟内。"),
    Event.DRILL_DUE: _("请登录后打开份额文件做一次演练，证明它还能用。份额不会离开您的浏览器。"),
    Event.CUSTODY_WEAK: _("有持有人不能到场、演练过期，或能到场的不足两位。请登录查看并安排。"),
    Event.KEYS_SEALED: _("有人下令停用 CA 密钥，签发随即停止。请登录查看原因。"),
    Event.DEVICE_TROUBLE: _(
        "密码设备的自检没有通过、一天没有做成，或设备不能签名。签发可能在等待。请登录查看原因。"
    ),
    Event.KEY_ENDS: _(
        "到期后您的密钥不能用于登录，也不能再启用他人的密钥、参加密钥仪式；已办完的不受影响。请生成新的密钥，再请安全管理员提请启用。"
    ),
    Event.ADDRESS_CHANGED: _("以后的通知发往新的邮箱。如果不是您本人所为，请马上告诉安全管理员。"),
}
ADDRESS = _("请在内部网络登录查看：%(url)s")
WARNING = _("本邮件由系统自动发出，不含业务内容，也不会向您索要密码或口令。")

STATES: Mapping[str, Any] = {
    State.DUE: pgettext_lazy("notice", "待发送"),
    State.FAILED: pgettext_lazy("notice", "发送失败，将重试"),
    State.BY_HAND: pgettext_lazy("notice", "没有配置邮件服务，未发送"),
    State.GIVEN_UP: pgettext_lazy("notice", "多次失败，已停止"),
    State.SENT: pgettext_lazy("notice", "已发送"),
}
