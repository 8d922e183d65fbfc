"""A certificate in words: every field and extension, ready for JSON.

Nothing is left out and nothing fails: what cannot be read is given in hexadecimal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pki import extension_values, names, oids, publickeys, signatures
from pki.errors import PkiError
from pki.extensions import KEY_USAGES, PURPOSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.certificates import Body, Certificate
    from pki.extensions import Extension

_PURPOSE_NAMES = {oid: name for name, oid in PURPOSES.items()}
_ACCESS = {oids.ACCESS_OCSP: "ocsp", oids.ACCESS_CA_ISSUERS: "caIssuers"}


def describe(certificate: Certificate) -> dict[str, Any]:
    """`describe_body`, and the signature and fingerprints."""
    return describe_body(certificate.body) | {
        "signature": certificate.signature.hex(),
        "fingerprints": {
            "sm3": certificate.fingerprint_sm3,
            "sha256": certificate.fingerprint_sha256,
        },
    }


def describe_body(body: Body) -> dict[str, Any]:
    """Keys: version, serial (hexadecimal), signature_algorithm, issuer, subject (text, attributes),
    not_before, not_after (ISO 8601, UTC), public_key, extensions (oid, name, label, critical,
    value).
    """
    return {
        "version": body.version,
        "serial": body.serial_octets.hex().upper(),
        "signature_algorithm": _readable(signatures.parse_identifier, body.algorithm),
        "issuer": describe_name(body.issuer),
        "not_before": body.not_before.isoformat(),
        "not_after": body.not_after.isoformat(),
        "subject": describe_name(body.subject),
        "public_key": describe_key(body.spki),
        "extensions": [describe_extension(extension) for extension in body.extensions],
    }


def _readable(read: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return read(data)
    except PkiError as problem:
        return {"hex": data.hex(), "problem": problem.rule}


def describe_name(data: bytes) -> dict[str, Any]:
    return _readable(_name, data)  # type: ignore[no-any-return]


def _name(data: bytes) -> dict[str, Any]:
    name = names.parse(data)
    attributes = [{"name": a.short, "oid": a.oid, "value": a.text} for a in name]
    return {"text": name.text, "attributes": attributes}


def describe_key(spki: bytes) -> dict[str, Any]:
    return _readable(_key, spki)  # type: ignore[no-any-return]


def _key(spki: bytes) -> dict[str, Any]:
    key = publickeys.parse(spki, legacy=True)
    return {
        "algorithm": key.algorithm,
        "bits": key.bits,
        "value": key.key.hex(),
        "key_identifier": key.key_identifier.hex(),
        "fingerprint_sm3": key.fingerprint,
    }


def describe_extension(extension: Extension) -> dict[str, Any]:
    """`name` is that of the standard, `label` the Chinese one."""
    name, label, read = _EXTENSIONS.get(extension.oid, ("", "", bytes.hex))
    return {
        "oid": extension.oid,
        "name": name or extension.oid,
        "label": label or extension.oid,
        "critical": extension.critical,
        "value": _readable(read, extension.value),
    }


def _key_usage(value: bytes) -> list[str]:
    return sorted(extension_values.key_usage(value), key=KEY_USAGES.index)


def _purposes(value: bytes) -> list[str]:
    return [_PURPOSE_NAMES.get(oid, oid) for oid in extension_values.extended_key_usage(value)]


def _constraints(value: bytes) -> dict[str, Any]:
    return extension_values.basic_constraints(value)._asdict()


def _general(found: tuple[extension_values.GeneralName, ...]) -> list[dict[str, str]]:
    return [name._asdict() for name in found]


def _alternative_name(value: bytes) -> list[dict[str, str]]:
    return _general(extension_values.subject_alternative_name(value))


def _points(value: bytes) -> list[dict[str, str]]:
    return _general(extension_values.distribution_points(value))


def _access(value: bytes) -> list[dict[str, str]]:
    places = extension_values.authority_information_access(value)
    return [{"method": _ACCESS.get(m, m), **place._asdict()} for m, place in places]


def _policies(value: bytes) -> list[dict[str, Any]]:
    policies = extension_values.certificate_policies(value)
    return [{"policy": policy, "cps": list(addresses)} for policy, addresses in policies]


def _key_identifier(value: bytes) -> str:
    return extension_values.subject_key_identifier(value).hex()


def _authority(value: bytes) -> str | None:
    found = extension_values.authority_key_identifier(value)
    return None if found is None else found.hex()


def _identity(value: bytes) -> dict[str, str]:
    return extension_values.national_identity(value)._asdict()


_Reading = tuple[str, str, "Callable[[bytes], Any]"]
_NATIONAL: dict[str, _Reading] = {
    oids.IDENTITY_CODE: ("identifyCode", "个人身份标识码", _identity),
    oids.INSURANCE_NUMBER: ("insuranceNumber", "个人社会保险号", _identity),
    oids.REGISTRATION_NUMBER: ("iCRegistrationNumber", "企业工商注册号", _identity),
    oids.ORGANIZATION_CODE: ("organizationCode", "企业组织机构代码", _identity),
    oids.TAXATION_NUMBER: ("taxationNumber", "企业税号", _identity),
}
_EXTENSIONS: dict[str, _Reading] = {
    oids.AUTHORITY_KEY_IDENTIFIER: ("authorityKeyIdentifier", "颁发机构密钥标识符", _authority),
    oids.SUBJECT_KEY_IDENTIFIER: ("subjectKeyIdentifier", "主体密钥标识符", _key_identifier),
    oids.KEY_USAGE: ("keyUsage", "密钥用法", _key_usage),
    oids.EXTENDED_KEY_USAGE: ("extendedKeyUsage", "扩展密钥用法", _purposes),
    oids.BASIC_CONSTRAINTS: ("basicConstraints", "基本限制", _constraints),
    oids.CERTIFICATE_POLICIES: ("certificatePolicies", "证书策略", _policies),
    oids.CRL_DISTRIBUTION_POINTS: ("cRLDistributionPoints", "CRL 分发点", _points),
    oids.FRESHEST_CRL: ("freshestCRL", "最新 CRL", _points),
    oids.AUTHORITY_INFORMATION_ACCESS: ("authorityInfoAccess", "颁发机构信息访问", _access),
    oids.SUBJECT_ALT_NAME: ("subjectAltName", "主体替换名称", _alternative_name),
    oids.OCSP_NO_CHECK: ("ocsp-nocheck", "OCSP 不检查", bytes.hex),
    **_NATIONAL,
    **{oids.NATIONAL_IDENTITY[new]: reading for new, reading in _NATIONAL.items()},
}
