"""What is asked for about people, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from people.accounts.models import StaffMember
from people.approvals.inbox import Shown
from people.factors.rules import Factor
from people.factors.wording import FACTORS
from people.notices.queries import address_of
from people.trust.roles import Role
from people.wording import ROLES


def role(payload: dict[str, Any], **_reader: Actor) -> Shown:
    """A role given or ended."""
    name = str(ROLES[Role(payload["role"])])
    return _about(payload["person"], (_("岗位"), name))


def key(payload: dict[str, Any], **_reader: Actor) -> Shown:
    """A key enrolled: the voter compares the fingerprint with the owner, face to face."""
    digits = payload["fingerprint"]
    groups = " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))
    asked = _("已签名") if "asked" in payload else _("没有签名：提请人的岗位还没有人有密钥")
    fingerprint = (_("密钥指纹（SHA-256）"), groups)
    return _about(payload["person"], fingerprint, (_("提请"), asked))


def person(payload: dict[str, Any], **_reader: Actor) -> Shown:
    """Something about nobody but a person."""
    return _about(payload["person"])


def account(payload: dict[str, Any], **_reader: Actor) -> Shown:
    """An account for somebody new."""
    row = StaffMember.objects.get(pk=payload["person"])
    address = address_of(row.pk)
    mail = [(_("工作邮箱"), address)] if address else []
    return _about(row.pk, (_("登录名"), row.login), *mail)


def factor(payload: dict[str, Any], **_reader: Actor) -> Shown:
    """What somebody is given to prove who they are."""
    return _about(payload["person"], (_("发放"), str(FACTORS[Factor(payload["factor"])])))


def _about(person_id: int, *more: tuple[str, str]) -> Shown:
    row = StaffMember.objects.get(pk=person_id)
    rows = [
        (_("姓名"), row.name),
        (_("工号"), row.staff_number),
        (_("机构"), row.office or _("总部")),
        *more,
    ]
    about = " · ".join([row.name, *(value for _label, value in more)])
    return Shown(about, tuple(rows), reverse("person", args=[row.staff_number]))
