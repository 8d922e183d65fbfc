"""Changes of profiles by invented people."""

import secrets
from dataclasses import replace
from datetime import date, datetime

from ca.profiles.models import ProfileVersion
from ca.profiles.rules import Profile
from ca.profiling import services
from people.api import Role, approval, vote
from tests.support import ca

REASON = "国家标准更新"


def propose(
    after: Profile,
    *,
    base: int = 1,
    valid_from: date | None = None,
    at: datetime = ca.NOW,
    who: Role = Role.CA_ADMIN,
) -> ProfileVersion:
    number = services.propose(
        after,
        base=base,
        reason=REASON,
        valid_from=valid_from,
        actor=ca.staff("gao", who),
        at=at,
        entropy=secrets.token_bytes,
    )
    return ProfileVersion.objects.get(code=after.code, version=number)


def decide(row: ProfileVersion, *, grants: bool = True, at: datetime = ca.NOW) -> ProfileVersion:
    """By a member of the policy committee."""
    asked = approval(row.approval_id or 0)
    member = replace(ca.staff("shao", Role.POLICY_MEMBER), proved_at=at)
    why = "" if grants else "理由不足"
    vote(asked.id, grants=grants, seen=asked.digest, comment=why, actor=member, at=at)
    row.refresh_from_db()
    return row
