"""Sub-CAs and new keys for old names, in ceremonies and with a real signer (CPS-5.6, CPS-7.4)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from ca.authorities import queries as pages
from ca.authorities import services as authorities_
from ca.ceremonies import importing, queries
from ca.ceremonies.models import Ceremony
from ca.crl.queries import latest
from ca.crl.services import issue_due_crls
from ca.hierarchy import links, standing
from ca.hierarchy.models import CertificateAuthority, LinkCertificate
from ca.hierarchy.queries import certificate_of, issuer_for, present, responder_of
from ca.hierarchy.standing import Wish
from ca.keys import services as keys
from pki import ceremonies, certificates, crls, names, pem
from pki.errors import PkiError
from pki.signer.protocol import CA_CERTIFICATE
from tests.rooms.ca.test_ceremonies import fresh
from tests.rooms.ca.test_ceremony_pages import typed
from tests.support import ca
from tests.support.ceremonies import draft
from tests.support.ceremony_rooms import House, external_root, signed_by_root, step_of
from tests.support.people import signed_in
from tests.support.refusals import refused_by

SECOND = timedelta(seconds=1)


@pytest.fixture
def crew(authorities, house) -> House:
    """The hierarchy of the CPS, and the people of a ceremony."""
    return house


def below(label: str, **changes: object):
    """A subordinate beside NMG."""
    said = {
        "kind": "generate_subordinate",
        "key": label,
        "organization": "Baotou CA",
        "name": f"Baotou SM2 CA {label}",
        "years": 10,
        "superior": "anxin-sm2",
    }
    return draft(**(said | changes))


def following(code: str, **changes: object):
    """A new key for an authority, as the form writes it down."""
    now = present(code)
    own = now.issuer.certificate
    number = queries.free_generation(now.lineage, now.next, drill=False)
    said = {
        "kind": "rollover",
        "key": f"{now.lineage}-{number}",
        "algorithm": "sm2",
        "organization": own.subject.get("O"),
        "name": own.subject.get("CN"),
        "years": 10,
        "path_length": own.basic_constraints.path_length,
        "superior": now.superior,
        "succeeds": code,
        "lineage": now.lineage,
        "generation": number,
    }
    return draft(**(said | changes))


def row(code: str) -> CertificateAuthority:
    return CertificateAuthority.objects.get(code=code)


def certificate(code: str) -> certificates.Certificate:
    return certificates.parse(bytes(row(code).certificate))


@pytest.fixture
def orders(crew, settings):
    """A subscriber's certificate, ordered; its id. Warrants are only spent (`tests.support.ca`)."""

    def put(number: int) -> int:
        whole, settings.DUTIES = settings.DUTIES, ca.with_spending_duties()
        try:
            return ca.put_on_order(number, crew.now())
        finally:
            settings.DUTIES = whole

    return put


# --- below another ---------------------------------------------------------------------------


def test_a_subordinate_is_made_by_its_superior_in_a_ceremony(crew, openssl, bouncycastle):
    """CPS-7.4, CPS-6.1.1a: with its responder, and a list of its own."""
    label = fresh("sub")

    number = crew.run(below(label))

    made, there = certificate(label), row(label)
    assert (there.state, there.parent.code, there.generation) == ("active", "anxin-sm2", 1)
    assert made.basic_constraints.path_length == 0
    assert made.not_after <= certificate("anxin-sm2").not_after
    assert queries.result(number, "subordinate") == made.der
    responder = responder_of(there.pk, at=crew.at)
    spki = queries.result(number, "make_responder")
    assert responder.certificate.public_key.spki == spki
    middle, root = certificate("anxin-sm2").der, certificate("rootca").der
    openssl.verify_certificate(made.der, middle, at=crew.at)
    bouncycastle.verify_path([made.der, middle], root, at=crew.at)
    assert issue_due_crls(at=crew.now()) == 5
    crls.verify(crls.parse(bytes(latest(there.pk).der)), made)
    assert ceremonies.check(queries.record(number)).end == "finished"


