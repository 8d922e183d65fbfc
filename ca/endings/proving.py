"""What workers act on: signed votes of the committee, not rows that some process wrote (CPS 5.7.3).

Whoever has the staff site's database role can write a run that was agreed to. He cannot write a
member's signature under it.
"""

from typing import Any

from anxin.kernel import canonical
from anxin.kernel.errors import Kind, Refusal
from ca.operators import proving as operators
from people.api import Role
from pki.errors import PkiError

RULE = "endings.unproved"


def check(
    warrant: int | None,
    action: str,
    payload: dict[str, str],
    *,
    grants: bool,
    even_lost: bool = False,
) -> None:
    """A member of the committee has signed this yes or no, to this very payload; with a key that
    is not reported lost, but for `even_lost`.

    Refuses (FORBIDDEN) `endings.unproved`.
    """
    try:
        found = operators.votes_on(warrant)
    except PkiError as why:
        raise _unproved(f"{why.rule}: {why.reason}") from why
    said = canonical.encode(payload).decode()
    yes = [one for one in found if _counts(one, action, said, grants=grants)]
    if not any(operators.is_certified(one, even_lost=even_lost) for one in yes):
        raise _unproved(f"no member of the committee signed {action} {said}")


def _counts(one: dict[str, Any], action: str, payload: str, *, grants: bool) -> bool:
    about = (one["action"], one["payload"], one["grants"])
    if about != (action, payload, grants) or not one["signature"]:
        return False
    return operators.voted_as(one, Role.POLICY_MEMBER)


def _unproved(reason: str) -> Refusal:
    return Refusal(Kind.FORBIDDEN, RULE, reason, cps="5.7.3")
