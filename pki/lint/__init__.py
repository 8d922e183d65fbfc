"""Refuse to sign a certificate that breaks RFC 5280, GB/T 20518 or our CPS.

One function per rule: its name is the rule code after `lint.`, its docstring the sentence, and it
returns whether the rule holds. What it cannot read, it does not allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki import certificates
from pki.errors import Finding, LintError, PkiError
from pki.lint import extensions, frame, subject
from pki.lint.view import ProfileRules, View

if TYPE_CHECKING:
    from pki.certificates import Certificate

__all__ = ["RULES", "ProfileRules", "check_certificate_tbs"]

RULES = frame.RULES + subject.RULES + extensions.RULES


def check_certificate_tbs(
    tbs: bytes, *, issuer: Certificate | None, profile_rules: ProfileRules
) -> None:
    """Raises LintError with all findings. `issuer` is None for a self-signed root alone."""
    try:
        body = certificates.parse_tbs(tbs)
    except PkiError as problem:
        raise LintError([Finding("lint.not_der", problem.reason)]) from problem
    view = View(body, issuer, profile_rules)
    findings = []
    for rule in RULES:
        try:
            if rule(view):
                continue
            reason = rule.__doc__ or rule.__name__
        except PkiError as problem:
            reason = problem.reason
        findings.append(Finding(f"lint.{rule.__name__}", reason))
    if findings:
        raise LintError(findings)
