"""python -m tests.e2e.enrolling enrol | end LOGIN...: what two others do about operators' keys.

`enrol` puts the keys to use that their owners have just made in a browser; `end` ends them, for
tests whose windows have no key. Runs as the staff site does.
"""

import os
import sys
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anxin.settings")
django.setup()

from django.db import transaction  # noqa: E402

from anxin.kernel.actors import Actor  # noqa: E402 -- needs the settings
from people.api import Role, staff_matching, vote  # noqa: E402
from people.operatorkeys import queries, services  # noqa: E402
from people.operatorkeys.rules import Ending, State  # noqa: E402
from people.personnel.services import propose_key  # noqa: E402


def now() -> datetime:
    return datetime.now(UTC)


def acting(login: str, role: Role) -> Actor:
    """Somebody who takes no part in what follows and has no key."""
    (person_id,) = staff_matching(login)
    return Actor(person_id, login, frozenset({role}), "127.0.0.1", "", now())


def main(what: str, *logins: str) -> None:
    asks, agrees = acting("fangke", Role.SECURITY_ADMIN), acting("weilan", Role.CA_ADMIN)
    for login in logins:
        (person_id,) = staff_matching(login)
        if what == "end":
            with transaction.atomic():
                services.revoke_all(person_id, Ending.REPLACED, actor=agrees, at=now())
            continue
        newest = queries.keys_of(person_id)[0]
        assert newest.state == State.PROPOSED, login
        asked = propose_key(person_id, newest.id, actor=asks, at=now())
        vote(asked.id, grants=True, seen=asked.digest, actor=agrees, at=now())


if __name__ == "__main__":
    main(*sys.argv[1:])
