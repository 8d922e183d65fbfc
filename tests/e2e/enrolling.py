"""python -m tests.e2e.enrolling enrol | end LOGIN...: what two others do about operators' keys.

`enrol` puts the keys to use that their owners have just made in a browser; `end` ends them, for
tests whose windows have no key. Runs as the staff site does.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from time import sleep

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anxin.settings")
django.setup()

from django.db import transaction  # noqa: E402

from anxin.kernel.actors import Actor  # noqa: E402 -- needs the settings
from people.api import Role, staff_matching, vote  # noqa: E402
from people.operatorkeys import queries, services  # noqa: E402
from people.operatorkeys.proving import own_certificate  # noqa: E402
from people.operatorkeys.rules import Ending, State  # noqa: E402
from tests.support.voting import hand_in, known, pen, proposed, with_pen  # noqa: E402

WITHIN = timedelta(minutes=2)
OWN = known(pen(70_000))  # of the administrator who signs for the keys of others
ASKS = known(pen(70_001))  # of who asks for them


def now() -> datetime:
    return datetime.now(UTC)


def acting(login: str, role: Role) -> Actor:
    """Somebody who takes no part in what follows."""
    (person_id,) = staff_matching(login)
    return Actor(person_id, login, frozenset({role}), "127.0.0.1", "", now())


def main(what: str, *logins: str) -> None:
    asks, agrees = acting("luoyin", Role.SECURITY_ADMIN), acting("hanzhou", Role.CA_ADMIN)
    if what == "enrol" and queries.active(agrees.person_id) is None:  # the first key of the house
        enrolled_by(acting("gaoyuan", Role.CA_ADMIN), hand_in(OWN, agrees, at=now()), agrees, asks)
        other = acting("tangshu", Role.SECURITY_ADMIN)
        enrolled_by(agrees, hand_in(ASKS, asks, at=now()), asks, other)
    for login in logins:
        (person_id,) = staff_matching(login)
        if what == "end":
            with transaction.atomic():
                services.revoke_all(person_id, Ending.REPLACED, actor=agrees, at=now())
            continue
        newest = queries.keys_of(person_id)[0]
        assert newest.state == State.PROPOSED, login
        enrolled_by(agrees, newest.id, Actor(person_id, login), asks)
    if what == "enrol":
        certified(*logins)


def enrolled_by(agrees: Actor, key_id: int, owner: Actor, asks: Actor) -> None:
    """With signatures, but for the first of each."""
    asked = proposed(owner, key_id, asks, at=now())
    if queries.active(agrees.person_id) is not None:
        agrees = with_pen(OWN, asked, agrees, at=now())
    vote(asked.id, grants=True, seen=asked.digest, actor=agrees, at=now())


def certified(*logins: str) -> None:
    """Workers have certified the keys of all; from then on ceremonies ask for it."""
    for login in logins:
        (person_id,) = staff_matching(login)
        until = now() + WITHIN
        while own_certificate(person_id, at=now()) is None:
            assert now() < until, f"{login} has no certificate"
            sleep(0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
