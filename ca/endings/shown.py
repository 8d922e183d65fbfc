"""What the policy committee reads before it agrees (CPS 5.7.3, 5.8)."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import SHANGHAI
from ca.endings import queries
from ca.endings.kinds import STEPS, Kind
from ca.endings.models import Ending
from ca.endings.wording import KINDS
from ca.endings.wording import STEPS as STEP_WORDS
from people.api import Shown


def ending(payload: dict[str, Any], *, actor: Actor) -> Shown:  # noqa: ARG001 -- as all of them
    """Everything that was declared, the notice as it will be read, and every step."""
    row = queries.ending(payload["ending"])
    steps = [
        (_("步骤 %(number)d") % {"number": number}, str(STEP_WORDS[step.code]))
        for number, step in enumerate(STEPS[Kind(row.kind)], 1)
    ]
    rows = (
        *_about(row),
        (_("已知情况"), row.known),
        (_("公告全文"), row.notice),
        (_("报告主管部门的草稿"), row.letter),
        (_("订户收到的通知"), row.message),
        *_times(row),
        *(
            (_("涉及的 CA"), f"{code}　SM3 {sm3}")
            for code, sm3 in queries.agreed_codes(row).items()
        ),
        *steps,
        (_("摘要（SM3）"), row.digest),
    )
    return Shown(f"{row.number} {KINDS[row.kind]}", rows, reverse("ending", args=[row.number]))


def abort(payload: dict[str, Any], *, actor: Actor) -> Shown:  # noqa: ARG001 -- as all of them
    row = queries.ending(payload["ending"])
    rows = (*_about(row), (_("中止的原因"), payload["reason"]))
    return Shown(f"{row.number} {KINDS[row.kind]}", rows, reverse("ending", args=[row.number]))


def _about(row: Ending) -> list[tuple[str, str]]:
    drill = [(_("演练"), _("是，对证书没有影响"))] if row.drill else []
    return [
        (_("编号"), row.number),
        (_("类型"), str(KINDS[row.kind])),
        *drill,
        ("CA", f"{row.ca.code}　{row.ca.subject}"),
    ]


def _times(row: Ending) -> list[tuple[str, str]]:
    if row.ends_on:
        return [(_("停止服务的日期"), row.ends_on.isoformat())]
    since = row.since.astimezone(SHANGHAI) if row.since else None
    return [(_("密钥从何时起不可信"), f"{since:%Y-%m-%d %H:%M}")] if since else []
