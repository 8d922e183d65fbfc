"""A certificate in another's place, from the counter to the signature (CPS 3.3, 4.6 to 4.8)."""

from datetime import timedelta

import pypdfium2
import pytest

from anxin.kernel.errors import Refusal, Refusals
from audit.journal.models import Entry
from ca.claims.models import KeyClaim
from ca.issuing.models import Certificate
from people.api import Role
from pki import certificates as x509
from pki import cms, der
from ra.applications.models import Application, Dossier
from ra.handover.services import hand_over
from ra.intake import handing_in
from ra.intake import services as intake
from ra.procedures import queries, services
from ra.receipts.services import print_receipt
from ra.review import decisions
from ra.review.case import case
from tests.support import ca, ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, FIELDS, MINUTE

DAY = timedelta(days=1)
SOON = AT + 300 * DAY  # the certificates of these tests last a year
A_YEAR = 365 * DAY
EMPLOYED = {
    "organization": ra.COMPANY["legal_name"],
    "organization_code": ra.COMPANY["credit_code"],
}


@pytest.fixture
def held(live_counter):
    """The counter, and a certificate its subscriber has; RSA ones take a second reviewer."""
    application_id = ra.issued(live_counter)
    row = Application.objects.get(pk=application_id)
    return live_counter, row.certificate_id


def begun(counter, certificate_id, procedure, occasion, at=SOON):
    who = {"actor": counter.chen, "at": at}
    return services.begin(certificate_id, procedure, occasion=occasion, **who)


def refused(act, *arguments, **named):
    """Rule and clause of everything that was refused."""
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    found = refusal.value.items if isinstance(refusal.value, Refusals) else [refusal.value]
    return [(one.rule, one.cps) for one in found]


def completed(counter, draft, *, papers=True, at=SOON):
    """Everything that is not carried over is handed in, and the draft submitted."""
    for slot in ra.PAPERS if papers else ():
        ra.hold(draft.id, slot, counter.chen, at=at)
    ra.verify(draft.id, counter.chen, at=at)
    agreed = {"how": "signed_on_paper", "by_message": True, "actor": counter.chen, "at": at}
    intake.accept_agreement(draft.id, "2026-01", **agreed)
    return handing_in.submit(draft.id, actor=counter.chen, at=at)


def decided(counter, draft, at=SOON):
    """Reviewed, approved, signed, and known to the RA; the certificate's id."""
    seen = ra.look_through(draft.id, counter.ren, at=at)
    decisions.decide_approve(draft.id, seen=seen, actor=counter.ren, at=at)
    ca.sign_all(at=at)
    row = Application.objects.get(pk=draft.id)
    hand_over([row.certificate_id], at=at)
    return row.certificate_id


def request_of(key_number, name=FIELDS["name"]):
    return ra.request(key_number, name)


def test_a_renewal_goes_the_whole_way_with_the_old_key_and_words(held):
    """CPS-4.6: offline at the counter; both certificates are valid until the old one ends."""
    counter, old = held

    draft = begun(counter, old, "renewal", "expiring")
    completed(counter, draft)
    new = decided(counter, draft)

    first, second = ca.row(old), ca.row(new)
    assert (first.state, second.state, second.replaces_id) == ("valid", "valid", old)
    assert bytes(first.public_key) == bytes(second.public_key)
    assert first.subject_text == second.subject_text
    row = Application.objects.get(pk=draft.id)
    assert (row.procedure, row.predecessor_id, row.state) == ("renewal", old, "issued")
    entry = Entry.objects.get(action="ra.begin_procedure")
    assert draft.number in entry.details


def test_receipt_and_review_page_say_which_procedure_it_is(held):
    """CPS-4.6"""
    counter, old = held
    draft = begun(counter, old, "renewal", "expiring")
    told = completed(counter, draft)

    pdf = print_receipt(
        draft.id,
        access_code=told.access_code,
        status_url="https://ra.example.cn/status/",
        actor=counter.chen,
        at=SOON,
    )
    page = signed_in(counter.ren).get(f"/w/cases/{draft.number}/").content.decode()

    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert "证书更新（原密钥）：个人签名证书（SM2）" in text
    assert '<span class="tag brand">证书更新（原密钥）</span>' in page


