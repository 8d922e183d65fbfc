"""Certificates of servers, from the names at the counter to the certificate (CPS 3.2.2, 3.2.4)."""

import pytest

from anxin.kernel.errors import Refusal, Refusals
from ca import api as ca_api
from ca.hierarchy.models import CertificateAuthority
from ca.profiles.delivered import PROFILES
from pki import certificates
from ra.applicants.rules import validate_field
from ra.applications.models import Application
from ra.domains import queries as domains
from ra.domains import services as proving
from ra.domains.rules import PROOF_TERM
from ra.evidence.rules import needed
from ra.handover.services import hand_over
from ra.intake import handing_in, queries, services
from ra.review import decisions
from ra.review.case import case
from tests.support import ca, ra
from tests.support.names import NAME
from tests.support.ra import AT, COMPANY, MINUTE, SITE

SERVER, OTHER = "server-sm2-sign", "mail.example.cn"
SOON = AT + 11 * MINUTE  # after the first pause
TODAY = AT.date()


def server(counter, number=1, **changes):
    return ra.draft(counter.chen, number, SITE | changes, profile=SERVER)


def prove(application_id, resolvers, at=SOON):
    for proof in domains.proofs(application_id).values():
        for one in resolvers:
            one.tell(proof.txt_name, "TXT", f'"{proof.value}"')
    proving.sweep(at=at)


def row(application_id):
    return Application.objects.get(pk=application_id)


def what_is_wrong(application_id, counter, at=AT):
    with pytest.raises(Refusals) as caught:
        handing_in.submit(application_id, actor=counter.chen, at=at)
    return [(one.field, one.rule, one.cps) for one in caught.value.items]


def test_a_server_gets_a_certificate_of_all_its_names(live_counter, resolvers, openssl):
    """CPS-3.1.2, CPS-3.2.2, CPS-3.2.4b, CPS-1.5.1"""
    application_id = server(live_counter, other_names=OTHER)
    prove(application_id, resolvers)
    handing_in.submit(application_id, actor=live_counter.chen, at=SOON)
    seen = ra.look_through(application_id, live_counter.ren, at=SOON)
    decisions.decide_approve(application_id, seen=seen, actor=live_counter.ren, at=SOON)
    ca.sign_all(at=SOON)

    found = ca_api.certificate(row(application_id).certificate_id)
    leaf = certificates.parse(found.der)
    assert leaf.subject.get("CN") == NAME
    assert leaf.subject.get("O") == COMPANY["legal_name"]
    issuer = bytes(CertificateAuthority.objects.get(code=found.ca).certificate)
    for name in (NAME, OTHER):
        openssl.verify_certificate(found.der, issuer, at=SOON + MINUTE, name=name)
    hand_over([found.id], at=SOON)
    device = row(application_id).subscriber
    assert (device.kind, device.responsible.kind) == ("device", "organization")


def test_the_counter_shows_what_is_to_be_published_before_anything_is_submitted(counter):
    """CPS-3.2.4b: as soon as the names are saved; names that are gone are no longer asked for."""
    application_id = server(counter, other_names=f"{OTHER}\n{NAME}")
    number = row(application_id).number

    view = queries.intake(number, counter.chen, at=AT)
    assert [proof.name for proof in view.names] == [NAME, OTHER]
    assert all(proof.value and proof.txt_name for proof in view.names)

    services.save_draft(application_id, SITE, actor=counter.chen, at=AT)
    assert list(domains.proofs(application_id)) == [NAME]


def test_nothing_is_submitted_before_every_name_is_proved(counter, resolvers):
    """CPS-3.2.4b"""
    application_id = server(counter, other_names=OTHER)
    unproved = ("names", "domains.not_proved", "3.2.4")
    assert what_is_wrong(application_id, counter) == [unproved, unproved]

    prove(application_id, resolvers)
    handing_in.submit(application_id, actor=counter.chen, at=SOON)

    assert row(application_id).state == "submitted"


def test_a_proof_that_is_over_proves_nothing(counter, resolvers):
    """CPS-3.2.4b: neither when it is submitted nor when it is approved."""
    application_id = server(counter)
    prove(application_id, resolvers)
    late = SOON + PROOF_TERM

    assert ("names", "domains.not_proved", "3.2.4") in what_is_wrong(application_id, counter, late)

    handing_in.submit(application_id, actor=counter.chen, at=SOON)
    view = case(row(application_id).number, counter.ren, at=late)
    assert "domains.not_proved" in {one.rule for one in view.hindrances}


@pytest.mark.parametrize(
    ("changes", "slots"),
    [
        ({}, ["domain_right", "icp_record"]),
        ({"other_names": "8.8.4.4"}, ["domain_right", "icp_record", "ip_right"]),
        ({"host_name": "8.8.4.4"}, ["ip_right"]),
    ],
)
def test_a_server_brings_the_papers_for_its_names(changes, slots):
    """CPS-3.2.2: domain right, ICP record, ownership undertaking; CPS-3.2.4b: right to each IP."""
    asked = needed(PROFILES[SERVER].evidence, SITE | changes, proxy=True)

    assert asked[4:] == [*slots, "ownership_undertaking"]
    assert asked[:4] == ["sealed_form", "licence", "sealed_authorization", "agent_id"]


@pytest.mark.parametrize(
    ("field", "typed", "rule"),
    [
        ("host_name", "press-3", "domains.name"),
        ("host_name", "10.0.0.1", "domains.private_address"),
        ("host_name", "*.example.cn", "domains.wildcard"),
        ("host_name", "a" * 60 + ".example.cn", "identity.host_length"),
        ("other_names", "a.example.cn com.cn", "domains.public_suffix"),
        ("other_names", " ".join(f"s{n}.example.cn" for n in range(20)), "identity.many_hosts"),
    ],
)
def test_names_that_nobody_can_prove_are_refused_as_they_are_typed(field, typed, rule):
    """CPS-3.1.2, CPS-3.2.4b"""
    with pytest.raises(Refusal) as refused:
        validate_field(field, typed, today=TODAY)

    assert (refused.value.rule, refused.value.field) == (rule, field)


def test_names_are_kept_in_one_spelling():
    """CPS-3.1.2"""
    assert validate_field("host_name", "WWW.Example.cn.", today=TODAY) == NAME
    listed = "Mail.example.cn，8.8.4.4；\n mail.example.cn"
    assert validate_field("other_names", listed, today=TODAY) == f"{OTHER} 8.8.4.4"


def test_a_wrong_name_is_kept_as_typed_and_asked_for_nowhere(counter):
    draft = services.open_draft(SERVER, actor=counter.chen, at=AT)

    saved = services.save_draft(
        draft.id, SITE | {"host_name": "press-3"}, actor=counter.chen, at=AT
    )

    assert [one.field for one in saved.wrong] == ["host_name"]
    assert domains.proofs(draft.id) == {}