REFUSED = (
    ({"superior": "nmg-sm2"}, "hierarchy.path_length"),
    ({"path_length": 1}, "hierarchy.path_length"),
    ({"algorithm": "rsa-2048"}, "hierarchy.superior_algorithm"),
    ({"years": 14}, "hierarchy.outlives_superior"),
    ({"years": 16}, "hierarchy.too_long"),
    ({"superior": ""}, "ceremonies.superior"),
    ({"organization": "NMG CA", "name": "NMG SM2 CA"}, "hierarchy.name_taken"),
    ({"organization": "AnXin CA", "name": "AnXin SM2 CA"}, "hierarchy.name_taken"),
)


def test_what_may_not_stand_below_another_is_refused_as_it_is_drafted(crew):
    """CPS-5.6, CPS-6.3.2, CPS-7.4: nothing outlives its issuer, no path is too long."""
    label = fresh("sub")
    found = [refused_by(crew.draft, below(label, **changes)) for changes, _ in REFUSED]
    assert found == [rule for _, rule in REFUSED]


def test_a_subordinate_has_its_superiors_country_and_a_name_of_its_own(crew):
    """CPS-7.4"""
    superior = present("anxin-sm2").issuer
    own = superior.certificate.subject

    def ask(country: str, name: str) -> None:
        subject = names.build([("C", country), ("O", own.get("O")), ("CN", name)])
        standing.check_below(Wish(subject, "sm2", 10, 0), superior, at=crew.at)

    ask("CN", "Another CA")
    assert refused_by(ask, "MN", "Another CA") == "hierarchy.superior_name"
    assert refused_by(ask, "CN", own.get("CN")) == "hierarchy.superior_name"


def test_a_key_that_is_worn_or_certified_elsewhere_is_not_rolled_over(crew):
    """CPS-5.6, CPS-6.3.2, CPS-7.4: fifteen years, counted from when the key was made."""
    said, rows = following("nmg-sm2"), CertificateAuthority.objects.filter(code="nmg-sm2")
    oldest = timedelta(days=15 * 365)

    rows.update(key_since=crew.at - oldest)
    assert refused_by(crew.draft, said) == "hierarchy.key_worn"
    rows.update(key_since=crew.at - oldest + 60 * SECOND, parent=None)
    assert refused_by(crew.draft, replace(said, superior="")) == "hierarchy.external"
    rows.update(parent=row("anxin-sm2"))

    assert crew.draft(said)


def test_a_root_has_a_name_of_its_own(crew):
    """CPS-7.4"""
    said = draft(key=fresh(), organization="NRCAC", name="ROOTCA")
    assert refused_by(crew.draft, said) == "hierarchy.name_taken"
    said = draft(kind="generate_root", key=fresh(), years=31)
    assert refused_by(crew.draft, said) == "ceremonies.term"


def test_a_superior_that_has_stopped_certifies_nobody(crew):
    """CPS-5.6, 1"""
    crew.at = issuer_for("anxin-sm2").stops
    said = below(fresh("sub"), years=1)
    assert refused_by(crew.draft, said) == "hierarchy.issuing_ended"


def test_a_subordinate_of_a_drill_is_certified_by_nobody_else(crew):
    label = fresh("sub")

    number = crew.run(below(label, drill=True))

    made = certificates.parse(queries.result(number, "subordinate"))
    assert made.issuer.key == made.subject.key
    assert not CertificateAuthority.objects.filter(code__contains=label).exists()


def test_outside_a_ceremony_the_signer_certifies_no_authority(crew, signer):
    """CPS-7.4: whoever asks, and whatever the database says."""
    body = certificate("nmg-sm2").tbs
    try:
        signer.activate("activate")
        with pytest.raises(PkiError) as refused:
            keys.sign_one("anxin-sm2", CA_CERTIFICATE, body)
    finally:
        signer.activate()
    assert refused.value.rule == "policy.ceremony"


# --- a new key for the same name -------------------------------------------------------------


