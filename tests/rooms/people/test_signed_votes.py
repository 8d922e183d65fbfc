"""Votes signed by their voter's key; keys enrolled by two, ended with their person (CPS-5.2.3)."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import ProgrammingError, connection

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import Role, approval, propose, vote
from people.approvals.models import Vote
from people.approvals.rules import OPEN_FOR
from people.models import OperatorKey, StaffMember
from people.operatorkeys import queries, services
from people.personnel import services as personnel
from people.personnel.rules import Cause
from pki import statements, votes
from tests.support.people import hire, signed_in
from tests.support.refusals import refused_by
from tests.support.voting import Pen, enrolled, hand_in, pen, proposed, sign_vote, with_pen

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ONE, OTHER, GAOS, TANGS = (pen(number) for number in range(1, 5))
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def shi():
    return hire("shi", Role.CA_ADMIN)


@pytest.fixture
def signing(tang, gao, shi):
    """Gao has a key, so he agrees to those of others."""
    enrolled(GAOS, gao, tang, shi, at=AT)


@pytest.fixture
def chen():
    return hire("chen", Role.OPERATOR)


@pytest.fixture
def ren(tang, gao):
    """A reviewer whose key is in use."""
    one = hire("ren", Role.REVIEWER)
    enrolled(ONE, one, tang, gao, at=AT)
    return one


def case(chen):
    payload = {"application_id": 17, "digest": "ab" * 32}
    subject = "ra.application:17"
    return propose("ra.approve_application_twice", payload, subject=subject, actor=chen, at=AT)


def cast(asked, actor, **changes):
    named = {"grants": True, "seen": asked.digest, "actor": actor, "at": AT} | changes
    return vote(asked.id, **named)


def state(key_id):
    return OperatorKey.objects.get(pk=key_id).state


# --- a vote ----------------------------------------------------------------------------------


def test_a_signed_vote_is_kept_with_its_bytes_and_its_key(chen, ren):
    """CPS-5.2.2, CPS-5.2.3"""
    asked = case(chen)

    sign_vote(ONE, asked.id, ren, at=AT)

    kept = Vote.objects.get(approval=asked.id)
    assert kept.key.fingerprint == queries.active(ren.person_id).fingerprint
    assert f'"payload":"{asked.digest}"' in kept.statement
    assert '"decision":"yes"' in kept.statement
    assert len(bytes(kept.signature)) == 64
    entry = Entry.objects.get(action="people.approval.vote", actor_id=ren.person_id)
    assert '"signed":true' in entry.details


def test_who_has_a_key_does_not_vote_without_it(chen, ren):
    """CPS-5.2.3"""
    asked = case(chen)

    assert refused_by(cast, asked, ren) == "approval.signature_missing"
    assert not Vote.objects.filter(approval=asked.id).exists()


@pytest.mark.parametrize("grants", [True, False])
def test_a_signature_counts_for_the_decision_it_was_made_for(chen, ren, grants):
    """CPS-5.2.3: a yes is no signature for a no."""
    asked = case(chen)
    signing = with_pen(ONE, asked, ren, at=AT, grants=not grants)

    assert refused_by(cast, asked, signing, grants=grants) == "approval.signature_wrong"


def test_a_signature_counts_for_one_approval_one_comment_one_key_one_person(chen, ren, tang, gao):
    """CPS-5.2.3"""
    asked = case(chen)
    payload = {"application_id": 18, "digest": "cd" * 32}
    another = propose(
        "ra.approve_application_twice", payload, subject="ra.application:18", actor=chen, at=AT
    )
    he = hire("he", Role.REVIEWER)
    enrolled(OTHER, he, tang, gao, at=AT)
    of_ren = with_pen(ONE, asked, ren, at=AT)

    wrong = "approval.signature_wrong"
    assert refused_by(cast, another, of_ren) == wrong
    assert refused_by(cast, asked, of_ren, comment="又及") == wrong
    assert refused_by(cast, asked, with_pen(OTHER, asked, ren, at=AT)) == wrong
    assert refused_by(cast, asked, replace(he, signature=of_ren.signature)) == wrong
    assert cast(asked, of_ren).votes[0].grants


@pytest.mark.parametrize(
    "text",
    ["x", "2026-11-20T09:00:00+00:00", "2026-11-20T09:00:00+00:00 zz", "2026-11-20T09:00:00 00"],
)
def test_what_is_no_signature_is_refused(chen, ren, text):
    assert refused_by(cast, case(chen), replace(ren, signature=text)) == "approval.signature_wrong"


@pytest.mark.parametrize(("minutes", "counts"), [(15, True), (16, False), (-16, False)])
def test_a_signature_is_of_the_moment(chen, ren, minutes, counts):
    asked = case(chen)
    signing = with_pen(ONE, asked, ren, at=AT - timedelta(minutes=minutes))

    if counts:
        assert cast(asked, signing).votes
    else:
        assert refused_by(cast, asked, signing) == "approval.signature_wrong"


def test_a_changed_payload_is_refused_however_well_it_is_signed(chen, ren):
    """CPS-5.2.4"""
    asked = case(chen)
    signing = with_pen(ONE, replace(asked, digest="ef" * 32), ren, at=AT)

    assert refused_by(cast, asked, signing, seen="ef" * 32) == "approval.seen_something_else"
    assert refused_by(cast, asked, signing) == "approval.signature_wrong"


def test_a_late_signature_does_not_open_what_has_lapsed(chen, ren):
    asked = case(chen)
    late = AT + OPEN_FOR
    signing = with_pen(ONE, asked, ren, at=late)

    assert refused_by(cast, asked, signing, at=late) == "approval.expired"


@pytest.mark.django_db(transaction=True)
def test_one_signature_sent_twice_at_once_is_one_vote(chen, ren):
    asked = case(chen)
    signing, both = with_pen(ONE, asked, ren, at=AT), Barrier(2)

    def send(_):
        try:
            both.wait(timeout=20)
            return cast(asked, signing).state
        except Refusal as refusal:
            return refusal.rule
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(send, range(2)))

    assert answers == ["approval.voted_already", "open"]
    assert Vote.objects.filter(approval=asked.id).count() == 1


# --- where the house asks for keys ------------------------------------------------------------


def test_where_votes_are_signed_nobody_votes_without_a_key(chen, settings):
    """CPS-5.2.3"""
    settings.REQUIRE_VOTE_KEYS = True
    he = hire("he", Role.REVIEWER)

    assert refused_by(cast, case(chen), he) == "approval.key_needed"


def test_the_first_key_is_enrolled_without_one_and_no_other(tang, gao, shi, settings):
    """CPS-5.2.3: only until somebody who enrols keys has one, whatever the house asks elsewhere."""
    settings.REQUIRE_VOTE_KEYS = False
    first = hand_in(ONE, gao, at=AT)
    cast(proposed(gao, first, tang, at=AT), shi)
    assert state(first) == "active"

    enrolled(TANGS, tang, hire("yan", Role.SECURITY_ADMIN), gao, at=AT)
    second = hand_in(OTHER, shi, at=AT)
    asked = proposed(shi, second, tang, at=AT)
    third = hire("xin", Role.CA_ADMIN)
    assert refused_by(cast, asked, third) == "approval.key_needed"
    sign_vote(ONE, asked.id, gao, at=AT)
    assert state(second) == "active"


def test_the_first_key_is_that_of_somebody_who_enrols_others(tang, gao, chen):
    """CPS-5.2.3: else nobody could sign for the next one."""
    key_id = hand_in(ONE, chen, at=AT)
    assert refused_by(proposed, chen, key_id, tang, at=AT) == "keys.needed"

    key_id = hand_in(OTHER, tang, at=AT)
    asked = proposed(tang, key_id, hire("yan", Role.SECURITY_ADMIN), at=AT)
    assert refused_by(cast, asked, gao) == "approval.key_needed"


# --- keys ------------------------------------------------------------------------------------


def test_a_key_is_put_to_use_by_two_others(tang, gao, chen, signing):
    """CPS-5.2.3, CPS-5.2.4"""
    key_id = hand_in(ONE, chen, at=AT)
    assert (state(key_id), queries.active(chen.person_id)) == ("proposed", None)

    asked = proposed(chen, key_id, tang, at=AT)
    assert asked.payload["fingerprint"] == OperatorKey.objects.get(pk=key_id).fingerprint
    sign_vote(GAOS, asked.id, gao, at=AT)

    assert queries.active(chen.person_id).id == key_id
    made, used = Entry.objects.filter(subject=f"people.operatorkey:{key_id}").order_by("pk")
    assert (made.action, made.actor_id) == ("people.key_made", chen.person_id)
    assert (used.action, used.actor_id) == ("people.operatorkey.activate", gao.person_id)


def test_once_somebody_who_may_ask_has_a_key_it_is_asked_for_with_a_signature(
    tang, gao, chen, signing
):
    """CPS-5.2.2, CPS-5.2.3: over this key of this person, with a key of their own."""
    key_id = hand_in(ONE, chen, at=AT)
    ask = partial(personnel.propose_key, chen.person_id, key_id, at=AT)
    assert refused_by(ask, actor=tang) == "keys.needed"
    enrolled(TANGS, tang, tang, gao, at=AT)
    assert refused_by(ask, actor=tang) == "keys.not_signed"
    fingerprint, now = statements.fingerprint(ONE.public), AT.isoformat()
    true = {"person": chen.person_id, "key": fingerprint, "maker": tang.person_id}
    for name, wrong in (("key", "00" * 32), ("person", gao.person_id), ("maker", gao.person_id)):
        fields = votes.proposal_fields(**true | {name: wrong}) | {"at": now}
        signed = TANGS.sign(statements.encoded(fields)).hex()
        assert refused_by(ask, actor=replace(tang, signature=f"{now} {signed}")) == (
            "keys.signed_wrong"
        )

    asked = proposed(chen, key_id, tang, at=AT)

    assert asked.payload["asked"]["by"] == queries.active(tang.person_id).warrant
    sign_vote(GAOS, asked.id, gao, at=AT)
    assert state(key_id) == "active"


def test_nobody_enrols_their_own_key(tang, gao):
    """CPS-5.2.4"""
    key_id = hand_in(ONE, tang, at=AT)
    own = refused_by(personnel.propose_key, tang.person_id, key_id, actor=tang, at=AT)
    assert own == "trust.own_file"

    key_id = hand_in(OTHER, gao, at=AT)
    asked = proposed(gao, key_id, tang, at=AT)
    assert refused_by(cast, asked, gao) == "trust.own_file"


def test_a_new_key_replaces_the_old_one(tang, gao, ren, chen):
    old = queries.active(ren.person_id).id
    new = enrolled(OTHER, ren, tang, gao, at=AT)

    assert (state(old), state(new)) == ("replaced", "active")
    asked = case(chen)
    assert refused_by(sign_vote, ONE, asked.id, ren, at=AT) == "approval.signature_wrong"
    assert sign_vote(OTHER, asked.id, ren, at=AT).votes


def test_a_key_nobody_agreed_to_is_given_up(tang, gao, chen, signing):
    key_id = hand_in(ONE, chen, at=AT)
    asked = proposed(chen, key_id, tang, at=AT)

    sign_vote(GAOS, asked.id, gao, at=AT, grants=False)

    assert (state(key_id), approval(asked.id).state) == ("revoked", "refused")
    again = refused_by(personnel.propose_key, chen.person_id, key_id, actor=tang, at=AT)
    assert again == "state.no_such_step"


def test_what_its_owner_gave_up_meanwhile_is_not_enrolled(tang, gao, chen, signing):
    key_id = hand_in(ONE, chen, at=AT)
    asked = proposed(chen, key_id, tang, at=AT)
    newer = hand_in(OTHER, chen, at=AT)

    assert refused_by(sign_vote, GAOS, asked.id, gao, at=AT) == "state.no_such_step"
    sign_vote(GAOS, asked.id, gao, at=AT, grants=False)
    assert (state(key_id), state(newer)) == ("revoked", "proposed")


@pytest.mark.parametrize("curve", [ec.SECP384R1()])
def test_only_p256_keys_with_their_private_half_are_taken(chen, curve):
    other = Pen(ec.derive_private_key(100_003, curve))
    make = services.make
    assert refused_by(make, other.public, b"x" * 64, actor=chen, at=AT) == "keys.unfit"
    assert refused_by(make, b"no key", b"x" * 64, actor=chen, at=AT) == "keys.unfit"
    borrowed = OTHER.proof(chen.person_id)
    assert refused_by(make, ONE.public, borrowed, actor=chen, at=AT) == "keys.proof"
    of_somebody_else = ONE.proof(chen.person_id + 1)
    assert refused_by(make, ONE.public, of_somebody_else, actor=chen, at=AT) == "keys.proof"
    proof = ONE.proof(chen.person_id)
    assert refused_by(make, ONE.public, proof, actor=SYSTEM, at=AT) == "keys.nobody"


def test_a_key_known_already_is_not_taken_again(chen, ren):
    proof = ONE.proof(chen.person_id)

    assert refused_by(services.make, ONE.public, proof, actor=chen, at=AT) == "keys.known"


def test_a_key_rests_with_its_person_and_comes_back_with_them(tang, gao, ren):
    """CPS-5.3.6"""
    key_id = queries.active(ren.person_id).id
    personnel.suspend(ren.person_id, Cause.SUSPECTED, actor=tang, at=AT)
    assert state(key_id) == "suspended"

    cast(personnel.propose_reinstatement(ren.person_id, actor=tang, at=AT), gao)

    assert state(key_id) == "active"


def test_a_key_comes_back_at_the_server_too(tang, gao, ren):
    """CPS-5.3.6: of the only administrator, whom two others bring back."""
    enrolled(OTHER, gao, tang, hire("gu", Role.CA_ADMIN), at=AT)
    key_id = queries.active(gao.person_id).id
    others = StaffMember.objects.filter(login__in=["gu", "founder"])
    for one in (*others.values_list("pk", flat=True), gao.person_id):
        personnel.suspend(one, Cause.SUSPECTED, actor=tang, at=AT)

    personnel.restore_keeper(gao.person_id, Role.CA_ADMIN, vouchers=[tang, ren], at=AT)

    assert state(key_id) == "active"


@pytest.mark.parametrize(
    "end",
    [
        lambda person, actor: personnel.leave(person, actor=actor, at=AT),
        lambda person, actor: personnel.move(person, "", actor=actor, at=AT),
        lambda person, actor: personnel.suspend(person, Cause.TOKEN_LOST, actor=actor, at=AT),
    ],
    ids=["leaver", "mover", "token lost"],
)
def test_the_key_of_who_goes_is_revoked_in_the_same_step(tang, ren, end):
    """WP-8.2, CPS-5.3.6"""
    key_id = queries.active(ren.person_id).id

    end(ren.person_id, tang)

    assert state(key_id) == "revoked"
    assert Entry.objects.filter(action="people.operatorkey.revoke").count() == 1


def test_a_keeper_revokes_a_key_and_what_was_asked_for_it(tang, gao, chen, signing):
    key_id = hand_in(ONE, chen, at=AT)
    asked = proposed(chen, key_id, tang, at=AT)

    assert refused_by(personnel.revoke_key, chen.person_id, key_id, actor=chen, at=AT) == (
        "trust.not_a_keeper"
    )
    personnel.revoke_key(chen.person_id, key_id, actor=gao, at=AT)

    assert (state(key_id), approval(asked.id).state) == ("revoked", "withdrawn")


def test_what_is_asked_for_a_newer_key_outlasts_the_older_one(tang, gao, ren):
    newer = hand_in(OTHER, ren, at=AT)
    asked = proposed(ren, newer, tang, at=AT)

    personnel.revoke_key(ren.person_id, queries.active(ren.person_id).id, actor=gao, at=AT)

    assert (state(newer), approval(asked.id).state) == ("proposed", "open")


def test_the_staff_site_enrols_keys_and_changes_none(tang, gao, chen, in_role):
    """CPS-5.2.3: not even a staff site in other hands gives somebody another key."""
    with in_role("staff"):
        key_id = enrolled(ONE, chen, tang, gao, at=AT)
        personnel.revoke_key(chen.person_id, key_id, actor=tang, at=AT)
        with pytest.raises(ProgrammingError):
            OperatorKey.objects.update(public_key=OTHER.public)

    assert state(key_id) == "revoked"


# --- pages -----------------------------------------------------------------------------------


def test_people_hand_in_their_keys_and_two_others_enrol_them_on_pages(tang, gao, chen, signing):
    """CPS-5.2.3"""
    own, asks, agrees = (signed_in(one) for one in (chen, tang, gao))
    form = {"public_key": ONE.public.hex(), "proof": ONE.proof(chen.person_id).hex()}
    assert own.post("/me/key/", form | {"proof": "zz"}).status_code == 422
    assert own.post("/me/key/", form)["Location"] == "/me/key/"
    (key,) = queries.keys_of(chen.person_id)
    assert key.fingerprint[:8] in own.get("/me/key/").content.decode()
    assert "提请启用" in asks.get("/people/of/S-chen/").content.decode()

    enrolled(TANGS, tang, tang, gao, at=AT)
    asks.post("/people/of/S-chen/key/", {"key": key.id})
    assert agrees.get("/people/of/S-chen/").context["view"].proposals == ()  # unsigned
    said = json.loads(asks.get("/people/of/S-chen/").context["view"].signs)
    assert said["fingerprint"] == statements.fingerprint(TANGS.public)
    signed = TANGS.sign(statements.encoded(said["fields"])).hex()
    filled = urlencode({"key": key.id, "signature": f"{said['fields']['at']} {signed}"})
    asks.post("/people/of/S-chen/key/", filled, content_type=FORM)
    told = asks.get("/people/of/S-chen/").content.decode()
    assert "已提请启用，等待 CA 系统管理员 审批" in told
    assert "您的岗位不能审批" not in told  # who has asked is not told that they may not agree
    assert 'action="/people/of/S-chen/key/"' not in told
    (proposal,) = agrees.get("/people/of/S-chen/").context["view"].proposals
    page = f"/approvals/{proposal.approval.id}/"
    assert key.fingerprint[:8] in agrees.get(page).content.decode()
    given = {"seen": proposal.approval.digest, "grants": "yes"}
    assert agrees.post(f"{page}decide/", given).status_code == 403
    now = datetime.now(UTC)
    signature = with_pen(GAOS, approval(proposal.approval.id), gao, at=now).signature
    plain = urlencode(given | {"signature": signature})  # as the page's script sends it
    agrees.post(f"{page}decide/", plain, content_type=FORM)
    assert state(key.id) == "active"

    agrees.post("/people/of/S-chen/key/end/", {"key": key.id})
    assert state(key.id) == "revoked"


def test_the_page_signs_what_the_server_names_and_the_server_counts_it(tang, gao):
    """CPS-5.2.3: the same bytes on both sides."""
    enrolled(ONE, gao, tang, hire("shi", Role.CA_ADMIN), at=AT)
    wen = hire("wen").person_id
    payload, now = {"person": wen, "role": "operator"}, datetime.now(UTC)
    subject = f"people.staffmember:{wen}"
    asked = propose("people.appoint", payload, subject=subject, actor=tang, at=now)
    browser = signed_in(gao)

    told = browser.get(f"/approvals/statement/?seen={asked.digest}").json()
    signing = with_pen(ONE, asked, gao, at=datetime.fromisoformat(told["fields"]["at"]))
    given = {"seen": asked.digest, "grants": "yes"}
    page = f"/approvals/{asked.id}/decide/"
    assert browser.post(page, given).status_code == 403
    plain = urlencode(given | {"signature": signing.signature})
    sent = browser.post(page, plain, content_type=FORM)
    assert sent.status_code == 302

    assert approval(asked.id).state == "used"
    assert told["fingerprint"] == queries.active(gao.person_id).fingerprint


def test_who_has_no_key_has_nothing_to_sign(tang, gao):
    asked = propose("people.appoint", {"n": 1}, subject="x:1", actor=tang, at=AT)

    told = signed_in(gao).get(f"/approvals/statement/?seen={asked.digest}").json()

    assert told == {"fingerprint": "", "fields": {}}


def test_others_make_no_keys():
    fang = signed_in(hire("fang", Role.SUPPORT))

    assert fang.get("/me/key/").status_code == 403
    assert fang.get("/approvals/statement/").status_code == 403
    for act in ("key", "key/end"):
        assert (
            signed_in(hire(f"o{len(act)}", Role.OPERATOR))
            .post(f"/people/of/S-fang/{act}/", {})
            .status_code
            == 403
        )
