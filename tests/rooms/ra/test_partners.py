"""Keys of partner RAs and the interface they open (CPS-1.4.2, CPS-4.1, WP-5.3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest
from django.db.models import F

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from kmc import api as kmc
from people.accounts.models import StaffMember
from people.api import Role, appoint, approval, dismiss, vote
from people.personnel import services as personnel
from people.personnel.rules import Cause
from people.sessions.browsers import alerts_of
from people.sessions.rules import PROOF, PROOF_OLD
from people.trust.queries import acting
from pki import pem
from ra.api import description
from ra.api.views import DESCRIPTION
from ra.applications.models import Application
from ra.branches.models import Authority
from ra.consents.models import Consent
from ra.handover.services import pick_up
from ra.partners import rules, services
from ra.partners.models import PartnerAnswer, PartnerKey, PartnerNonce
from ra.partners.rules import Scope
from ra.review import queries as lists
from ra.revocations.models import RevocationRequest
from tests.support import ra
from tests.support.partners import System, issued, system
from tests.support.people import JUST_NOW, hire, signed_in
from tests.support.ra import AT, FIELDS, PAPERS
from tests.support.refusals import refused, refused_by

HERE = "/api/v1/applications"
PAGE = "/w/partner-keys/"


def request_of(number):
    return pem.write("CERTIFICATE REQUEST", ra.request(number)).decode()


def said(number=1, **changes):
    return {
        "profile": "personal-sm2-sign",
        "fields": FIELDS,
        "request": request_of(number),
        "agreement": {"version": "2026-01", "how": "signed_on_paper"},
    } | changes


def entered(partner, **changes):
    answer = partner.send("POST", HERE, said(**changes))
    assert answer.status_code == 201, answer.content
    return answer.json()["number"]


def complete(partner):
    """A draft with its documents, verified; its number."""
    number = entered(partner)
    for seed, slot in enumerate(PAPERS):
        path = f"{HERE}/{number}/evidence/{slot}"
        answer = partner.send("PUT", path, ra.picture(seed), kind="image/png")
        assert answer.status_code == 201, answer.content
    found = [{"slot": slot, "method": "on_site", "result": "passed"} for slot in PAPERS]
    noted = partner.send("PUT", f"{HERE}/{number}/verifications", {"verifications": found})
    assert noted.status_code == 200, noted.content
    return number


def actor_who_asked(row):
    maker = acting(approval(row.approval_id).maker_id, address="127.0.0.1", at=AT)
    return replace(maker, proved_at=JUST_NOW)


# --- keys ------------------------------------------------------------------------------------


def test_a_key_is_asked_for_by_one_agreed_to_by_another_and_drawn_once(counter):
    """CPS-1.4.2"""
    row = issued(counter.chen, Scope.READ)
    keeper = hire("keeper", Role.CA_ADMIN, office="")

    secret = services.hand_out(row.number, actor=keeper, at=AT)

    row.refresh_from_db()
    assert (row.state, row.office.code, row.scopes) == ("active", "LRA0103", ["read"])
    assert secret.encode() not in bytes(row.secret)
    assert refused_by(services.hand_out, row.number, actor=keeper, at=AT) == "state.no_such_step"
    told = Entry.objects.filter(subject=f"ra.partnerkey:{row.pk}").values_list("action", flat=True)
    assert sorted(told) == ["ra.issue_partner_key", "ra.partnerkey.hand_out"]
    assert secret not in str(list(Entry.objects.values_list("details", flat=True)))


def test_who_agrees_to_a_key_reads_whose_acts_its_acts_will_be(counter):
    """CPS-1.4.2, CPS-5.2.2: two may have one name, the number is part of what is agreed to."""
    StaffMember.objects.update(name="张伟")
    number = StaffMember.objects.get(pk=counter.chen.person_id).staff_number
    keeper, checker = (hire(role, role, office="") for role in (Role.SECURITY_ADMIN, Role.CA_ADMIN))

    asked = services.propose_key(
        "江海业务系统",
        person_id=counter.chen.person_id,
        scopes=["read"],
        valid_until=datetime.now(UTC).date() + timedelta(days=2),
        actor=keeper,
        at=datetime.now(UTC),
    )

    assert asked.payload["staff_number"] == number
    assert f"张伟 {number}" in signed_in(checker).get(f"/approvals/{asked.id}/").content.decode()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"name": "x"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"valid_until": AT.date() - timedelta(days=1)}, "term"),
        ({"valid_until": AT.date() + timedelta(days=367)}, "term"),
        ({"person_id": 0}, "responsible"),
    ],
)
def test_a_key_is_for_somebody_for_something_and_for_a_year_at_most(counter, changes, rule):
    error = refused(issued, counter.chen, **changes)

    assert error.rule == f"partners.{rule}"
    assert error.field


def test_reviewers_are_responsible_for_no_key(counter):
    """CPS-4.3.1"""
    assert refused_by(issued, counter.ren) == "partners.responsible"


def test_a_revoked_key_opens_nothing_and_its_secret_is_gone(counter):
    partner = system(counter.chen)
    assert partner.send("GET", HERE).status_code == 200

    services.revoke(partner.number, actor=SYSTEM, at=AT)

    row = PartnerKey.objects.get(number=partner.number)
    gone = refused_by(kmc.unseal, row.data_key, row.secret_context(), bytes(row.secret))
    assert gone == "kmc.data_key_destroyed"
    assert partner.send("GET", HERE).status_code == 401


def test_the_page_lists_keys_and_shows_a_secret_once(counter):
    row = issued(counter.chen)
    window = signed_in(hire("gao", Role.CA_ADMIN, office=""))
    assert row.number in window.get(PAGE).content.decode()

    shown = window.post(f"{PAGE}{row.number}/hand-out/")
    again = window.post(f"{PAGE}{row.number}/hand-out/")
    ended = window.post(f"{PAGE}{row.number}/revoke/")

    assert (shown.status_code, again.status_code, ended.status_code) == (200, 409, 302)
    assert PartnerKey.objects.get(pk=row.pk).state == "revoked"


def test_a_key_is_asked_for_on_the_page(counter):
    window = signed_in(hire("tang", Role.SECURITY_ADMIN, office=""))
    until = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    form = {
        "name": "栖原业务系统",
        "person_id": counter.chen.person_id,
        "scopes": ["read"],
        "valid_until": until,
    }

    wrong = window.post(PAGE, form | {"name": "x"})
    right = window.post(PAGE, form)

    assert (wrong.status_code, right.status_code) == (422, 302)
    page = window.get(PAGE).content.decode()
    assert "栖原业务系统" in page
    assert "Chen" in page


def test_who_asked_for_a_key_never_draws_its_secret(counter):
    """CPS-5.2.4: the secret is an operator's whole hand."""
    row = issued(counter.chen)
    maker = actor_who_asked(row)
    later = replace(maker, roles=frozenset({Role.CA_ADMIN}))  # the same person in another post

    for one in (maker, later, counter.chen, counter.ren):
        assert refused_by(services.hand_out, row.number, actor=one, at=AT) == "partners.not_yours"

    window = signed_in(maker)
    assert "hand-out" not in window.get(PAGE).content.decode()
    assert window.post(f"{PAGE}{row.number}/hand-out/").status_code == 403
    row.refresh_from_db()
    assert (row.state, row.secret) == ("granted", None)