def test_a_subordinate_is_rolled_over_and_the_old_key_signs_its_lists_to_the_end(
    crew, orders, openssl, bouncycastle, in_role
):
    """CPS-5.6"""
    said = following("nmg-sm2")
    crew.run(said)
    new, old, new_code = certificate(said.key), certificate("nmg-sm2"), said.key
    assert new.subject.der == old.subject.der
    assert new.public_key.spki != old.public_key.spki
    assert (row(new_code).generation, row(new_code).lineage) == (2, "nmg-sm2")
    middle, root = certificate("anxin-sm2").der, certificate("rootca").der
    bouncycastle.verify_path([new.der, middle], root, at=crew.at)

    settled = orders(1)
    assert ca.sign_all(new_code, crew.now()) == 1
    leaf = bytes(ca.row(settled).der)
    openssl.verify_certificate(leaf, new.der, at=crew.at)
    bouncycastle.verify_path([leaf, new.der, middle], root, at=crew.at)

    issue_due_crls(at=crew.now())
    for code, issuer in (("nmg-sm2", old), (new_code, new)):
        crls.verify(crls.parse(bytes(latest(row(code).pk).der)), issuer)
    shown = {one.code: one.phase for one in pages.authority("nmg-sm2", at=crew.at).generations}
    assert shown == {"nmg-sm2": "ended", new_code: "issuing"}
    with in_role("worker"):
        assert authorities_.retire(at=crew.now()) == 1  # nothing of it is in force
    assert row("nmg-sm2").state == "retired"
    assert refused_by(crew.draft, following(new_code, succeeds="nmg-sm2")) == (
        "hierarchy.not_active"
    )


def test_an_old_key_with_a_certificate_in_force_is_not_retired(crew, orders, settings):
    """CPS-5.6, 3: its list names what it has issued, and it answers for it."""
    order = orders(1)
    ca.sign_all(at=crew.now())
    issued = certificates.parse(bytes(ca.row(order).der))
    crew.run(following("nmg-sm2"))
    duties, settings.DUTIES = settings.DUTIES, ca.with_spending_duties()
    ca.revoke_it(order, at=crew.now())
    settings.DUTIES = duties

    assert authorities_.retire(at=crew.now()) == 0
    issue_due_crls(at=crew.now())
    listed = crls.parse(bytes(latest(row("nmg-sm2").pk).der))
    assert issued.serial in listed.by_serial
    crls.verify(listed, certificate("nmg-sm2"))
    after = issued.not_after + SECOND
    assert authorities_.retire(at=after) == 0  # one list more comes first
    assert refused_by(crew.draft, following("nmg-sm2")) == "hierarchy.not_newest"


def test_a_root_is_rolled_over_with_link_certificates(crew, openssl, bouncycastle):
    """CPS-5.6: who trusts one key only verifies what the other one signs (RFC 4210 4.4)."""
    label = fresh()
    crew.run(draft(key=label, path_length=0, name=f"Rolled {label}"))
    said = following(label)

    number = crew.run(said)

    old, new = certificate(label), certificate(said.key)
    assert new.issuer.key == new.subject.key == old.subject.key
    old_with_new, new_with_old = links.split(queries.result(number, "link"))
    assert old_with_new.public_key.spki == old.public_key.spki
    assert new_with_old.public_key.spki == new.public_key.spki
    assert max(old_with_new.not_after, new_with_old.not_after) <= old.not_after
    for link, anchor in ((old_with_new, new), (new_with_old, old)):
        openssl.verify_certificate(link.der, anchor.der, at=crew.at)
        bouncycastle.verify_path([link.der], anchor.der, at=crew.at)
    responder = responder_of(row(said.key).pk, at=crew.at).certificate.der  # an end entity
    bouncycastle.verify_path([responder, new_with_old.der], old.der, at=crew.at)
    assert certificate_of(f"{said.key}-new-with-old") == new_with_old.der
    assert certificate_of(f"{said.key}-old-with-new") == old_with_new.der


