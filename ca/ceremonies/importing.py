"""Whether a certificate that a CA elsewhere signed is the one that was asked for. Pure."""

from datetime import datetime, timedelta

from anxin.kernel.errors import Kind, Refusal
from ca.profiles.rules import DAYS_OF_A_YEAR, Bearer, longest_key_years
from pki import certificates, lint, requests
from pki.certificates import Certificate
from pki.errors import LintError, PkiError
from pki.lint import ProfileRules
from pki.requests import Request

THEIRS = frozenset({"lint.serial_size"})  # how long its serial numbers are, a root says itself
SIGNS = frozenset({"keyCertSign", "cRLSign"})  # CPS 7.1


def read(given: bytes) -> Certificate:
    """PEM or DER. Refuses `importing.unreadable`."""
    try:
        return certificates.parse(given)
    except PkiError as error:
        raise _refused("unreadable", error.reason, cps="7.1") from error


def read_issuer(given: bytes) -> Certificate:
    """The external root. Refuses `importing.unreadable`, `importing.issuer`."""
    issuer = read(given)
    try:
        signs = issuer.is_ca and "keyCertSign" in (issuer.key_usage or SIGNS)
    except PkiError as error:
        raise _refused("unreadable", error.reason, cps="7.1") from error
    if not signs:
        raise _refused("issuer", "not the certificate of a CA", cps="7.4")
    return issuer


def check(
    certificate: Certificate, issuer: Certificate, wish: bytes, path_length: int, *, at: datetime
) -> None:
    """Same key, name, chain, constraints, validity, form; in this order (CPS 7.1, 7.4, 6.3.2).

    `wish`: the request (DER) that the root was sent. Refuses (INVALID) `importing.*`.
    """
    try:
        request = requests.parse(wish)
        requests.verify(request)
        _check_wish(certificate, request)
        _check_chain(certificate, issuer, at=at)
        _check_constraints(certificate, path_length)
        _check_term(certificate, issuer)
        _check_form(certificate, issuer)
    except PkiError as error:
        raise _refused("unreadable", error.reason, cps="7.1") from error


def _check_wish(certificate: Certificate, request: Request) -> None:
    if certificate.public_key.spki != request.public_key.spki:
        raise _refused("key", "another public key than was asked for", cps="6.1.6")
    if certificate.subject.key != request.subject.key:
        raise _refused(
            "name",
            "another name than was asked for",
            cps="7.4",
            wanted=request.subject.text,
            found=certificate.subject.text,
        )


def _check_chain(certificate: Certificate, issuer: Certificate, *, at: datetime) -> None:
    try:
        certificates.verify(certificate, issuer, at)
    except PkiError as error:
        raise _refused("chain", error.reason, cps="7.4", fault=error.rule) from error


def _check_constraints(certificate: Certificate, path_length: int) -> None:
    usage = certificate.key_usage or frozenset()
    if not certificate.is_ca or not usage >= SIGNS:
        raise _refused("constraints", "it does not make a CA of the key", cps="7.1")
    found = certificate.basic_constraints.path_length
    if found != path_length:
        raise _refused(
            "path_length",
            f"path length {found}",
            cps="7.1",
            wanted=path_length,
            found="—" if found is None else found,
        )


def _check_term(certificate: Certificate, issuer: Certificate) -> None:
    if certificate.not_before < issuer.not_before or certificate.not_after > issuer.not_after:
        raise _refused("validity", "it would outlive its issuer", cps="6.3.2")
    days = (certificate.not_after - certificate.not_before).days
    if days > DAYS_OF_A_YEAR * longest_key_years(Bearer.CA, certificate.public_key) + 5:
        raise _refused("validity", "longer than the key may live", cps="6.3.2")  # leap days


def check_age(certificate: Certificate, since: datetime) -> None:
    """The whole age of a key counts, from when it was made. Refuses `importing.validity`."""
    longest = timedelta(days=DAYS_OF_A_YEAR * longest_key_years(Bearer.CA, certificate.public_key))
    if certificate.not_after > since + longest + timedelta(days=5):
        raise _refused("validity", "longer than the key may live", cps="6.3.2")


def _check_form(certificate: Certificate, issuer: Certificate) -> None:
    try:
        rules = ProfileRules("ca")
        lint.check_certificate_tbs(certificate.tbs, issuer=issuer, profile_rules=rules)
    except LintError as error:
        found = ", ".join(one.rule for one in error.findings if one.rule not in THEIRS)
        if not found:
            return
        raise _refused("form", error.reason, cps="7.1", findings=found) from error


def _refused(rule: str, reason: str, *, cps: str, **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"importing.{rule}", reason, cps=cps, field="given", **details)