def test_a_secret_is_drawn_with_a_second_factor_just_shown(counter):
    """WP-7.2"""
    row = issued(counter.chen)
    shown = AT - PROOF
    keeper = replace(hire("gao", Role.CA_ADMIN, office=""), proved_at=shown)

    late = AT + timedelta(microseconds=1)
    assert refused_by(services.hand_out, row.number, actor=keeper, at=late) == PROOF_OLD
    assert services.hand_out(row.number, actor=keeper, at=AT)


def test_the_operator_is_told_that_a_machine_acts_in_their_name(counter):
    """WP-7.2"""
    row = issued(counter.chen)
    assert not alerts_of(counter.chen.person_id)

    services.hand_out(row.number, actor=hire("gao", Role.CA_ADMIN, office=""), at=AT)

    assert [one.kind for one in alerts_of(counter.chen.person_id)] == ["partner_key"]


@pytest.mark.parametrize("who", [Role.OPERATOR, Role.REVIEWER, Role.FINANCE, Role.AUDITOR])
def test_the_service_asks_for_the_role_when_a_key_is_to_end(counter, who):
    """CPS-5.2.4"""
    row = issued(counter.chen)
    other = hire("outsider", who)

    assert refused_by(services.revoke, row.number, actor=other, at=AT) == "partners.not_yours"