def test_the_words_are_sealed_anew_under_a_key_of_their_own(held):
    """CPS-4.6, WP-6.4"""
    counter, old = held

    draft = begun(counter, old, "renewal", "expiring")

    before = Application.objects.get(certificate_id=old)
    after = Application.objects.get(pk=draft.id)
    assert before.data_key != after.data_key
    assert bytes(before.dossier.identity) != bytes(after.dossier.identity)
    assert after.masked_name == before.masked_name


def test_a_renewal_is_begun_shortly_before_the_end_and_not_after(held):
    """CPS-4.6"""
    counter, old = held

    early = refused(begun, counter, old, "renewal", "expiring", at=AT + 200 * DAY)
    late = refused(begun, counter, old, "renewal", "expiring", at=AT + A_YEAR + DAY)

    assert early == [("procedures.too_early", "4.6.1")]
    assert late == [("succession.expired", "4.6.3")]


def test_a_key_of_ten_years_is_renewed_no_more(held):
    """CPS-6.3.2: the whole age of the key counts, over all its certificates."""
    counter, old = held
    KeyClaim.objects.filter(holder=ca.row(old).holder).update(
        claimed_at=SOON - (9 * A_YEAR + 182 * DAY)
    )

    assert refused(begun, counter, old, "renewal", "expiring") == [("key.too_old", "6.3.2")]
    assert begun(counter, old, "re_key", "expiring")


def test_a_renewal_gets_the_years_its_key_has_left(live_counter):
    """CPS-6.3.2"""
    application_id = ra.draft(live_counter.chen)
    intake.save_draft(application_id, FIELDS, years=3, actor=live_counter.chen, at=AT)
    handing_in.submit(application_id, actor=live_counter.chen, at=AT + MINUTE)
    seen = ra.look_through(application_id, live_counter.ren)
    decisions.decide_approve(application_id, seen=seen, actor=live_counter.ren, at=AT + 3 * MINUTE)
    ca.sign_all(at=AT + 4 * MINUTE)
    old = Application.objects.get(pk=application_id).certificate_id
    at = AT + 3 * A_YEAR - 30 * DAY
    KeyClaim.objects.filter(holder=ca.row(old).holder).update(claimed_at=at - 8 * A_YEAR)

    draft = begun(live_counter, old, "renewal", "expiring", at=at)

    assert Application.objects.get(pk=draft.id).days == 730


def test_after_a_revocation_and_during_a_freeze_nothing_is_begun(held):
    """CPS-3.3.2"""
    counter, old = held
    Certificate.objects.filter(pk=old).update(state="held", held_at=SOON)
    frozen = refused(begun, counter, old, "re_key", "suspected")
    Certificate.objects.filter(pk=old).update(state="revoked")

    over = [
        refused(begun, counter, old, procedure, occasion)
        for procedure, occasion in (
            ("renewal", "expiring"),
            ("re_key", "suspected"),
            ("modification", "changed"),
        )
    ]

    assert frozen == [("succession.held", "4.9.12")]
    assert over == 3 * [[("succession.revoked", "3.3.2")]]


def test_one_successor_is_under_way_at_a_time(held):
    """CPS-4.6"""
    counter, old = held
    first = begun(counter, old, "renewal", "expiring")

    assert refused(begun, counter, old, "re_key", "expiring") == [
        ("procedures.begun_already", "4.6.3")
    ]
    intake.cancel(first.id, reason="applicant_wish", actor=counter.chen, at=SOON)
    assert begun(counter, old, "re_key", "expiring")


def test_only_operators_of_the_office_begin(held):
    """CPS-1.4.2, CPS-4.6"""
    counter, old = held

    for actor, rule in (
        (counter.ren, "applications.not_an_operator"),
        (counter.zhao, "applications.unknown"),
    ):
        with pytest.raises(Refusal) as refusal:
            services.begin(old, "renewal", occasion="expiring", actor=actor, at=SOON)
        assert refusal.value.rule == rule
    assert refused(begun, counter, old, "renewal", "damaged") == [("procedures.unknown", "4.7.1")]


