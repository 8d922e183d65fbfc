"""Sentences for keys of partner RAs, and names for what they may do."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from ra.partners.rules import Scope, State

SCOPES: Mapping[str, Any] = {
    Scope.READ: _("查询申请与证书"),
    Scope.ENTER: _("录入、提交申请和材料"),
    Scope.CODES: _("发放下载凭证"),
    Scope.REVOKE: _("申请吊销"),
}
STATES: Mapping[str, Any] = {
    State.GRANTED: _("已批准，待取出"),
    State.ACTIVE: _("使用中"),
    State.REVOKED: _("已作废"),
}
TERMS = {
    "name": _("对方系统名称"),
    "office": _("注册机构"),
    "person_id": _("责任受理员"),
    "scopes": _("可办理的事项"),
    "valid_until": _("密钥到期日"),
}

WORDING = {
    "partners.name": _("对方系统名称应为 %(least)s 至 %(most)s 个字。"),
    "partners.scopes": _("请至少选择一项可办理的事项。"),
    "partners.term": _("密钥到期日应在今天起一年之内。"),
    "partners.responsible": _("责任受理员须在岗，所属机构须正常营业（CPS %(cps)s）。请另选一位。"),
    "partners.unknown": _("没有这个接口密钥。"),
    "partners.not_yours": _(
        "接口密钥由安全管理员提请，由没有提请它的 CA 系统管理员取出（CPS %(cps)s）。没有办理。"
    ),
    "partners.unsigned": _("请求没有按接口文档签名，没有办理。"),
    "partners.stale": _(
        "签名时间与本系统相差超过 %(minutes)s 分钟，没有办理。请校准时钟后重新签名。"
    ),
    "partners.unknown_key": _("密钥不存在、已失效，或签名不符，没有办理。"),
    "partners.replayed": _("这个一次性随机数已经用过，没有办理。请重新签名后再试。"),
    "partners.digest": _("请求内容与 Content-Digest 不符，没有办理。"),
    "partners.scope": _("这个密钥不能办理此项（CPS %(cps)s）。需要时请联系 CA 安全管理员。"),
    "partners.person": _(
        "密钥的责任受理员现在不能办理业务（CPS %(cps)s）。没有办理，请联系 CA 安全管理员。"
    ),
    "partners.key_reused": _("这个 Idempotency-Key 已用于另一个请求，没有办理。请换一个再试。"),
    "partners.told_once": _(
        "凭证在答复里只显示一次，已不能再次取得（CPS %(cps)s）。需要时请重新办理。"
    ),
    "partners.too_large": _("请求内容超过 %(kilobytes)s KB，没有办理。"),
    "partners.media_type": _("不支持这种内容类型，没有办理。"),
    "partners.malformed": _("请求内容的格式不对：%(said)s 没有办理。"),
    "partners.nowhere": _("接口没有这个地址。"),
    "partners.method": _("这个地址不支持这种请求方法。"),
}