@pytest.mark.parametrize("who", [Role.OPERATOR, Role.REVIEWER, Role.FINANCE, Role.AUDITOR])
def test_others_see_no_keys(counter, who):
    window = signed_in(hire("outsider", who))

    assert window.get(PAGE).status_code == 403
    assert window.post(f"{PAGE}PK1/hand-out/").status_code == 403
    assert window.post(f"{PAGE}PK1/revoke/").status_code == 403


@pytest.mark.parametrize(
    "act",
    [
        partial(personnel.suspend, cause=Cause.TOKEN_LOST),
        personnel.leave,
        partial(personnel.move, office=""),
    ],
    ids=["token_lost", "leave", "move"],
)
def test_a_key_ends_with_who_leaves_moves_or_lost_the_device(counter, act):
    """CPS-1.4.2, CPS-5.3.6, WP-8.2"""
    now = datetime.now(UTC)
    partner, waiting = system(counter.chen), issued(counter.chen)

    act(counter.chen.person_id, actor=hire("tang", Role.SECURITY_ADMIN, office=""), at=now)

    states = PartnerKey.objects.filter(number__in=[partner.number, waiting.number])
    assert set(states.values_list("state", flat=True)) == {"revoked"}
    assert partner.send("GET", HERE).status_code == 401


def test_a_key_rests_with_a_suspended_operator_and_comes_back_with_two_others(counter):
    """CPS-5.3.6"""
    partner, now = system(counter.chen), datetime.now(UTC)
    maker = hire("tang", Role.SECURITY_ADMIN, office="")
    checker = hire("gao", Role.CA_ADMIN, office="")

    personnel.suspend(counter.chen.person_id, Cause.SUSPECTED, actor=maker, at=now)
    resting = partner.send("GET", HERE)
    asked = personnel.propose_reinstatement(counter.chen.person_id, actor=maker, at=now)
    vote(asked.id, grants=True, seen=asked.digest, actor=checker, at=now)

    assert (resting.status_code, resting.json()["rule"]) == (403, "partners.person")
    assert partner.send("GET", HERE).status_code == 200


# --- who sends -------------------------------------------------------------------------------


def test_a_request_nobody_signed_is_told_so(counter, client):
    answer = client.get(HERE)

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Signature")
    assert answer.json()["rule"] == "partners.unsigned"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "applications"),
        ("POST", "applications"),
        ("GET", "applications/A1"),
        ("PUT", "applications/A1"),
        ("PUT", "applications/A1/evidence/id_front"),
        ("PUT", "applications/A1/verifications"),
        ("POST", "applications/A1/handing-in"),
        ("POST", "applications/A1/codes"),
        ("GET", "certificates/1"),
        ("POST", "certificates/1/revocation-requests"),
        ("DELETE", "applications/A1"),
    ],
)
def test_people_who_are_signed_in_come_in_by_their_pages_alone(counter, method, path):
    window = signed_in(counter.chen)

    answer = window.generic(method, f"/api/v1/{path}", b"{}", "application/json")

    assert (answer.status_code, answer.json()["rule"]) == (401, "partners.unsigned")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_told_which_there_are(counter, method):
    answer = system(counter.chen).send(method, HERE)

    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")


