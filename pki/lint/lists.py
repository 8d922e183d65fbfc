"""Refuse to sign a revocation list that breaks RFC 5280 section 5 or contradicts the one before.

One function per rule, as in `pki.lint`: its name is the code after `lint.`, its docstring the
sentence, and it returns whether the rule holds. How long a list lives is the caller's (CPS 4.9.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki import crls, oids, signatures
from pki.errors import Finding, LintError, PkiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.certificates import Certificate
    from pki.crls import RevocationList

_CRITICALITY = {  # RFC 5280 5.2
    oids.AUTHORITY_KEY_IDENTIFIER: False,
    oids.CRL_NUMBER: False,
    oids.DELTA_CRL_INDICATOR: True,
    oids.ISSUING_DISTRIBUTION_POINT: True,
    oids.FRESHEST_CRL: False,
}
_MAX_NUMBER = 1 << (8 * 20 - 1)  # 20 octets, RFC 5280 5.2.3 and 4.1.2.2


@dataclass(frozen=True)
class ListView:
    """What the rules look at; `previous_number` is None for the first list of an issuer."""

    crl: RevocationList
    issuer: Certificate
    previous_number: int | None


def check_crl_tbs(tbs: bytes, *, issuer: Certificate, previous_number: int | None) -> None:
    """Raises LintError with all findings."""
    try:
        crl = crls.parse_tbs(tbs)
    except PkiError as problem:
        raise LintError([Finding(f"lint.{problem.rule}", problem.reason)]) from problem
    view = ListView(crl, issuer, previous_number)
    if findings := [finding for rule in RULES if (finding := _apply(rule, view))]:
        raise LintError(findings)


def _apply(rule: Callable[[ListView], bool], view: ListView) -> Finding | None:
    try:
        if rule(view):
            return None
        reason = rule.__doc__ or rule.__name__
    except PkiError as problem:
        reason = problem.reason
    return Finding(f"lint.{rule.__name__}", reason)


def crl_issuer(view: ListView) -> bool:
    """The issuer is not, byte for byte, the subject of the CA's certificate."""
    return view.crl.issuer.der == view.issuer.body.subject


def crl_authority_key(view: ListView) -> bool:
    """The authority key identifier is missing or not the CA's."""
    stated = view.issuer.key_identifier or view.issuer.public_key.key_identifier
    return view.crl.authority_key_identifier == stated


def crl_algorithm(view: ListView) -> bool:
    """The signature algorithm is weak, or the CA's key cannot make it."""
    algorithm = view.crl.signature_algorithm
    fits = signatures.fits(view.issuer.public_key.algorithm, algorithm)
    return fits and algorithm in signatures.STRONG


def crl_issuer_usage(view: ListView) -> bool:
    """The CA's certificate does not let its key sign revocation lists."""
    usage = view.issuer.key_usage
    return usage is None or "cRLSign" in usage


def crl_number(view: ListView) -> bool:
    """The CRL number is missing, negative or has more than 20 octets."""
    return view.crl.number is not None and 0 <= view.crl.number < _MAX_NUMBER


def crl_number_grows(view: ListView) -> bool:
    """The CRL number does not grow."""
    return view.previous_number is None or (view.crl.number or 0) > view.previous_number


def crl_delta_base(view: ListView) -> bool:
    """The delta adds to a list that is not older than itself."""
    base = view.crl.base_number
    return base is None or base < (view.crl.number or 0)


def crl_next_update(view: ListView) -> bool:
    """The next update does not come after this one."""
    return view.crl.next_update > view.crl.this_update


def crl_outlives_issuer(view: ListView) -> bool:
    """The list begins when the CA's certificate is not valid."""
    return view.issuer.not_before <= view.crl.this_update <= view.issuer.not_after


def crl_extensions(view: ListView) -> bool:
    """An extension is unknown, or critical when it must not be, or the other way round."""
    return all(_CRITICALITY.get(e.oid) == e.critical for e in view.crl.extensions)


def crl_scope(view: ListView) -> bool:
    """The issuing distribution point names no place, or cannot be read."""
    limited = view.crl.extension(oids.ISSUING_DISTRIBUTION_POINT) is not None
    return bool(crls.scope_of(view.crl).places) or not limited


def crl_serials(view: ListView) -> bool:
    """A serial number is not positive, or has more than 20 octets."""
    return all(0 < entry.serial < _MAX_NUMBER for entry in view.crl.entries)


def crl_serial_twice(view: ListView) -> bool:
    """A certificate stands twice in the list."""
    return len(view.crl.by_serial) == len(view.crl.entries)


def crl_future_revocation(view: ListView) -> bool:
    """A certificate is revoked at a moment after the list was made."""
    return all(entry.revoked_at <= view.crl.this_update for entry in view.crl.entries)


def crl_reasons(view: ListView) -> bool:
    """A reason is `unspecified`, which is left out, or `removeFromCRL` in a complete list."""
    forbidden = {"unspecified"} | ({"removeFromCRL"} if view.crl.base_number is None else set())
    return forbidden.isdisjoint({entry.reason for entry in view.crl.entries})


RULES: tuple[Callable[[ListView], bool], ...] = (
    crl_issuer,
    crl_authority_key,
    crl_algorithm,
    crl_issuer_usage,
    crl_number,
    crl_number_grows,
    crl_delta_base,
    crl_next_update,
    crl_outlives_issuer,
    crl_extensions,
    crl_scope,
    crl_serials,
    crl_serial_twice,
    crl_future_revocation,
    crl_reasons,
)
