"""Changes of profiles by invented people."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.conf import settings

from anxin.duties import DUTIES
from anxin.kernel.actors import Actor
from ca.profiles.delivered import PROFILES as DELIVERED
from ca.profiles.models import ProfileVersion
from ca.profiles.rules import CHANGE, Profile
from ca.profiling import services
from people.api import Role, approval, vote
from people.models import StaffMember
from tests.support import ca
from tests.support.people import hire
from tests.support.voting import Pen, enrolled, pen, with_pen

REASON, MINUTE = "国家标准更新", timedelta(minutes=1)
VOTERS = {"shao": Role.POLICY_MEMBER, "pei": Role.POLICY_MEMBER}


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


def added(code: str = "organization-school-sm2", **changes: object) -> Profile:
    """A kind of certificate that the product did not come with."""
    basis = DELIVERED[str(changes.pop("basis", "organization-sm2-sign"))]
    said = {
        "code": code,
        "basis": basis.code,
        "titles": (("zh-hans", "学校签名证书（SM2）"), ("en", "School signing certificate (SM2)")),
        "policy": "2.7",
        "years": (1, 2),
    }
    return replace(basis, **(said | changes))


def propose_new(
    profile: Profile, *, at: datetime = ca.NOW, valid_from: date | None = None
) -> ProfileVersion:
    number = services.propose_new(
        profile,
        reason="学校需要自己的证书",
        valid_from=valid_from,
        actor=ca.staff("gao", Role.CA_ADMIN),
        at=at,
        entropy=secrets.token_bytes,
    )
    return ProfileVersion.objects.get(code=profile.code, version=number)


def members(*, at: datetime = ca.NOW) -> dict[str, tuple[Actor, Pen]]:
    """Members of the committee, each with a key of their own."""
    found = {}
    with own_duties("people.enrol_key"):
        for number, (login, role) in enumerate(VOTERS.items(), 71):
            known = StaffMember.objects.filter(login=login).first()
            actor = Actor(known.pk, known.name, frozenset({role})) if known else hire(login, role)
            if known is None:
                asks, agrees = ca.staff("qi", Role.SECURITY_ADMIN), ca.staff("gao", Role.CA_ADMIN)
                agrees = replace(agrees, proved_at=at)
                enrolled(pen(number), actor, asks, agrees, at=at - MINUTE)
            found[login] = replace(actor, proved_at=at), pen(number)
    return found


@contextmanager
def own_duties(*actions: str) -> Iterator[None]:
    """The house's own, where the test's only spend approvals."""
    before = settings.DUTIES
    settings.DUTIES = before | {action: DUTIES[action] for action in actions}
    try:
        yield
    finally:
        settings.DUTIES = before


def agree(row: ProfileVersion, login: str, *, grants: bool = True, at: datetime = ca.NOW) -> None:
    """One vote, signed."""
    asked, why = approval(row.approval_id or 0), "" if grants else "理由不足"
    actor, key = members(at=at)[login]
    signing = with_pen(key, asked, actor, at=at, grants=grants, comment=why)
    with own_duties(CHANGE):
        vote(asked.id, grants=grants, seen=asked.digest, comment=why, actor=signing, at=at)


def decide(row: ProfileVersion, *, grants: bool = True, at: datetime = ca.NOW) -> ProfileVersion:
    """By both, or not by the first; what they agree to is begun by a worker on its day."""
    for login in VOTERS if grants else [*VOTERS][:1]:
        agree(row, login, grants=grants, at=at)
    services.begin_due(at=at)
    row.refresh_from_db()
    return row
