"""Rules about the extensions: RFC 5280 4.2, GB/T 20518 and the CPS (7.1.2)."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from pki import der, extension_values, names, oids
from pki import extensions as written
from pki.certificates import UNDERSTOOD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.extension_values import GeneralName
    from pki.lint.frame import Rule
    from pki.lint.view import View

_STANDARD = frozenset(value for value in vars(oids).values() if isinstance(value, str))
_SIGN = frozenset({"digitalSignature", "nonRepudiation"})
_ENCRYPT = frozenset({"keyEncipherment", "dataEncipherment"})
_CERTIFY = frozenset({"keyCertSign", "cRLSign"})
_SIGN_ONLY = frozenset({"digitalSignature"})
_USAGES = {  # GB/T 20518 and the double certificates of GM/T 0034: one purpose to a key
    "root": (_CERTIFY,),
    "ca": (_CERTIFY,),
    "signing": (_SIGN,),
    "encryption": (_ENCRYPT, _ENCRYPT | {"keyAgreement"}),
    "ocsp": (_SIGN_ONLY, _SIGN),
    "tsa": (_SIGN_ONLY, _SIGN),
}
_OWN_PURPOSE = {"ocsp": oids.OCSP_SIGNING, "tsa": oids.TIME_STAMPING}
_FOR_KINDS_ALONE = {*_OWN_PURPOSE.values(), oids.ANY_EXTENDED_KEY_USAGE}
_IDENTITY_CODES = frozenset({oids.IDENTITY_CODE, oids.OLD_IDENTITY_CODE})
_NUMBERS = {*oids.NATIONAL_IDENTITY, *oids.NATIONAL_IDENTITY.values()} - _IDENTITY_CODES
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(\*\.{_LABEL}\.)?{_LABEL}(\.{_LABEL})*", re.IGNORECASE)  # RFC 1123 2.1
_LONGEST_DOMAIN = 253  # RFC 1035 2.3.4
_IDENTITY_FORMS = {(0xA0, der.PRINTABLE), (0xA1, der.UTF8), (0xA2, der.PRINTABLE)}


def extensions_encoding(view: View) -> bool:
    """The extensions are missing or not in DER."""
    return view.body.extensions_der == written.encode_all(view.body.extensions)


def extension_repeated(view: View) -> bool:
    """An extension stands twice."""
    return len(view.values) == len(view.body.extensions)


def extension_required(view: View) -> bool:
    """An extension that the profile promises is missing."""
    return view.profile.required <= view.values.keys()


def extension_unknown_critical(view: View) -> bool:
    """A critical extension is not understood here."""
    return all(e.oid in UNDERSTOOD for e in view.body.extensions if e.critical)


def extension_criticality(view: View) -> bool:
    """An extension is critical that must not be, or the other way round."""
    must = {oids.KEY_USAGE}
    if view.is_ca:
        must.add(oids.BASIC_CONSTRAINTS)
    if view.profile.kind == "tsa":
        must.add(oids.EXTENDED_KEY_USAGE)  # RFC 3161 2.3
    may = must | {oids.EXTENDED_KEY_USAGE}
    critical = {e.oid for e in view.body.extensions if e.critical} & UNDERSTOOD
    return must & view.values.keys() <= critical <= may


def subject_key_identifier(view: View) -> bool:
    """The subject key identifier is missing, or not SHA-1 of the key."""
    expected = written.subject_key_identifier(view.key.key_identifier).value
    return view.values.get(oids.SUBJECT_KEY_IDENTIFIER) == expected


def authority_key_identifier(view: View) -> bool:
    """The authority key identifier is missing, or not the issuer's key identifier alone."""
    stated = view.issuer.key_identifier if view.issuer else None
    expected = written.authority_key_identifier(stated or view.issuer_key.key_identifier).value
    found = view.values.get(oids.AUTHORITY_KEY_IDENTIFIER)
    return found == expected or (found is None and view.profile.kind == "root")


def key_usage_encoding(view: View) -> bool:
    """The key usage is missing or not in DER."""
    return view.values.get(oids.KEY_USAGE) == written.key_usage(view.key_usage).value


def key_usage_mixed(view: View) -> bool:
    """One key is for two of signing, encrypting and certifying."""
    groups = (_SIGN, _ENCRYPT | {"keyAgreement", "encipherOnly", "decipherOnly"}, _CERTIFY)
    return sum(not group.isdisjoint(view.key_usage) for group in groups) <= 1


def key_usage_kind(view: View) -> bool:
    """The key usage is not that of this kind of certificate."""
    return view.key_usage in _USAGES[view.profile.kind]


def basic_constraints_kind(view: View) -> bool:
    """A CA is not marked as one, or something else is."""
    return view.constraints.ca == view.is_ca if view.constraints else not view.is_ca


def basic_constraints_encoding(view: View) -> bool:
    """The basic constraints are not in DER, or give a path length to no CA."""
    if view.constraints is None:
        return True
    encoded = written.basic_constraints(*view.constraints).value
    return view.values[oids.BASIC_CONSTRAINTS] == encoded


def path_length(view: View) -> bool:
    """The issuer's path length does not allow this CA."""
    allowed = view.issuer.basic_constraints.path_length if view.issuer else None
    if allowed is None or view.constraints is None or not view.constraints.ca:
        return True
    own = view.constraints.path_length
    self_issued = (
        view.body.subject == view.body.issuer
    )  # a link counts for nothing, RFC 5280 4.2.1.9
    return own is not None and own < allowed + self_issued