def test_a_new_root_key_is_in_use_only_after_the_last_attestation(crew, in_role):
    """CPS-5.6, CPS-6.1.1a: a worker that dies leaves a plan that is signed as it was written."""
    label = fresh()
    crew.run(draft(key=label, path_length=0, name=f"Broken {label}"))
    said = following(label)
    number = crew.opened(said)
    crew.steps(number, "gather", "device", "make_key", "make_responder", "succeed")
    crew.begin(number, "link")
    crew.die_at_work()
    planned = {bytes(one.tbs) for one in LinkCertificate.objects.all()}
    with in_role("worker"):
        crew.work()
    made = links.split(bytes(step_of(number, "link").result))
    assert {one.tbs for one in made} == planned
    assert row(said.key).state == "planned"
    assert issuer_for(label).code == label
    assert refused_by(certificate_of, f"{said.key}-new-with-old") == "hierarchy.unknown"

    for login in ("lu", "qin", "gao", "jiang"):
        crew.attest(number, "link", login)
    crew.begin(number, "hand_over")
    crew.work()
    for login in ("lu", "qin", "gao", "jiang"):
        assert issuer_for(label).code == label
        crew.attest(number, "hand_over", login)
    crew.die_at_work("_finish")
    with in_role("worker"):
        crew.work()

    assert issuer_for(label).code == said.key
    assert LinkCertificate.objects.filter(certificate__isnull=False).count() == 2


def test_a_rollover_may_be_rehearsed_and_leaves_nothing(crew):
    """The old key and the superior's sign nothing in a drill."""
    now = present("nmg-sm2")
    crew.run(following("nmg-sm2", drill=True))

    assert present("nmg-sm2") == replace(now, issuer=present("nmg-sm2").issuer)
    assert CertificateAuthority.objects.count() == 4
    assert queries.free_generation("nmg-sm2", 2, drill=True) == 3
    assert queries.free_generation("nmg-sm2", 2, drill=False) == 2


def test_a_rollover_is_drafted_by_saying_whose_key_it_is(crew):
    """CPS-5.6: all the rest is as the authority has it."""
    nothing = {"key": "", "organization": "", "name": "", "drill": ""}
    said = typed(crew, kind="rollover", succeeds="nmg-sm2", years=10, **nothing)

    signed_in(crew.people["tang"]).post(reverse("ceremony-draft"), said)

    there = Ceremony.objects.get()
    script = queries.script_of(there)
    assert (there.kind, there.key_label) == ("rollover", "nmg-sm2-2")
    assert script["plan"] == {
        "path_length": "0",
        "C": "CN",
        "O": "NMG CA",
        "CN": "NMG SM2 CA",
        "years": "10",
        "superior": "anxin-sm2",
        "succeeds": "nmg-sm2",
        "lineage": "nmg-sm2",
        "generation": "2",
    }
    acts = [one["code"] for one in script["steps"]]
    assert acts == [
        *("gather", "device", "make_key", "make_responder", "succeed", "hand_over", "close")
    ]


def test_a_subordinate_that_would_outlive_its_superior_is_refused_beside_the_field(crew):
    """CPS-5.6"""
    said = typed(
        crew, kind="generate_subordinate", superior="anxin-sm2", years=14, name="Late CA", drill=""
    )

    answer = signed_in(crew.people["tang"]).post(reverse("ceremony-draft"), said)

    assert answer.status_code == 422
    assert "超过上级 anxin-sm2 的有效期" in answer.content.decode()
    assert not Ceremony.objects.exists()


def test_a_certificate_from_elsewhere_counts_the_whole_age_of_its_key(crew):
    """CPS-6.3.2"""
    made = certificate("nmg-sm2")  # for ten years
    importing.check_age(made, made.not_before - timedelta(days=4 * 365))
    late = made.not_before - timedelta(days=6 * 365)
    assert refused_by(importing.check_age, made, late) == "importing.validity"


def test_a_second_certificate_from_elsewhere_is_the_next_generation_of_its_name(house):
    """CPS-5.6, CPS-7.4: the rollover under an external root."""
    root, (old, new) = external_root(), (fresh("sub"), fresh("sub"))
    for serial, label in enumerate((old, new), 4097):
        wish = queries.result(house.run(draft(kind="generate", key=label)), "request")
        given = pem.write("CERTIFICATE", signed_by_root(wish, root, serial=serial).der).decode()
        house.run(
            draft(kind="import_certificate", key=label, issuer=root[1].der, request=wish), given
        )

    assert [(row(one).lineage, row(one).generation) for one in (old, new)] == [(old, 1), (old, 2)]
    assert issuer_for(old).code == new
    shown = {one.code: one.phase for one in pages.authority(new, at=house.at).generations}
    assert shown == {old: "ended", new: "issuing"}
