"""pkilint as an independent reader of RFC 5280, 6960 and 8813; our exceptions are data.

Set up as its own command line programs do, but in this process: one costs 0.8 s each time.
"""

from typing import NamedTuple

from tests.oracles.refusals import OracleRefused, missing

# (kind, code, message) -> why we live with it; test_linter.py sees each of them.
ALLOWED: dict[tuple[str, str, str], str] = {
    (
        "certificate",
        "pkix.key_usage_value_prohibited_for_ec",
        "Prohibited key usage value(s) present: dataEncipherment, keyEncipherment",
    ): (
        "RFC 8813 forbids keyEncipherment and dataEncipherment for elliptic keys; GB/T 20518 and "
        "the double certificates of GM/T 0034 ask for both in an SM2 encryption certificate."
    ),
}


class Finding(NamedTuple):
    severity: str
    code: str
    path: str
    message: str


class Pkilint:
    """`findings` lists all from NOTICE upwards; `verify_…` raise OracleRefused beyond ALLOWED."""

    def __init__(self) -> None:
        try:
            import pkilint  # noqa: F401
        except ImportError:
            missing("pkilint", "python3-pip; pip install -r requirements-dev.txt")
        self._programs = {"certificate": _certificates(), "crl": _lists(), "ocsp": _responses()}

    def findings(self, kind: str, der: bytes) -> list[Finding]:
        """What pkilint says about a certificate, crl or ocsp response in DER."""
        from pkilint.validation import ValidationFindingSeverity

        loader, validator = self._programs[kind]
        try:
            document = loader.load_der_document(der, "under test")
        except ValueError as problem:
            raise OracleRefused(str(problem)) from problem
        return [
            Finding(said.finding.severity.name, said.finding.code, result.node.path, said.message)
            for result in validator.validate(document.root)
            for said in result.finding_descriptions
            if said.finding.severity <= ValidationFindingSeverity.NOTICE
        ]

    def verify_certificate(self, certificate: bytes) -> None:
        self._verify("certificate", certificate)

    def verify_crl(self, crl: bytes) -> None:
        self._verify("crl", crl)

    def verify_ocsp(self, response: bytes) -> None:
        self._verify("ocsp", response)

    def _verify(self, kind: str, der: bytes) -> None:
        found = self.findings(kind, der)
        rest = [each for each in found if (kind, each.code, each.message) not in ALLOWED]
        if rest:
            raise OracleRefused("; ".join(map(str, rest)))


def _certificates():
    from pkilint import loader
    from pkilint.pkix import certificate, extension, name

    decoders = certificate.create_decoding_validators(
        name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS
    )
    rules = [
        certificate.create_issuer_validator_container([]),
        certificate.create_validity_validator_container(),
        certificate.create_subject_validator_container([]),
        certificate.create_extensions_validator_container([]),
        certificate.create_spki_validator_container([]),
    ]
    return (
        loader.RFC5280CertificateDocumentLoader(),
        certificate.create_pkix_certificate_validator_container(decoders, rules),
    )


def _lists():
    from pkilint import loader, pkix
    from pkilint.pkix import crl, extension, name

    decoders = [
        pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
    ]
    rules = [
        crl.create_issuer_validator_container([]),
        crl.create_validity_validator_container([]),
        crl.create_extensions_validator_container([]),
    ]
    return (
        loader.RFC5280CertificateListDocumentLoader(),
        crl.create_pkix_crl_validator_container(decoders, rules),
    )


def _responses():
    from pkilint import loader, pkix
    from pkilint.pkix import extension, name, ocsp

    decoders = [
        ocsp.create_response_decoder(),
        pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
    ]
    return (
        loader.RFC6960OCSPResponseDocumentLoader(),
        ocsp.create_pkix_ocsp_response_validator_container(decoders, []),
    )
