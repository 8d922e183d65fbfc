"""The chain: every link seals the one before it and all columns of its entry (CPS 5.4.4)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from anxin.kernel import canonical

GENESIS = "0" * 64
UNSEALED_TOO_LONG = timedelta(seconds=60)  # CPS 5.4.4: the sealer runs every two seconds


@dataclass(frozen=True, slots=True)
class Content:
    """One entry as it is sealed; `details` is the stored text, never parsed (CPS 5.4.1)."""

    id: int
    xid: int
    at: datetime
    actor_id: int | None
    actor_name: str
    actor_roles: str
    address: str
    action: str
    subject: str
    outcome: str
    details: str


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the chain: `digest` seals `previous` and the content of entry `entry`."""

    seq: int
    entry: int
    xid: int
    previous: str
    digest: str


class Fault(StrEnum):
    CHANGED = "changed"  # the entry is not what was sealed
    MISSING = "missing"  # the entry, or a link, is gone
    REORDERED = "reordered"  # the link does not follow the one before it
    REWRITTEN = "rewritten"  # the chain does not contain a head that was noted elsewhere


VERIFIED = "audit.verified"  # the action of the entry that a full walk leaves


class Outcome(StrEnum):
    """What a full walk found."""

    DONE = "done"
    BROKEN = "broken"
    UNWITNESSED = "unwitnessed"  # the links hold, but heads kept elsewhere are missing


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold."""

    seq: int
    entry: int | None
    fault: Fault
    expected: str
    found: str


def body(seq: int, previous: str, content: Content) -> dict[str, object]:
    """What the digest covers, ready for `anxin.kernel.canonical`."""
    return {
        "seq": seq,
        "previous": previous,
        "id": content.id,
        "xid": content.xid,
        "at": content.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": content.actor_id,
        "actor_name": content.actor_name,
        "actor_roles": content.actor_roles,
        "address": content.address,
        "action": content.action,
        "subject": content.subject,
        "outcome": content.outcome,
        "details": content.details,
    }


def seal(seq: int, previous: str, content: Content) -> Link:
    """The link for an entry at this place."""
    digest = canonical.digest(body(seq, previous, content))
    return Link(seq, content.id, content.xid, previous, digest)


def check(link: Link, content: Content | None, *, seq: int, previous: str) -> Break | None:
    """What is wrong with a link that should be number `seq` and follow `previous`, if anything."""
    if link.seq != seq:
        return Break(seq, None, Fault.MISSING, f"link {seq}", f"link {link.seq}")
    if content is None:
        return Break(seq, link.entry, Fault.MISSING, f"entry {link.entry}", "no such entry")
    if link.previous != previous:
        return Break(seq, link.entry, Fault.REORDERED, previous, link.previous)
    found = seal(seq, previous, content)
    if found != link:
        return Break(seq, link.entry, Fault.CHANGED, link.digest, found.digest)
    return None


def outcome(broken: Break | None, heads: int | None, before: int) -> Outcome:
    """`heads` kept by the signer were compared, None when it did not answer.

    It forgets none, so fewer than `before`, the last time, is a loss.
    """
    if broken:
        return Outcome.BROKEN
    return Outcome.UNWITNESSED if heads is None or heads < before else Outcome.DONE
