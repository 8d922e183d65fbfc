"""What a certificate will say, for the people who decide about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from ca import wording
from ca.hierarchy.queries import issuer_for
from ca.hierarchy.rules import Issuer
from ca.issuing import rules
from ca.profiles.queries import profile
from pki import certificates, extension_values, extensions, oids


@dataclass(frozen=True, slots=True)
class Preview:
    """What the certificate will say, line by line; `digest` is the SM3 of its template."""

    profile: str
    issuer: str
    rows: tuple[tuple[str, str], ...]
    digest: str


def preview(order: rules.Order, *, at: datetime) -> Preview:
    """Made by the code that makes the certificate, and read back from its bytes.

    Serial number and dates are not known before the signature; the digest covers all the rest and
    the term. Refuses what `check_order` refuses, but not for keys or names that are taken.
    """
    wish = rules.read(order, profile(order.profile, order.version))
    issuer = issuer_for(wish.profile.issuer)
    draft = rules.Draft(wish, issuer)
    plan = draft.plan(serial=rules.ANY_SERIAL, not_before=at)
    body = certificates.parse_tbs(certificates.encode(plan))
    return Preview(
        profile=wish.profile.code,
        issuer=issuer.certificate.subject.text,
        rows=tuple(_rows(wish, issuer, body)),
        digest=draft.template_digest,
    )


def _rows(wish: rules.Wish, issuer: Issuer, body: certificates.Body) -> Iterator[tuple[str, str]]:
    yield _("颁发者"), issuer.certificate.subject.text
    yield _("主体"), wish.subject.text
    yield _("序列号"), _("签发时随机产生")
    yield (
        _("有效期"),
        _("自签发起 %(days)s 天（如今日签发，至 %(end)s）")
        % {"days": wish.days, "end": f"{body.not_after:%Y-%m-%d}"},
    )
    yield _("公钥"), f"{wish.key.algorithm.upper()} {wish.key.bits}"
    yield _("公钥指纹（SM3）"), wish.key.fingerprint
    yield _("签名算法"), issuer.signature_algorithm
    for extension in body.extensions:
        yield from extension_rows(extension)


def extension_rows(extension: extensions.Extension) -> Iterator[tuple[str, str]]:
    """One line, in words."""
    if extension.oid in _NATIONAL:
        found = extension_values.national_identity(extension.value).number
        label, texts = f"{wording.NATIONAL[_NATIONAL[extension.oid]]} {extension.oid}", [found]
    elif extension.oid in _READINGS:
        label, texts = _READINGS[extension.oid](extension.value)
    else:
        label = _("专用扩展 %(oid)s") % {"oid": extension.oid}
        texts = [extension_values.private(extension.value)]
    yield label + (_("（关键）") if extension.critical else ""), _("、").join(texts)


def _usages(value: bytes) -> tuple[str, list[str]]:
    names = wording.KEY_USAGES
    return _("密钥用法"), [str(names[u]) for u in sorted(extension_values.key_usage(value))]


def _purposes(value: bytes) -> tuple[str, list[str]]:
    names = wording.PURPOSES
    found = extension_values.extended_key_usage(value)
    return _("增强型密钥用法"), [str(names.get(oid, oid)) for oid in found]


def _constraints(value: bytes) -> tuple[str, list[str]]:
    is_ca = extension_values.basic_constraints(value).ca
    return _("基本限制"), [_("CA 证书") if is_ca else _("终端实体，不得签发证书")]


def _alternative_names(value: bytes) -> tuple[str, list[str]]:
    found = extension_values.subject_alternative_name(value)
    return _("主体替换名称"), [name.text for name in found]


def _policies(value: bytes) -> tuple[str, list[str]]:
    found = extension_values.certificate_policies(value)
    return _("证书策略"), [policy[0] for policy in found]


def _places(value: bytes) -> tuple[str, list[str]]:
    found = extension_values.distribution_points(value)
    return _("CRL 分布点"), [place.text for place in found]


def _access(value: bytes) -> tuple[str, list[str]]:
    found = extension_values.authority_information_access(value)
    return _("颁发机构信息访问"), [access[1].text for access in found]


def _subject_key(value: bytes) -> tuple[str, list[str]]:
    return _("主体密钥标识符"), [extension_values.subject_key_identifier(value).hex()]


def _authority_key(value: bytes) -> tuple[str, list[str]]:
    found = extension_values.authority_key_identifier(value)
    return _("颁发机构密钥标识符"), [(found or b"").hex()]


_NATIONAL = {
    oid: name
    for name, new in {
        "registration_number": oids.REGISTRATION_NUMBER,
        "organization_code": oids.ORGANIZATION_CODE,
        "taxation_number": oids.TAXATION_NUMBER,
    }.items()
    for oid in (new, oids.NATIONAL_IDENTITY[new])
}
_READINGS: dict[str, Callable[[bytes], tuple[str, list[str]]]] = {
    oids.AUTHORITY_KEY_IDENTIFIER: _authority_key,
    oids.SUBJECT_KEY_IDENTIFIER: _subject_key,
    oids.KEY_USAGE: _usages,
    oids.EXTENDED_KEY_USAGE: _purposes,
    oids.BASIC_CONSTRAINTS: _constraints,
    oids.SUBJECT_ALT_NAME: _alternative_names,
    oids.CERTIFICATE_POLICIES: _policies,
    oids.CRL_DISTRIBUTION_POINTS: _places,
    oids.AUTHORITY_INFORMATION_ACCESS: _access,
}