def test_a_renewal_changes_neither_words_nor_key(held):
    """CPS-4.6"""
    counter, old = held
    draft = begun(counter, old, "renewal", "expiring")
    renamed = FIELDS | {"name": "林知秋"}
    intake.save_draft(draft.id, renamed, actor=counter.chen, at=SOON)
    intake.attach_request(draft.id, request_of(7), actor=counter.chen, at=SOON)

    told = refused(completed, counter, draft)

    assert told == [("procedures.words_changed", "4.6.1"), ("procedures.key_changed", "4.6.1")]


def test_a_re_key_needs_another_key(held):
    """CPS-4.7"""
    counter, old = held
    draft = begun(counter, old, "re_key", "expiring")

    without = refused(completed, counter, draft)
    intake.attach_request(draft.id, request_of(1), actor=counter.chen, at=SOON)
    same = refused(handing_in.submit, draft.id, actor=counter.chen, at=SOON)

    assert without == [("intake.no_request", "3.2.1")]
    assert same == [("procedures.key_kept", "4.7.1")]


@pytest.mark.parametrize(
    ("occasion", "state", "reason"),
    [
        ("expiring", "valid", ""),
        ("other", "valid", ""),
        ("damaged", "revoked", "cessationOfOperation"),
        ("suspected", "revoked", "keyCompromise"),
    ],
)
def test_a_re_key_ends_the_old_one_when_its_key_is_damaged_or_suspected(
    held, occasion, state, reason
):
    """CPS-4.7"""
    counter, old = held
    draft = begun(counter, old, "re_key", occasion)
    intake.attach_request(draft.id, request_of(7), actor=counter.chen, at=SOON)
    completed(counter, draft)

    new = decided(counter, draft)

    row = ca.row(old)
    assert (ca.row(new).state, row.state) == ("valid", state)
    assert (row.revocation.reason if reason else "") == reason


def test_a_modification_revokes_the_old_one_in_the_same_transaction(held):
    """CPS-4.8: by the approval that ordered the new one."""
    counter, old = held
    draft = begun(counter, old, "modification", "changed")
    said = FIELDS | EMPLOYED
    intake.save_draft(draft.id, said, actor=counter.chen, at=SOON)
    ra.hold(draft.id, "organization_letter", counter.chen, at=SOON)
    completed(counter, draft)

    new = decided(counter, draft)

    ended, issued = ca.row(old), ca.row(new)
    assert (ended.state, issued.state) == ("revoked", "valid")
    assert ended.revocation.warrant == issued.warrant
    assert ended.revocation.revoked_at == issued.settled_at
    assert (ended.revocation.cause, ended.revocation.reason) == (
        "content_wrong",
        "affiliationChanged",
    )


def test_a_modification_changes_something_and_not_the_subscriber(held):
    """CPS-4.8"""
    counter, old = held
    draft = begun(counter, old, "modification", "changed")

    unchanged = refused(completed, counter, draft)
    intake.save_draft(draft.id, ra.OTHER, actor=counter.chen, at=SOON)
    another = refused(handing_in.submit, draft.id, actor=counter.chen, at=SOON)

    assert unchanged == [("procedures.nothing_changed", "4.8.1")]
    assert another == [("procedures.another_holder", "4.8.1")]


def test_the_reviewer_sees_what_changes_against_the_old_certificate(held):
    """CPS-4.8"""
    counter, old = held
    draft = begun(counter, old, "modification", "changed")
    said = FIELDS | EMPLOYED
    intake.save_draft(draft.id, said, actor=counter.chen, at=SOON)
    ra.hold(draft.id, "organization_letter", counter.chen, at=SOON)
    completed(counter, draft)

    found = case(draft.number, counter.ren, at=SOON).succession

    changed = {one.what: one.changed for one in found.changes}
    assert found.predecessor.id == old
    assert changed == {"subject": True, "names": False, "key": False, "days": False}


