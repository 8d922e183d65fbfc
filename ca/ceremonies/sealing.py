"""The signature under a transcript: PAdES (ETSI EN 319 142), by the signer's own key."""

import io
from collections.abc import Callable

from asn1crypto import algos, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pki import certificates, signatures

FIELD = "Signature"
LONGEST = 72  # octets of an ECDSA signature on P-256


class _House(Signer):
    """Asks for signatures elsewhere, over the signed attributes."""

    def __init__(self, certificate: bytes, sign: Callable[[bytes], bytes]) -> None:
        own = x509.Certificate.load(certificate)
        chain = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        chain.register(own)
        super().__init__(
            signing_cert=own,
            cert_registry=chain,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        )
        self._sign = sign

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,  # noqa: ARG002 -- one way to sign
        dry_run: bool = False,  # noqa: FBT001, FBT002 -- theirs
    ) -> bytes:
        return bytes(LONGEST) if dry_run else self._sign(data)


def seal(document: bytes, certificate: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The document with the signature of this certificate's key. Raises what `sign` raises, and
    BadSignature `record.signature` for a signature that does not hold.
    """
    key = certificates.parse(certificate).public_key

    def checked(attributes: bytes) -> bytes:
        signature = sign(attributes)
        signatures.verify(key, attributes, signature, "ecdsa-sha256", about="record")
        return signature

    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    about = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    return bytes(PdfSigner(about, signer=_House(certificate, checked)).sign_pdf(writer).getvalue())