def purposes_repeated(view: View) -> bool:
    """The extended key usage is empty or repeats itself."""
    stated = oids.EXTENDED_KEY_USAGE in view.values
    return len(set(view.purposes)) == len(view.purposes) and stated == bool(view.purposes)


def purposes_kind(view: View) -> bool:
    """The extended key usage does not fit this kind of certificate."""
    own = _OWN_PURPOSE.get(view.profile.kind)
    if own:
        return view.purposes == (own,)
    return _FOR_KINDS_ALONE.isdisjoint(view.purposes)


def purposes_profile(view: View) -> bool:
    """The extended key usage is not what the profile says."""
    return view.profile.purposes in (None, frozenset(view.purposes))


def ocsp_no_check(view: View) -> bool:
    """An OCSP responder is not marked as such, or something else is (RFC 6960 4.2.2.2.1)."""
    wanted = der.NULL if view.profile.kind == "ocsp" else None
    return view.values.get(oids.OCSP_NO_CHECK) == wanted


def _points(view: View) -> Iterator[tuple[GeneralName, ...]]:
    for oid in (oids.CRL_DISTRIBUTION_POINTS, oids.FRESHEST_CRL):
        if (value := view.values.get(oid)) is not None:
            yield extension_values.distribution_points(value)


def crl_distribution_points(view: View) -> bool:
    """A distribution point is no http, https or ldap address and no directory name."""
    return all(
        points and all(p.kind == "directory" or _is_address(p) for p in points)
        for points in _points(view)
    )


def authority_information_access(view: View) -> bool:
    """The authority information access has no address, or one that is no http or ldap address."""
    value = view.values.get(oids.AUTHORITY_INFORMATION_ACCESS)
    if value is None:
        return True
    places = extension_values.authority_information_access(value)
    methods = {method for method, _ in places}
    known = methods <= {oids.ACCESS_OCSP, oids.ACCESS_CA_ISSUERS}
    return bool(places) and known and all(_is_address(place) for _, place in places)


def _is_address(place: GeneralName) -> bool:
    return place.kind == "uri" and bool(written.URI.fullmatch(place.text))


def certificate_policies(view: View) -> bool:
    """The policies are empty, repeat themselves, or have a malformed CPS address."""
    value = view.values.get(oids.CERTIFICATE_POLICIES)
    if value is None:
        return True
    policies = extension_values.certificate_policies(value)
    once = len({policy for policy, _ in policies}) == len(policies) > 0
    return once and all(written.URI.fullmatch(uri) for _, uris in policies for uri in uris)


def subject_alternative_name(view: View) -> bool:
    """An alternative name is empty, not ASCII, or of a kind that the profile does not have."""
    value = view.values.get(oids.SUBJECT_ALT_NAME)
    if value is None:
        return True
    found = view.alternative_names
    kinds = {name.kind for name in found} <= view.profile.names
    return bool(found) and kinds and all(_plain(name.text) for name in found)


def dns_names(view: View) -> bool:
    """A domain is none: letters, digits and hyphens, `*` as the whole first label alone."""
    return all(
        len(name.text) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(name.text)
        for name in view.alternative_names
        if name.kind == "dns"
    )


def ip_addresses(view: View) -> bool:
    """An IP address has neither 4 nor 16 octets."""
    return all(_is_ip(name.text) for name in view.alternative_names if name.kind == "ip")


def alternative_names_repeated(view: View) -> bool:
    """An alternative name stands twice."""
    return len(set(view.alternative_names)) == len(view.alternative_names)


def _is_ip(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _plain(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and not set(text) & {" ", "\\"}


def national_identity(view: View) -> bool:
    """A national identity extension is not in the form of GB/T 20518."""
    values = view.values
    codes = all(_is_identity(values[oid]) for oid in _IDENTITY_CODES & values.keys())
    return codes and all(_is_number(values[oid]) for oid in _NUMBERS & values.keys())


def _is_identity(value: bytes) -> bool:
    reader = der.Reader(value)
    choice = reader.any()
    reader.finish()
    inner = choice.enter()
    text = inner.any()
    inner.finish()
    return (choice.tag, text.tag) in _IDENTITY_FORMS and _is_text(text)


def _is_number(value: bytes) -> bool:
    text = der.Reader(value).any()
    return text.der == value and text.tag == der.PRINTABLE and _is_text(text)


def _is_text(text: der.Value) -> bool:
    characters = der.decode_text(text.tag, text.content)
    return bool(characters) and characters.isprintable() and names.fits(characters, text.tag)


def private_extension(view: View) -> bool:
    """An extension that no standard knows is not the one UTF8String that the profile says."""
    promised = view.profile.private
    if promised is None:
        return True
    found = {oid: value for oid, value in view.values.items() if oid not in _STANDARD}
    return found == {oid: der.tlv(der.UTF8, text.encode()) for oid, text in promised.items()}


RULES: tuple[Rule, ...] = (
    extensions_encoding,
    extension_repeated,
    extension_required,
    extension_unknown_critical,
    extension_criticality,
    subject_key_identifier,
    authority_key_identifier,
    key_usage_encoding,
    key_usage_mixed,
    key_usage_kind,
    basic_constraints_kind,
    basic_constraints_encoding,
    path_length,
    purposes_repeated,
    purposes_kind,
    purposes_profile,
    ocsp_no_check,
    crl_distribution_points,
    authority_information_access,
    certificate_policies,
    subject_alternative_name,
    dns_names,
    ip_addresses,
    alternative_names_repeated,
    national_identity,
    private_extension,
)
