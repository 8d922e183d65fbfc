"""What can go wrong in `pki`. Every error carries a stable rule code and one English sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class PkiError(Exception):
    """`rule` is a stable dotted code (`request.trailing_bytes`); `reason` is one sentence."""

    def __init__(self, rule: str, reason: str, **details: object) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason
        self.details = details


class Malformed(PkiError):
    """The bytes do not have the form they claim."""


class Refused(PkiError):
    """Well formed, but against a rule: a weak key, a forbidden wish, an unknown algorithm."""


class BadSignature(PkiError):
    """A signature, or the path it stands on, does not hold."""


class Finding(NamedTuple):
    """One broken rule of `pki.lint`."""

    rule: str
    reason: str


class LintError(PkiError):
    """What was about to be signed breaks rules; `findings` lists all of them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings[0].rule, "; ".join(f"{f.rule}: {f.reason}" for f in findings))
        self.findings = tuple(findings)


class TokenError(PkiError):
    """A cryptographic device refused or failed; `permanent` means that asking again is useless."""

    def __init__(self, rule: str, reason: str, *, permanent: bool, **details: object) -> None:
        super().__init__(rule, reason, **details)
        self.permanent = permanent


class SelfTestFailed(RuntimeError):  # not a PkiError: nobody may catch it and carry on
    """A known answer came out wrong. The process must not start."""
