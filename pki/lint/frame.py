"""Rules about everything but the subject and the extensions: RFC 5280 4.1.1 and 4.1.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pki import der, signatures
from pki.certificates import MAX_SERIAL_OCTETS, MIN_SERIAL_OCTETS

if TYPE_CHECKING:
    from datetime import datetime

    from pki.lint.view import View

MAX_TBS = 16 * 1024  # no card and no browser is happy with more


class Rule(Protocol):
    __name__: str

    def __call__(self, view: View, /) -> bool: ...


def tbs_size(view: View) -> bool:
    """The certificate has more than 16384 octets."""
    return len(view.body.der) <= MAX_TBS


def version(view: View) -> bool:
    """The version is not 3."""  # CPS 7.1.1
    return view.body.version == 3  # noqa: PLR2004


def serial_positive(view: View) -> bool:
    """The serial number is zero or negative."""
    return view.body.serial > 0


def serial_size(view: View) -> bool:
    """The serial number does not have 16 to 20 octets."""
    return MIN_SERIAL_OCTETS <= len(view.body.serial_octets) <= MAX_SERIAL_OCTETS


_WRITTEN = {signatures.identifier(name): name for name in sorted(signatures.STRONG)}


def signature_algorithm(view: View) -> bool:
    """The signature algorithm is weak, unknown, or not in the one form we write."""
    return view.body.algorithm in _WRITTEN


def signature_algorithm_fits(view: View) -> bool:
    """The issuer's key does not sign with this algorithm."""
    name = signatures.parse_identifier(view.body.algorithm)
    return signatures.fits(view.issuer_key.algorithm, name)


def issuer_given(view: View) -> bool:
    """A root stands without an issuer, everything else has one."""
    return (view.issuer is None) == (view.profile.kind == "root")


def issuer_name(view: View) -> bool:
    """The issuer's name is not the subject of the issuer's certificate, byte for byte."""
    expected = view.issuer.body.subject if view.issuer else view.body.subject
    return view.body.issuer == expected


def issuer_certifies(view: View) -> bool:
    """The issuer's certificate does not allow its key to sign certificates."""
    if view.issuer is None:
        return True
    usage = view.issuer.key_usage
    return view.issuer.is_ca and (usage is None or "keyCertSign" in usage)


def validity_order(view: View) -> bool:
    """The certificate ends before it begins."""
    return view.body.not_before < view.body.not_after


def validity_inside_issuer(view: View) -> bool:
    """The certificate is valid at a time when its issuer is not."""
    if view.issuer is None:
        return True
    begins, ends = view.issuer.not_before, view.issuer.not_after
    return begins <= view.body.not_before and view.body.not_after <= ends


def validity_encoding(view: View) -> bool:
    """Times are UTCTime up to 2049 and GeneralizedTime afterwards."""
    wanted = (_time_tag(view.body.not_before), _time_tag(view.body.not_after))
    return view.body.validity_tags == wanted


def _time_tag(moment: datetime) -> int:
    return der.UTC_TIME if moment.year < 2050 else der.GENERALIZED_TIME  # noqa: PLR2004


def public_key(view: View) -> bool:
    """The public key is weak, or not in the one form we write."""
    return view.key.spki == view.body.spki


def public_key_of_issuer(view: View) -> bool:
    """The key of a CA is certified for somebody else."""
    return view.issuer is None or view.body.spki != view.issuer.body.spki


def unique_identifiers(view: View) -> bool:
    """The certificate carries unique identifiers, which RFC 5280 forbids."""
    return not view.body.unique_ids


RULES: tuple[Rule, ...] = (
    tbs_size,
    version,
    serial_positive,
    serial_size,
    signature_algorithm,
    signature_algorithm_fits,
    issuer_given,
    issuer_name,
    issuer_certifies,
    validity_order,
    validity_inside_issuer,
    validity_encoding,
    public_key,
    public_key_of_issuer,
    unique_identifiers,
)
