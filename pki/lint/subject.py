"""Rules about the subject's name: RFC 5280 4.1.2.6, GB/T 20518 and the CPS (7.1.3, 7.1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki import names, oids

if TYPE_CHECKING:
    from pki.lint.frame import Rule
    from pki.lint.view import View
    from pki.names import Attribute, Kind

_MAY_REPEAT = {oids.DOMAIN_COMPONENT, oids.ORGANIZATION, oids.ORGANIZATIONAL_UNIT, oids.STREET}


def _known(view: View) -> list[tuple[Attribute, Kind]]:
    return [(a, names.KINDS[a.oid]) for a in view.subject if a.oid in names.KINDS]


def subject_empty(view: View) -> bool:
    """The subject has no name."""
    return bool(view.subject.rdns)


def subject_common_name(view: View) -> bool:
    """The subject has no common name, or more than one."""
    return len(view.subject.all(oids.COMMON_NAME)) == 1


def subject_attributes(view: View) -> bool:
    """The subject has an attribute that is not in use here."""
    return all(attribute.oid in names.KINDS for attribute in view.subject)


def subject_single_values(view: View) -> bool:
    """A relative name of the subject has more than one value."""
    return all(len(rdn) == 1 for rdn in view.subject.rdns)


def subject_repeated(view: View) -> bool:
    """An attribute that says one thing only stands twice in the subject."""
    once = [a.oid for a in view.subject if a.oid not in _MAY_REPEAT]
    return len(once) == len(set(once))


def subject_order(view: View) -> bool:
    """The subject is not in the order country, province, place, organization, unit, name."""
    places = [kind.place for _, kind in _known(view)]
    return places == sorted(places)


def subject_string_types(view: View) -> bool:
    """Country and serial number are PrintableString, e-mail IA5String, all else UTF8String."""
    return all(attribute.tag == kind.tag for attribute, kind in _known(view))


def subject_country(view: View) -> bool:
    """The country is not two capital letters."""
    return all(names.COUNTRY_CODE.fullmatch(code) for code in view.subject.all(oids.COUNTRY))


def subject_length(view: View) -> bool:
    """An attribute of the subject is empty or longer than X.520 allows."""
    return all(0 < len(attribute.text) <= kind.limit for attribute, kind in _known(view))


def subject_visible(view: View) -> bool:
    """The subject holds characters that cannot be seen, or begins or ends with a space."""
    texts = [attribute.text for attribute in view.subject]
    return all(names.visible(text) and text == text.strip() for text in texts)


def subject_characters(view: View) -> bool:
    """A value of the subject does not fit its string type."""
    return all(names.fits(attribute.text, attribute.tag) for attribute in view.subject)


RULES: tuple[Rule, ...] = (
    subject_empty,
    subject_common_name,
    subject_attributes,
    subject_single_values,
    subject_repeated,
    subject_order,
    subject_string_types,
    subject_country,
    subject_length,
    subject_visible,
    subject_characters,
)