def test_the_reviewers_agree_to_the_procedure_as_well(held):
    """CPS-4.8: another occasion is another digest, and the old approval orders nothing."""
    counter, old = held
    draft = begun(counter, old, "re_key", "other")
    intake.attach_request(draft.id, request_of(7), actor=counter.chen, at=SOON)
    completed(counter, draft)
    reviewer = counter.ren
    seen = ra.look_through(draft.id, reviewer, at=SOON)

    Application.objects.filter(pk=draft.id).update(occasion="suspected")

    told = refused(decisions.decide_approve, draft.id, seen=seen, actor=reviewer, at=SOON)
    assert told == [("applications.content_changed", "4.2.1")]


# --- signed by the old key -------------------------------------------------------------------


def signed(old, content, *, key=1, at=SOON):
    """What the subscriber sends: a request, signed by the key of certificate `old`."""
    certificate = x509.parse(bytes(ca.row(old).der))
    return cms.build(content, ra.key(key), certificate, at=at)


def test_a_renewal_signed_by_the_old_key_needs_no_papers(held):
    """CPS-3.3.1, CPS-4.6: online; the signature stands for the documents."""
    counter, old = held
    data = signed(old, request_of(1))

    draft = services.begin_signed(data, occasion="expiring", actor=counter.chen, at=SOON)
    completed(counter, draft, papers=False)
    view = case(draft.number, counter.ren, at=SOON)
    new = decided(counter, draft)

    assert view.missing_slots == ()
    assert {tick.code for tick in view.checklist} == {"check.agreement", "check.certificate"}
    assert view.succession.signed
    assert (ca.row(new).state, ca.row(new).replaces_id) == ("valid", old)
    assert Application.objects.get(pk=draft.id).procedure == "renewal"


def test_a_request_for_a_new_key_is_a_re_key(held):
    """CPS-3.3.1, CPS-4.7"""
    counter, old = held
    data = signed(old, request_of(7))

    draft = services.begin_signed(data, occasion="other", actor=counter.chen, at=SOON)

    row = Application.objects.get(pk=draft.id)
    assert (row.procedure, row.occasion) == ("re_key", "other")
    assert row.key_fingerprint == ra.key(7).public.fingerprint
    sealed = Dossier.objects.get(pk=draft.id).proof
    assert data not in bytes(sealed)


def test_a_signature_is_only_good_for_its_own_certificate_and_its_own_day(held):
    """CPS-3.3.1"""
    counter, old = held
    who = {"occasion": "expiring", "actor": counter.chen, "at": SOON}
    broken = bytearray(signed(old, request_of(1)))
    broken[-1] ^= 1

    assert refused(services.begin_signed, bytes(broken), **who) == [("cms.bad_signature", "3.3.1")]
    assert refused(services.begin_signed, b"hello", **who) == [("cms.not_pem_or_der", "3.3.1")]
    old_paper = signed(old, request_of(1), at=SOON - 8 * DAY)
    assert refused(services.begin_signed, old_paper, **who) == [("procedures.signed_when", "3.3.1")]
    tomorrow = signed(old, request_of(1), at=SOON + DAY)
    assert refused(services.begin_signed, tomorrow, **who) == [("procedures.signed_when", "3.3.1")]


def test_a_suspected_key_proves_nothing_by_its_signature(held):
    """CPS-3.3.1, CPS-4.7: such a subscriber comes to the counter."""
    counter, old = held
    data = signed(old, request_of(7))

    for occasion in ("damaged", "suspected"):
        who = {"occasion": occasion, "actor": counter.chen, "at": SOON}
        told = refused(services.begin_signed, data, **who)
        assert told == [("procedures.counter_only", "4.7.1")]


def test_a_signed_request_is_used_once(held):
    """CPS-3.3.1"""
    counter, old = held
    data = signed(old, request_of(1))
    who = {"occasion": "expiring", "actor": counter.chen, "at": SOON}
    draft = services.begin_signed(data, **who)
    intake.cancel(draft.id, reason="applicant_wish", actor=counter.chen, at=SOON)

    assert refused(services.begin_signed, data, **who) == [("procedures.signed_twice", "3.3.1")]


