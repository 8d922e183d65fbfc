"""What is in this file: any object of a PKI, in PEM or DER, described ready for JSON.

Nothing secret is described: of a private key only its public half.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from pki import (
    certificates,
    cms,
    crls,
    der,
    describing,
    keys,
    ocsp,
    oids,
    pem,
    publickeys,
    requests,
)
from pki.errors import Malformed, PkiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from pki.crls import Entry, RevocationList
    from pki.ocsp import CertId, Single

SHOWN_ENTRIES = 20  # of a revocation list; its summary counts all
_LABELS = {
    "CERTIFICATE": "certificate",
    "X509 CERTIFICATE": "certificate",
    "CERTIFICATE REQUEST": "request",
    "NEW CERTIFICATE REQUEST": "request",
    "X509 CRL": "crl",
    "OCSP REQUEST": "ocsp-request",
    "OCSP RESPONSE": "ocsp-response",
    "PRIVATE KEY": "key",
    "ENCRYPTED PRIVATE KEY": "encrypted-key",
    "PUBLIC KEY": "public-key",
    "CMS": "cms",
    "PKCS7": "cms",
}


_FORMS = {  # by the tags that the members of the outer SEQUENCE begin with
    "ocsp-response": [der.ENUMERATED],
    "key": [der.INTEGER, der.SEQUENCE, der.OCTET_STRING],
    "encrypted-key": [der.SEQUENCE, der.OCTET_STRING],
    "public-key": [der.SEQUENCE, der.BIT_STRING],
    "ocsp-request": [der.SEQUENCE],
    "cms": [der.OID],
}


class Found(NamedTuple):
    """`kind` is a key of `_DESCRIBE`; `form` is PEM or DER."""

    kind: str
    form: str
    content: bytes


def recognise(data: bytes) -> Found:
    """Raises Malformed `file.*` or `pem.*`: neither PEM nor DER, or no kind of object we know."""
    armour = pem.read(data)
    if armour is None:
        return Found(_kind(data), "DER", data)
    if armour.label not in _LABELS:
        raise Malformed("file.label", f"A PEM {armour.label} cannot be read here.")
    return Found(_LABELS[armour.label], "PEM", armour.content)


def _kind(data: bytes) -> str:
    try:
        outer = der.only(data)
        values = [*_values(outer)]
        tags = [value.tag for value in values]
        if tags == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]:
            return _kind_of_signed([value.tag for value in _values(values[0].enter())])
    except Malformed as problem:
        reason = f"The file is neither PEM nor DER: {problem.reason}"
        raise Malformed("file.not_pem_or_der", reason) from problem
    for kind, form in _FORMS.items():
        if tags[: len(form)] == form:
            return kind
    raise Malformed("file.unknown", "The file is DER, but nothing that is known here.")


def _values(reader: der.Reader) -> Iterator[der.Value]:
    while reader:
        yield reader.any()


def _kind_of_signed(tags: list[int]) -> str:
    """What is signed are a body of these members, an algorithm and a signature."""
    if tags[:1] == [der.INTEGER]:
        if tags[3:4] in ([der.UTC_TIME], [der.GENERALIZED_TIME]):
            return "crl"
        if tags[1:] in ([der.SEQUENCE, der.SEQUENCE], [der.SEQUENCE, der.SEQUENCE, 0xA0]):
            return "request"
    return "certificate"


def inspect(data: bytes) -> dict[str, Any]:
    """Keys: kind, form, octets, sha256, and those of the kind. Raises PkiError."""
    found = recognise(data)
    about = {
        "kind": found.kind,
        "form": found.form,
        "octets": len(found.content),
        "sha256": hashlib.sha256(found.content).hexdigest(),
    }
    if found.kind in _SECRET:  # a digest would let somebody try out candidates
        del about["sha256"]
    return about | _DESCRIBE[found.kind](found.content)


def _certificate(content: bytes) -> dict[str, Any]:
    return describing.describe(certificates.parse(content))


def _request(content: bytes) -> dict[str, Any]:
    request = requests.parse(content)
    return {
        "subject": describing.describe_name(request.subject.der),
        "public_key": describing.describe_key(request.public_key.spki),
        "requested_extensions": [
            describing.describe_extension(extension) for extension in request.requested_extensions
        ],
        "signature_algorithm": request.signature_algorithm,
    }


def _crl(content: bytes) -> dict[str, Any]:
    crl = crls.parse(content)
    shown = [describe_entry(entry) for entry in crl.entries[:SHOWN_ENTRIES]]
    return {
        "issuer": describing.describe_name(crl.issuer.der),
        "number": crl.number,
        "base_number": crl.base_number,
        "this_update": crl.this_update.isoformat(),
        "next_update": crl.next_update.isoformat(),
        "signature_algorithm": crl.signature_algorithm,
        "extensions": _list_extensions(crl),
        "entry_count": len(crl.entries),
        "reasons": dict(Counter(entry.reason or "none" for entry in crl.entries)),
        "first_entries": shown,
    }


def _list_extensions(crl: RevocationList) -> list[dict[str, Any]]:
    plain = {oids.CRL_NUMBER: "cRLNumber", oids.DELTA_CRL_INDICATOR: "deltaCRLIndicator"}
    plain[oids.ISSUING_DISTRIBUTION_POINT] = "issuingDistributionPoint"
    described = [describing.describe_extension(extension) for extension in crl.extensions]
    return [each | {"name": plain.get(each["oid"], each["name"])} for each in described]


def describe_entry(entry: Entry) -> dict[str, Any]:
    return {
        "serial": f"{entry.serial:X}",
        "revoked_at": entry.revoked_at.isoformat(),
        "reason": entry.reason,
        "invalidity_date": _moment(entry.invalidity_date),
    }


def _ocsp_request(content: bytes) -> dict[str, Any]:
    request = ocsp.parse_request(content)
    nonce = None if request.nonce is None else request.nonce.hex()
    return {"asks_about": [_cert_id(each) for each in request.cert_ids], "nonce": nonce}


def _ocsp_response(content: bytes) -> dict[str, Any]:
    response = ocsp.parse_response(content)
    if (basic := response.basic) is None:
        return {"status": response.status}
    who = basic.responder
    return {
        "status": response.status,
        "responder": who.hex() if isinstance(who, bytes) else who.text,
        "produced_at": basic.produced_at.isoformat(),
        "answers": [describe_single(single) for single in basic.singles],
        "nonce": None if basic.nonce is None else basic.nonce.hex(),
        "signature_algorithm": basic.signature_algorithm,
        "certificates": [_responder(encoded) for encoded in basic.certificates],
    }


def _responder(encoded: bytes) -> dict[str, Any]:
    try:
        return describing.describe(certificates.parse(encoded))
    except PkiError as problem:
        return {"hex": encoded.hex(), "problem": problem.rule}


def _cert_id(cert_id: CertId) -> dict[str, Any]:
    return {
        "serial": f"{cert_id.serial:X}",
        "hash_algorithm": cert_id.hash_algorithm,
        "issuer_name_hash": cert_id.issuer_name_hash.hex(),
        "issuer_key_hash": cert_id.issuer_key_hash.hex(),
    }


def describe_single(single: Single) -> dict[str, Any]:
    return {
        "certificate": _cert_id(single.cert_id),
        "status": single.status,
        "this_update": single.this_update.isoformat(),
        "next_update": _moment(single.next_update),
        "revoked_at": _moment(single.revoked_at),
        "reason": single.reason,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _key(content: bytes) -> dict[str, Any]:
    key = keys.parse_pkcs8(content)
    return {"encrypted": False, "public_key": describing.describe_key(key.public.spki)}


def _encrypted_key(content: bytes) -> dict[str, Any]:
    with der.reading("key", "The private key"):
        scheme = der.only(content).enter().oid()
    return {"encrypted": True, "scheme": "PBES2" if scheme == oids.PBES2 else scheme}


def _public_key(content: bytes) -> dict[str, Any]:
    key = publickeys.parse(content, legacy=True)
    return {"public_key": describing.describe_key(key.spki)}


def _cms(content: bytes) -> dict[str, Any]:
    signed = cms.parse(content)
    return {
        "signer_issuer": describing.describe_name(signed.signer_issuer),
        "signer_serial": f"{signed.signer_serial:X}",
        "signature_algorithm": signed.algorithm,
        "signed_at": _moment(signed.signed_at),
        "content": _request(signed.content),
    }


_DESCRIBE: dict[str, Callable[[bytes], dict[str, Any]]] = {
    "certificate": _certificate,
    "request": _request,
    "crl": _crl,
    "ocsp-request": _ocsp_request,
    "ocsp-response": _ocsp_response,
    "key": _key,
    "encrypted-key": _encrypted_key,
    "public-key": _public_key,
    "cms": _cms,
}
_SECRET = ("key", "encrypted-key")
