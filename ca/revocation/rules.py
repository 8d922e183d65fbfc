"""Why a certificate is revoked (CPS 4.9.1) or held (CPS 4.9.12), in the words of RFC 5280. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal


class Cause(StrEnum):
    """CPS 4.9.1, in its order."""

    KEY_AT_RISK = "key_at_risk"  # 1
    OBLIGATIONS_BROKEN = "obligations_broken"  # 2
    AFFILIATION_ENDED = "affiliation_ended"  # 3
    WRONGLY_ISSUED = "wrongly_issued"  # 4
    CONTENT_WRONG = "content_wrong"  # 5
    OWN_WISH = "own_wish"  # 6
    LAW_OR_POLICY = "law_or_policy"  # 7


# CPS 4.9.1 -> RFC 5280 5.3.1. The RFC has no word for causes 2 and 7, a right withdrawn is the
# nearest; a certificate issued against the CPS (4) is superseded by none or a right one; wrong
# content (5) is a change of what the certificate says about its subject.
REASONS: Mapping[Cause, str] = {
    Cause.KEY_AT_RISK: "keyCompromise",
    Cause.OBLIGATIONS_BROKEN: "privilegeWithdrawn",
    Cause.AFFILIATION_ENDED: "affiliationChanged",
    Cause.WRONGLY_ISSUED: "superseded",
    Cause.CONTENT_WRONG: "affiliationChanged",
    Cause.OWN_WISH: "cessationOfOperation",
    Cause.LAW_OR_POLICY: "privilegeWithdrawn",
}


class End(StrEnum):
    """Why everything of an authority is revoked: by its own end, not by anybody's request."""

    COMPROMISE = "authority_compromised"  # CPS 5.7.3
    TERMINATION = "authority_ended"  # CPS 5.8


# RFC 5280 5.3.1. The subscribers' own keys are in order: `keyCompromise` would say of each of them
# what is true of their issuer's alone.
END_REASONS: Mapping[End, str] = {
    End.COMPROMISE: "cACompromise",
    End.TERMINATION: "cessationOfOperation",
}


# Of an authority that a ceremony made and that was broken off: its certificate never was in use
NEVER_USED = "cessationOfOperation"


class HoldCause(StrEnum):
    """CPS 4.9.12, in its order."""

    OWN_WISH = "own_wish"  # 1
    UNPAID = "unpaid"  # 2, and other duties of the subscriber
    AUTHORITY = "authority"  # 3: the RA, the government, a court


ON_HOLD = "certificateHold"  # RFC 5280 5.3.1, whatever the cause

# The approvals that lead to a revocation (CPS 4.9.3), a hold and its release (CPS 4.9.14)
WARRANTS = frozenset({"ra.revoke_certificate"})
HOLD_WARRANTS = frozenset({"ra.freeze_certificate"})
RELEASE_WARRANTS = frozenset({"ra.unfreeze_certificate"})
RETURNS = frozenset({"people.reinstate"})  # of an operator: with whom their certificate comes back


def reason_of(cause: str) -> str:
    """The CRLReason. Refuses `revocation.unknown_cause`."""
    if cause not in list(Cause):
        raise Refusal(
            Kind.INVALID,
            "revocation.unknown_cause",
            f"the CPS has no cause {cause}",
            cps="4.9.1",
            field="reason",
        )
    return REASONS[Cause(cause)]


def subject_of(certificate_id: int) -> str:
    """What the approval of its revocation is about."""
    return f"ca.certificate:{certificate_id}"


def check_warrant(action: str | None, approved: str, certificate_id: int) -> None:
    """Refuses an approval of another act, or about another certificate (`approved`)."""
    if action not in WARRANTS:
        raise _no_warrant(f"{action} revokes nothing")
    if approved != subject_of(certificate_id):
        raise _no_warrant(f"the approval is about {approved}, not {subject_of(certificate_id)}")


def _no_warrant(reason: str) -> Refusal:
    return Refusal(Kind.FORBIDDEN, "revocation.no_warrant", reason, cps="4.9.3")


def warrants(acts: frozenset[str], action: str | None, approved: str, certificate_id: int) -> bool:
    """Whether an approval is one of these acts, and about this very certificate."""
    return action in acts and approved == subject_of(certificate_id)


def releases(action: str, approved: str, certificate_id: int, requester: str) -> bool:
    """Whether an approval ends a hold on this very certificate (CPS 4.9.14), or is that who it was
    issued for comes back (CPS 5.3.6).
    """
    own = warrants(RELEASE_WARRANTS, action, approved, certificate_id)
    return own or (action in RETURNS and approved == requester)


def check_hold_warrant(
    acts: frozenset[str], action: str | None, approved: str, certificate_id: int
) -> None:
    """Refuses `hold.no_warrant`; `acts` is HOLD_WARRANTS or RELEASE_WARRANTS."""
    if not warrants(acts, action, approved, certificate_id):
        raise Refusal(
            Kind.FORBIDDEN,
            "hold.no_warrant",
            f"{action} about {approved} is none of {sorted(acts)} about {certificate_id}",
            cps="4.9.14",
        )


def check_hold_cause(cause: str) -> None:
    """Refuses `hold.unknown_cause`."""
    if cause not in list(HoldCause):
        raise Refusal(
            Kind.INVALID,
            "hold.unknown_cause",
            f"the CPS has no cause {cause}",
            cps="4.9.12",
            field="cause",
        )


def check_hold_time(not_after: datetime, *, at: datetime) -> None:
    """Refuses to hold or to release what has expired."""
    if at > not_after:
        raise Refusal(Kind.CONFLICT, "hold.expired", "the certificate has expired", cps="4.9.15")


def check_times(not_after: datetime, invalid_since: datetime | None, *, at: datetime) -> None:
    """Refuses to revoke what has expired, and an invalidity that begins tomorrow."""
    if at > not_after:
        raise Refusal(
            Kind.CONFLICT, "revocation.expired", "the certificate has expired", cps="4.9.1"
        )
    if invalid_since is not None and invalid_since > at:
        raise Refusal(
            Kind.INVALID,
            "revocation.future",
            "a key cannot have been lost tomorrow",
            cps="4.9.4",
            field="invalid_since",
        )
