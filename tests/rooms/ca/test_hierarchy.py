import pytest
from cryptography import x509

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from ca.api import profiles
from ca.hierarchy import queries, rules
from ca.hierarchy.models import CertificateAuthority, IssuerHash, Responder
from ca.hierarchy.services import found, found_bench_authority, found_demo_hierarchy
from pki import certificates
from tests.support.ca import (
    FOUNDED,
    NOW,
    authority,
    entropy,
    public_key,
    put_on_order,
    row,
    sign_all,
)


def test_the_demonstration_has_the_three_levels_of_the_cps(authorities):
    """CPS-7.4, CPS-1.4.1"""
    names = {row.code: row.subject for row in CertificateAuthority.objects.all()}
    parents = dict(CertificateAuthority.objects.values_list("code", "parent__code"))

    assert names["rootca"] == "CN=ROOTCA, O=NRCAC, C=CN"
    assert names["anxin-sm2"] == "CN=AnXin SM2 CA, O=AnXin CA, C=CN"
    assert names["nmg-sm2"] == "CN=NMG SM2 CA, O=NMG CA, C=CN"
    assert parents == {
        "rootca": None,
        "anxin-sm2": "rootca",
        "nmg-sm2": "anxin-sm2",
        "anxin-rsa": None,
    }
    assert all(CertificateAuthority.objects.values_list("demo", flat=True))


def test_the_chain_holds_for_openssl_and_bouncycastle(authorities, openssl, bouncycastle):
    """CPS-7.4, CPS-7.1"""
    root, middle, low = (authority(code).certificate.der for code in authorities[:3])

    openssl.verify_certificate(middle, root, at=NOW)
    openssl.verify_certificate(low, middle, at=NOW)
    bouncycastle.verify_path([low, middle], root, at=NOW)


@pytest.mark.parametrize("code", ["nmg-sm2", "anxin-rsa"])
def test_each_issuing_authority_has_a_responder_of_its_own(authorities, openssl, code):
    issuer = authority(code)
    responder = queries.responder_of(issuer.id, at=NOW)

    certificates.verify(responder.certificate, issuer.certificate, NOW)
    openssl.verify_certificate(responder.certificate.der, issuer.certificate.der, at=NOW)


def test_founding_twice_changes_nothing(authorities):
    before = [bytes(row.certificate) for row in CertificateAuthority.objects.order_by("pk")]

    found_demo_hierarchy(actor=SYSTEM, at=NOW, entropy=entropy)

    after = [bytes(row.certificate) for row in CertificateAuthority.objects.order_by("pk")]
    assert after == before
    assert Responder.objects.count() == 2


def test_an_authority_planned_and_never_signed_gets_the_certificate_that_was_planned(authorities):
    """As if the process had died between plan and signature, or before the settlement."""
    IssuerHash.objects.filter(ca__code="nmg-sm2").delete()
    CertificateAuthority.objects.filter(code="nmg-sm2").update(state="planned", certificate=None)
    planned = bytes(CertificateAuthority.objects.get(code="nmg-sm2").tbs)

    found_demo_hierarchy(actor=SYSTEM, at=NOW, entropy=entropy)

    assert authority().certificate.tbs == planned
    assert IssuerHash.objects.filter(ca__code="nmg-sm2").count() == 3


def test_a_responder_planned_and_never_signed_gets_the_certificate_that_was_planned(authorities):
    Responder.objects.filter(ca__code="nmg-sm2").update(certificate=None)
    planned = bytes(Responder.objects.get(ca__code="nmg-sm2").tbs)

    found_demo_hierarchy(actor=SYSTEM, at=NOW, entropy=entropy)

    assert queries.responder_of(authority().id, at=NOW).certificate.tbs == planned


def test_a_certificate_the_signer_never_heard_of_is_brought_to_it(authorities, signer):
    """As if the process had died before the last step."""
    before = bytes(CertificateAuthority.objects.get(code="nmg-sm2").certificate)
    found = signer.client().keys()
    known = {key.label: key.certificate for key in found}

    assert known["nmg-sm2"] == before
    assert known["nmg-sm2-ocsp"] == queries.responder_of(authority().id, at=NOW).certificate.der


def test_the_authority_for_measurements_stands_beside_the_demonstration(authorities):
    """Other programs know P-256; the certificates are checked by one of them."""
    ca_id = found_bench_authority(actor=SYSTEM, at=FOUNDED, entropy=entropy)
    subject = {"profile": "bench-p256-sign", "public_key": public_key(1, "ec-p256")}

    issued = put_on_order(1, **subject)
    assert sign_all("anxin-bench-p256") == 1

    leaf = x509.load_der_x509_certificate(bytes(row(issued).der))
    issuer = authority("anxin-bench-p256")
    leaf.verify_directly_issued_by(x509.load_der_x509_certificate(issuer.certificate.der))
    assert (issuer.id, issuer.certificate.subject.get("CN")) == (ca_id, "AnXin Bench P-256 CA")
    offered = {profile.code for profile in profiles()}
    assert "personal-sm2-sign" in offered
    assert "bench-p256-sign" not in offered


def test_a_real_ca_is_founded_in_a_ceremony_only(signer, transactional_db, settings):
    """CPS-6.1.1a"""
    settings.PRODUCTION = True

    with pytest.raises(Refusal, match="ceremony") as refused:
        found(rules.DEMO_HIERARCHY[0], actor=SYSTEM, at=NOW, entropy=entropy)

    assert refused.value.cps == "6.1.1"
    assert not CertificateAuthority.objects.exists()