def test_what_is_not_there_is_told_in_the_same_way(counter):
    answer = system(counter.chen).send("GET", "/api/v1/certificates/-1")

    assert (answer.status_code, answer.json()["rule"]) == (404, "partners.nowhere")
    assert answer["Content-Type"] == "application/problem+json"


def test_a_wrong_secret_and_an_unknown_key_look_alike(counter):
    partner, other = system(counter.chen), system(counter.zhao)
    other.number = partner.number
    wrong = other.send("GET", HERE)
    other.number = "PK20200101-0001"
    unknown = other.send("GET", HERE)

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content == unknown.content


@pytest.mark.parametrize(
    ("away", "status"), [(timedelta(minutes=4), 200), (timedelta(minutes=6), 401)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_signature_is_good_for_five_minutes(counter, away, status, sign):
    answer = system(counter.chen).send("GET", HERE, at=datetime.now(UTC) + sign * away)

    assert answer.status_code == status


def test_a_request_caught_on_the_way_is_not_repeated(counter):
    partner = system(counter.chen)
    caught = partner.headers("GET", HERE)
    first = partner.client.get(HERE, headers=caught)
    second = partner.client.get(HERE, headers=caught)

    assert (first.status_code, second.status_code) == (200, 401)
    assert second.json()["rule"] == "partners.replayed"


@pytest.mark.parametrize("rule", ["replayed", "stale"])
def test_what_somebody_caught_is_on_record_and_fills_no_journal(counter, rule):
    """CPS-5.4.1: the signature fitted, so a secret or a request is in other hands."""
    partner = system(counter.chen)
    early = datetime.now(UTC) - timedelta(minutes=6 if rule == "stale" else 0)
    caught = partner.headers("GET", HERE, at=early)

    for _ in range(4):
        answer = partner.client.get(HERE, headers=caught)

    assert answer.json()["rule"] == f"partners.{rule}"
    entry = Entry.objects.get(action="ra.caught_request")
    assert (entry.outcome, entry.subject.partition(":")[0]) == ("refused", "ra.partnerkey")
    assert f'"rule":"partners.{rule}"' in entry.details
    partner.send("GET", HERE, at=datetime.now(UTC))
    partner.client.get(HERE)
    assert Entry.objects.filter(action="ra.caught_request").count() == 1


def test_everything_that_matters_is_signed(counter):
    """Another address, question, method or body than the signed one is refused."""
    partner = system(counter.chen)
    one, two = entered(partner), said(2)
    elsewhere = partner.client.get(f"{HERE}/{one}", headers=partner.headers("GET", HERE))
    asked = partner.client.get(f"{HERE}?after=9", headers=partner.headers("GET", HERE))
    signed = partner.headers("POST", HERE, said())
    body = partner.client.generic("POST", HERE, str(two), "application/json", headers=signed)
    again = partner.headers("POST", HERE, said(), key="one-key-1") | {
        "Idempotency-Key": "other-key"
    }
    key = partner.client.generic("POST", HERE, b"{}", "application/json", headers=again)

    assert [one.status_code for one in (elsewhere, asked, body, key)] == [401] * 4
    assert body.json()["rule"] == "partners.digest"


def test_a_key_that_was_not_drawn_or_is_over_opens_nothing(counter):
    partner = system(counter.chen)
    now = datetime.now(UTC)
    PartnerKey.objects.filter(number=partner.number).update(valid_until=now.date())
    PartnerKey.objects.update(valid_until=(now - timedelta(days=2)).date())

    assert partner.send("GET", HERE).status_code == 401
    assert refused_by(rules.check_in_force, "granted", AT.date(), today=AT.date())


def test_a_key_ends_with_the_role_of_its_person_and_no_other_role_wakes_it(counter):
    """CPS-1.4.2, CPS-4.3.1, CPS-5.3.6"""
    partner, waiting = system(counter.chen), issued(counter.chen)
    dismiss(counter.chen.person_id, Role.OPERATOR, actor=SYSTEM, at=AT)
    appoint(counter.chen.person_id, Role.OPERATOR, actor=SYSTEM, at=AT)

    states = PartnerKey.objects.filter(number__in=[partner.number, waiting.number])

    assert set(states.values_list("state", flat=True)) == {"revoked"}
    assert partner.send("GET", HERE).status_code == 401
    assert Entry.objects.filter(action="ra.partnerkey.revoke").count() == 2


def test_a_key_stays_while_another_role_of_its_person_ends(counter):
    song = hire("song", Role.OPERATOR, Role.POLICY_MEMBER, office=counter.chen.office)
    partner = system(song)

    dismiss(song.person_id, Role.POLICY_MEMBER, actor=SYSTEM, at=AT)

    assert partner.send("GET", HERE).status_code == 200


def test_a_key_does_what_it_was_made_for(counter):
    """CPS-1.4.2"""
    partner = system(counter.chen, Scope.READ)

    answer = partner.send("POST", HERE, said())

    assert (answer.status_code, answer.json()["rule"]) == (403, "partners.scope")
    refusal = Entry.objects.get(action="site.refused")
    assert refusal.actor_name == f"Chen {partner.number}"


def test_too_many_requests_in_a_minute_are_refused(counter):
    partner, at = system(counter.chen), datetime.now(UTC)
    key = PartnerKey.objects.get(number=partner.number)
    numbers = count()
    PartnerNonce.objects.bulk_create(
        PartnerNonce(key=key, nonce=f"n{next(numbers)}", at=at) for _ in range(119)
    )

    assert partner.send("GET", HERE).status_code == 200
    assert partner.send("GET", HERE).status_code == 429


# --- applications ----------------------------------------------------------------------------


def test_a_partner_enters_completes_and_submits(counter, evidence_dir):
    """CPS-1.4.2, CPS-2.3, CPS-4.1, CPS-4.3.1, WP-5.3"""
    partner = system(counter.chen)
    number = complete(partner)
    before = partner.send("GET", f"{HERE}/{number}").json()

    answer = partner.send("POST", f"{HERE}/{number}/handing-in")

    assert answer.status_code == 201, answer.content
    assert answer.json()["access_code"]
    after = partner.send("GET", f"{HERE}/{number}").json()
    assert (before["state"], before["wrong"]) == ("draft", [])
    assert (after["state"], after["submitted_at"] is not None) == ("submitted", True)
    row = Application.objects.get(number=number)
    assert (row.maker_id, row.channel) == (counter.chen.person_id, "partner")
    assert (
        "合作机构接口" in signed_in(counter.ren).get(f"/w/cases/{number}/?tab=log").content.decode()
    )
    entry = Entry.objects.get(action="ra.application.submit")
    assert entry.actor_name == f"Chen {partner.number}"


def test_what_is_missing_is_told_all_at_once_in_the_language_asked_for(counter):
    partner = system(counter.chen)
    number = entered(partner)

    english = partner.send(
        "POST", f"{HERE}/{number}/handing-in", headers={"Accept-Language": "en"}
    ).json()
    chinese = partner.send("POST", f"{HERE}/{number}/handing-in").json()

    assert english["status"] == 422
    assert {one["field"] for one in english["errors"]} >= set(PAPERS)
    assert english["detail"].isascii()
    assert not chinese["detail"].isascii()
    assert {one["cps"] for one in english["errors"]} >= {"3.2.3"}


def test_the_same_key_and_the_same_request_is_one_act(counter):
    """WP-5.3"""
    partner, once = system(counter.chen), said()

    first = partner.send("POST", HERE, once, key="order-2026-1")
    second = partner.send("POST", HERE, once, key="order-2026-1")
    other = partner.send("POST", HERE, said(2), key="order-2026-1")

    assert first.json() == second.json()
    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert second["Idempotent-Replay"] == "true"
    assert other.json()["rule"] == "partners.key_reused"
    assert Application.objects.count() == 1


def test_a_refused_request_may_come_again_with_its_key(counter):
    partner = system(counter.chen)
    refused_first = partner.send("POST", HERE, said(request="nonsense"), key="order-2026-2")

    again = partner.send("POST", HERE, said(), key="order-2026-2")

    assert (refused_first.status_code, again.status_code) == (422, 201)
    assert Application.objects.count() == 1


def test_answers_are_kept_sealed_and_for_a_day(counter):
    partner = system(counter.chen)
    number = entered(partner)
    row, now = PartnerAnswer.objects.get(), datetime.now(UTC)
    assert number.encode() not in bytes(row.body)

    services.sweep(at=now + timedelta(hours=23))
    kept = PartnerAnswer.objects.count()
    services.sweep(at=now + timedelta(hours=25))

    assert (kept, PartnerAnswer.objects.count(), PartnerNonce.objects.count()) == (1, 0, 0)


def test_an_office_sees_its_own(counter):
    """CPS-1.4.2"""
    partner, other = system(counter.chen), system(counter.zhao)
    number = entered(partner)

    assert [row["number"] for row in partner.send("GET", HERE).json()["rows"]] == [number]
    assert other.send("GET", HERE).json() == {"rows": [], "after": None}
    assert other.send("GET", f"{HERE}/{number}").status_code == 404


def test_the_list_goes_on_where_it_ended(counter, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 2)
    partner = system(counter.chen)
    numbers = [entered(partner, request="") for _ in range(3)]

    first = partner.send("GET", HERE).json()
    second = partner.send("GET", HERE, query=f"after={first['after']}").json()

    found = [row["number"] for row in first["rows"] + second["rows"]]
    assert (found, second["after"]) == (numbers[::-1], None)


@pytest.mark.parametrize("asked", [True, False, None])
def test_a_system_says_whether_the_applicant_wants_messages(counter, asked):
    """CPS-9.4: nothing is noted of what nobody was asked."""
    agreement = {"version": "2026-01", "how": "signed_on_paper"}
    more = {} if asked is None else {"by_message": asked}

    number = entered(system(counter.chen), agreement=agreement | more)

    stands = Consent.objects.filter(application__number=number, purpose="notices").exists()
    assert stands is bool(asked)


def test_an_office_hands_in_no_more_than_its_agreement_says(counter, evidence_dir):
    """CPS-1.4.2, CPS-2.3"""
    partner = system(counter.chen)
    number = complete(partner)
    Authority.objects.filter(office__code="RA01").update(profiles=["personal-rsa-sign"])

    answer = partner.send("POST", f"{HERE}/{number}/handing-in")

    assert answer.status_code in (409, 422)
    assert "branches.other_profile" in {one["rule"] for one in answer.json()["errors"]}


def test_a_draft_is_said_anew_unless_somebody_changed_it(counter):
    partner = system(counter.chen)
    number = entered(partner)
    version = partner.send("GET", f"{HERE}/{number}").json()["version"]
    anew = {"fields": FIELDS | {"phone": "13800002608"}, "years": 2, "version": version}

    first = partner.send("PUT", f"{HERE}/{number}", anew)
    late = partner.send("PUT", f"{HERE}/{number}", anew | {"years": 3})

    assert (first.status_code, late.status_code) == (200, 409)
    assert partner.send("GET", f"{HERE}/{number}").json()["years"] == 2


@pytest.mark.parametrize(
    ("body", "kind", "status", "rule"),
    [
        (b"%PDF-", "image/png", 422, "evidence.mislabelled"),
        (b"words", "image/png", 422, "evidence.type"),
        (b"words", "text/plain", 415, "partners.media_type"),
        (b"x" * (20 * 1024 * 1024 + 1), "image/png", 422, "partners.too_large"),
    ],
)
def test_evidence_passes_the_gate_of_the_counter(counter, body, kind, status, rule):
    partner = system(counter.chen)
    path = f"{HERE}/{entered(partner)}/evidence/id_front"

    answer = partner.send("PUT", path, body, kind=kind)

    assert (answer.status_code, answer.json()["rule"]) == (status, rule)


@pytest.mark.parametrize(
    "changes",
    [
        {"years": "1"},
        {"years": 9},
        {"fields": ["name"]},
        {"fields": {"name": 7}},
        {"profile": "root-ca"},
        {"agreement": {"version": "2020"}},
        {"request": "\0"},
    ],
)
def test_what_has_another_shape_is_refused_with_its_field(counter, changes):
    answer = system(counter.chen).send("POST", HERE, said(**changes))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(next(iter(changes)))
    assert not Application.objects.exists()


# --- certificates ----------------------------------------------------------------------------


def test_codes_a_certificate_and_its_revocation(live_counter):
    """CPS-4.3.1, CPS-4.9.3"""
    application_id = ra.issued(live_counter)
    row = Application.objects.get(pk=application_id)
    partner = system(live_counter.chen)
    place = f"/api/v1/certificates/{row.certificate_id}"

    codes = partner.send("POST", f"{HERE}/{row.number}/codes", key="codes-0001")
    again = partner.send("POST", f"{HERE}/{row.number}/codes", key="codes-0001")
    assert codes.status_code == 201, codes.content
    assert codes.json() == again.json()
    PartnerAnswer.objects.update(told_until=F("at"))
    late = partner.send("POST", f"{HERE}/{row.number}/codes", key="codes-0001")
    assert (late.status_code, late.json()["rule"]) == (409, "partners.told_once")
    services.sweep(at=datetime.now(UTC))
    assert not any(bytes(one.body) for one in PartnerAnswer.objects.all())
    told = codes.json()
    pick_up(told["reference"], told["authorisation_code"], at=datetime.now(UTC))
    certificate = partner.send("GET", place).json()
    asked = partner.send(
        "POST",
        f"{place}/revocation-requests",
        {
            "asker": "subscriber",
            "cause": "key_at_risk",
            "discovered_at": datetime.now(UTC).isoformat(),
            "checked_how": "on_site",
            "note": "介质遗失",
        },
    )

    assert certificate["state"] == "valid"
    assert certificate["pem"].startswith("-----BEGIN CERTIFICATE-----")
    assert asked.status_code == 201, asked.content
    request = RevocationRequest.objects.get(number=asked.json()["number"])
    assert (request.state, request.certificate_id) == ("requested", row.certificate_id)


# --- rights in the database ------------------------------------------------------------------


def test_the_staff_site_has_the_rights_it_needs_and_workers_sweep(
    live_counter, in_role, evidence_dir
):
    """WP-5.3"""
    now = datetime.now(UTC)
    row = issued(live_counter.chen, at=now)
    keeper = hire("keeper", Role.CA_ADMIN, office="")

    with in_role("staff"):
        partner = System(row.number, services.hand_out(row.number, actor=keeper, at=now))
        answer = partner.send("POST", f"{HERE}/{complete(partner)}/handing-in")
        services.revoke(row.number, actor=keeper, at=now)
    with in_role("worker"):
        services.sweep(at=now + timedelta(days=2))

    assert answer.status_code == 201, answer.content
    assert not PartnerNonce.objects.exists()
    assert not PartnerAnswer.objects.exists()


# --- the description -------------------------------------------------------------------------


def test_the_description_that_is_kept_is_the_one_the_code_has(client):
    """WP-5.3"""
    assert DESCRIPTION.read_bytes() == description.written()
    assert client.get("/api/v1/schema").content == DESCRIPTION.read_bytes()