def test_what_the_old_key_signed_is_the_request_that_is_handed_in(held):
    """CPS-3.3.1: the signature stands for the documents of this key, and of no other's."""
    counter, old = held
    data = signed(old, request_of(7))
    draft = services.begin_signed(data, occasion="other", actor=counter.chen, at=SOON)

    intake.attach_request(draft.id, request_of(6), actor=counter.chen, at=SOON)

    told = refused(completed, counter, draft, papers=False)
    assert told == [("procedures.signed_another", "3.3.1")]


def test_a_signed_request_in_another_wrapping_is_the_same(held):
    """CPS-3.3.1: certificates and other additions beside a signature are nobody's word."""
    counter, old = held
    data = signed(old, request_of(1))
    who = {"occasion": "expiring", "actor": counter.chen, "at": SOON}
    draft = services.begin_signed(data, **who)
    intake.cancel(draft.id, reason="applicant_wish", actor=counter.chen, at=SOON)

    again = wrapped_otherwise(data)

    assert cms.parse(again).content == cms.parse(data).content
    assert refused(services.begin_signed, again, **who) == [("procedures.signed_twice", "3.3.1")]


def wrapped_otherwise(data):
    """The same signature with an empty set of certificates beside it."""
    outer = der.only(data)
    kind = outer.oid()
    parts = der.only(outer.take(0xA0))
    version, digests, content, signers = (parts.any().der for _ in range(4))
    inside = der.sequence(version, digests, content, der.tlv(0xA0, b""), signers)
    return der.sequence(der.oid(kind), der.explicit(0, inside))


def test_a_revoked_key_signs_no_request(held):
    """CPS-3.3.2"""
    counter, old = held
    Certificate.objects.filter(pk=old).update(state="revoked")

    told = refused(
        services.begin_signed,
        signed(old, request_of(7)),
        occasion="expiring",
        actor=counter.chen,
        at=SOON,
    )

    assert told == [("succession.revoked", "3.3.2")]


# --- the pages -------------------------------------------------------------------------------


def test_the_page_says_what_can_be_begun_and_why_not_the_rest(held):
    """CPS-4.6, CPS-4.7, CPS-4.8: each with its clause."""
    counter, old = held

    found = queries.choices(old, counter.chen, at=AT + 10 * DAY)

    may = {(one.way.procedure, one.way.occasion): not one.refusals for one in found.choices}
    assert may == {
        ("renewal", "expiring"): False,
        ("re_key", "expiring"): False,
        ("re_key", "damaged"): True,
        ("re_key", "suspected"): True,
        ("re_key", "other"): True,
        ("modification", "changed"): True,
    }


def test_the_counter_begins_from_the_certificates_page(held):
    """CPS-4.7"""
    counter, old = held
    desk = signed_in(counter.chen)
    place = f"/w/certificates/{old}/renew/"

    page = desk.get(place).content.decode()
    answer = desk.post(place, {"procedure": "re_key", "occasion": "damaged"})

    row = Application.objects.get(predecessor_id=old)
    assert "密钥或介质损坏" in page
    assert answer.headers["Location"] == f"/w/intake/{row.number}/"
    assert "密钥更新" in desk.get(answer.headers["Location"]).content.decode()
    assert "正在办理" in desk.get(place).content.decode()
    assert row.number in desk.get(f"/w/certificates/{old}/").content.decode()


def test_a_signed_request_that_cannot_be_read_is_told_beside_the_field(held):
    """CPS-3.3.1"""
    counter, _ = held
    desk = signed_in(counter.chen)

    answer = desk.post("/w/signed-request/", {"occasion": "expiring", "signed": "hello"})

    assert answer.status_code == 422
    assert "这不是可以读取的签名请求" in answer.content.decode()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.CA_ADMIN, Role.AUDITOR])
def test_others_are_kept_out(held, role):
    counter, old = held
    office = counter.ren.office if role == Role.REVIEWER else ""
    desk = signed_in(hire("fang", role, office=office))

    for place in (f"/w/certificates/{old}/renew/", "/w/signed-request/"):
        assert desk.get(place).status_code == 403
