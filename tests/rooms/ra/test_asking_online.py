"""What holders ask of their certificates over the public site (CPS 3.3.1, 3.4, 4.6, 4.7, 4.9)."""

from datetime import timedelta

import pytest
from django.test import Client

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from ca import api as ca
from kmc import api as kmc
from people.api import Role, StaffEvent
from pki import certificates as x509
from pki import cms, pem
from ra.applications.models import Application
from ra.fees.rules import REFUNDED_CAUSES
from ra.handover import services as handover
from ra.holds import queries as hold_queries
from ra.holds import services as holds
from ra.holds.models import HoldRequest
from ra.online import alarms, queries, rules, sending, taking
from ra.online.models import Submission
from ra.revocations import queries as revocation_queries
from ra.revocations import services as revocations
from ra.revocations.models import RevocationRequest
from tests.rooms.ra.test_online import begun
from tests.rooms.ra.test_staff_mail import told, with_mail
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE
from tests.support.races import while_open
from tests.support.refusals import refused_by

DAY = timedelta(days=1)
SOON = AT + 300 * DAY  # the certificates of these tests last a year
LATER = AT + timedelta(hours=2)
HOME = "192.0.2.7"
OUTSIDE = frozenset({"code-pepper", "django-secret-key-public"})  # the public site's secrets
WORDS = "不再使用，请按预留电话联系"


@pytest.fixture
def held(live_counter):
    """The counter, and an application whose certificate its subscriber has."""
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    return live_counter, Application.objects.get(pk=ra.issued(live_counter))


def ask(row, purpose="revoke", **changes):
    asked = {"note": WORDS, "address": HOME, "at": LATER} | changes
    return sending.ask(row.number, purpose, **asked)


def signed(row, key=1, at=SOON):
    """A request for this key, signed by the certificate's own."""
    before = x509.parse(ca.certificate(row.certificate_id).der)
    made = cms.build(ra.request(key), ra.key(1), before, at=at)
    return pem.write("CMS", made).decode()


def send(text, occasion="expiring", **changes):
    how = {"agreed": ra.AGREEMENT, "address": HOME, "at": SOON} | changes
    return sending.send_signed(text, occasion=occasion, **how)


def take(number, actor, how, at=LATER):
    return taking.take(number, checked_how=how, actor=actor, at=at).number


# --- never silently over -----------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["revoke", "freeze", "refund"])
def test_what_was_asked_of_a_certificate_waits_until_somebody_decides(held, purpose):
    """CPS-4.9.5: the holder may believe it done."""
    counter, row = held
    number = ask(row, purpose, **({"cause": "key_at_risk"} if purpose == "revoke" else {}))

    taking.shred_old(at=LATER + 400 * DAY)

    assert [one.number for one in queries.waiting(counter.chen)] == [number]
    assert queries.opened(number, counter.chen).opened.message == WORDS


def test_others_of_the_same_line_keep_nobody_from_asking(held):
    """CPS-4.9.5: a whole employer sends from one address."""
    _, row = held
    for _ in range(rules.OPEN_AT_ONCE):
        begun()
    assert refused_by(begun) == "online.many_open"

    ask(row, "freeze")
    ask(row, cause="key_at_risk")

    assert refused_by(ask, row, "freeze") == "online.asked_already"


@pytest.mark.parametrize("purpose", ["freeze", "refund"])
def test_what_is_asked_from_two_networks_at_once_waits_once(held, purpose):
    """CPS-4.9.3: and may be asked again once somebody has turned it down."""
    counter, row = held

    outcome = while_open(
        lambda: ask(row, purpose), lambda: ask(row, purpose, address="198.51.100.9")
    )

    assert outcome == "online.asked_already"
    number = Submission.objects.get().number
    taking.refuse(number, "unidentified", actor=counter.chen, at=LATER)
    assert ask(row, purpose)


def test_a_request_nobody_looks_at_is_told_within_hours_and_each_day(held, in_role):
    """CPS-4.9.5: to the operators who see the office, and in the journal."""
    counter, row = held
    with_mail(counter.chen, counter.ren, counter.zhao)
    number = ask(row, cause="key_at_risk")
    late = LATER + rules.ALARM_AFTER

    with in_role("worker"):
        assert alarms.raise_due(at=late - timedelta(seconds=1)) == 0
        assert alarms.raise_due(at=late) == 1
        assert alarms.raise_due(at=late + timedelta(hours=23)) == 0
        assert alarms.raise_due(at=late + DAY) == 1
    assert told(StaffEvent.REQUEST_WAITS) == ["Chen", "Chen"]
    assert Entry.objects.filter(action="ra.request_waits").count() == 2

    taking.refuse(number, "unidentified", actor=counter.chen, at=late + DAY)
    assert alarms.raise_due(at=late + 9 * DAY) == 0


# --- signed by the old key -------------------------------------------------------------------


@pytest.mark.parametrize(
    "way", [(1, "expiring", "renewal"), (7, "other", "re_key")], ids=["renewal", "re-key"]
)
def test_the_old_keys_signature_is_enough(held, in_role, settings, way):
    """CPS-3.3.1, CPS-4.6, CPS-4.7: online; verified where it comes in, and again at the counter."""
    counter, old = held
    key, occasion, procedure = way
    settings.SECRETS_FOR_SITE = OUTSIDE
    with in_role("public"):
        told = send(signed(old, key), occasion)
    del settings.SECRETS_FOR_SITE

    number = taking.take(told.number, actor=counter.chen, at=SOON + 8 * DAY).number

    new = Application.objects.get(number=number)
    assert (new.procedure, new.occasion, new.channel) == (procedure, occasion, "online")
    assert (new.predecessor_id, new.maker_id) == (old.certificate_id, counter.chen.person_id)
    assert (new.agreement_how, new.agreement_at) == ("on_screen", SOON)
    assert handover.status_of(told.number, told.access_code, at=SOON).number == number


def test_what_another_key_signed_comes_to_nothing(held):
    """CPS-3.3.1: nothing is kept of it."""
    _counter, old = held
    broken = bytearray(pem.to_der(signed(old).encode(), "CMS", area="cms"))
    broken[-1] ^= 1

    for text in (pem.write("CMS", bytes(broken)).decode(), "hello"):
        assert refused_by(send, text).startswith(("cms.", "certificate."))
    assert refused_by(send, signed(old, at=SOON - 8 * DAY)) == "procedures.signed_when"
    assert refused_by(send, signed(old), agreed="") == "online.not_agreed"
    assert refused_by(send, signed(old, at=LATER), at=LATER) == "procedures.too_early"
    over = {"at": AT + 366 * DAY}
    assert refused_by(send, signed(old, **over), **over) == "online.not_now"
    assert not Submission.objects.exists()


# --- with number and access code -------------------------------------------------------------


def test_a_revocation_asked_online_waits_for_somebody_who_has_identified(held, in_role, settings):
    """CPS-3.4, CPS-4.9.3: online; an operator identifies, a reviewer decides."""
    counter, row = held
    settings.SECRETS_FOR_SITE = OUTSIDE
    since = LATER - timedelta(hours=7)
    with in_role("public"):
        number = ask(row, cause="key_at_risk", discovered_at=since)
        (seen,) = queries.asked_of(row.number)
    del settings.SECRETS_FOR_SITE
    assert (seen.purpose, seen.state) == ("revoke", "waiting")

    for how in ("", "not_needed"):
        assert refused_by(take, number, counter.chen, how) == "online.identified"
    made = take(number, counter.chen, "biometric", at=LATER + 5 * DAY)

    entered = RevocationRequest.objects.get(number=made)
    assert (entered.cause, entered.asker, entered.checked_how, entered.discovered_at) == (
        "key_at_risk",
        "subscriber",
        "biometric",
        since,
    )
    assert not entered.late, "it was asked in time, whenever it was taken in (CPS 4.9.4)"
    view = revocation_queries.request(made, counter.ren)
    assert (view.note, ca.certificate(row.certificate_id).state) == (WORDS, "valid")
    decided = {"grants": True, "seen": view.seen, "actor": counter.ren}
    revocations.decide(view.id, **decided, at=LATER + 5 * DAY)
    assert ca.certificate(row.certificate_id).state == "revoked"
    left = Submission.objects.get(number=number)
    assert (left.state, bytes(left.sealed)) == ("taken", b"")


def test_a_freeze_is_asked_online(held):
    """CPS-4.9.14"""
    counter, row = held

    made = take(ask(row, "freeze"), counter.chen, "database")

    entered = HoldRequest.objects.get(number=made)
    assert (entered.act, entered.cause, entered.asker) == ("freeze", "own_wish", "subscriber")


def frozen(counter, row, **changed):
    """Asked for at the counter and agreed to."""
    asked = {"asker": "subscriber", "cause": "own_wish", "checked_how": "on_site"} | changed
    number = holds.request_hold(
        row.certificate_id,
        act="freeze",
        document="FZ-1",
        note="介质送修，暂停使用",
        actor=counter.chen,
        at=AT + MINUTE,
        **asked,
    )
    decide_hold(number, counter)


def decide_hold(number, counter, at=LATER):
    view = hold_queries.request(number, counter.ren)
    holds.decide(view.id, grants=True, seen=view.seen, actor=counter.ren, at=at)


def test_the_end_of_a_freeze_is_asked_online_and_decided_by_two(held, in_role, settings):
    """CPS-4.9.14, CPS-4.9.15: an operator identifies, a reviewer decides."""
    counter, row = held
    frozen(counter, row)
    row.refresh_from_db()
    settings.SECRETS_FOR_SITE = OUTSIDE
    with in_role("public"):
        number = ask(row, "unfreeze")
    del settings.SECRETS_FOR_SITE

    assert refused_by(take, number, counter.chen, "") == "online.identified"
    made = take(number, counter.chen, "biometric")
    entered = HoldRequest.objects.get(number=made)
    assert (entered.act, entered.cause, entered.asker) == ("unfreeze", "own_wish", "subscriber")
    assert ca.certificate(row.certificate_id).state == "held"

    decide_hold(made, counter, at=LATER + MINUTE)

    assert ca.certificate(row.certificate_id).state == "valid"


def test_what_a_court_had_frozen_its_holder_does_not_have_unfrozen(held):
    """CPS-4.9.13, CPS-4.9.15"""
    counter, row = held
    frozen(counter, row, asker="court", cause="authority", checked_how="sealed_letter")
    number = ask(row, "unfreeze")

    rule = refused_by(take, number, counter.chen, "on_site")

    assert rule == "holds.lifted_by_another"
    assert Submission.objects.get(number=number).state == "waiting"
    assert ca.certificate(row.certificate_id).state == "held"


def test_what_is_not_frozen_is_not_unfrozen(held):
    """CPS-4.9.12"""
    _counter, row = held

    assert refused_by(ask, row, "unfreeze") == "online.not_now"


def test_a_refund_asked_online_ends_the_certificate_by_its_holders_wish(held):
    """CPS-9.1.5: whoever stops is paid back what is left; what is owed follows the revocation."""
    counter, row = held

    made = take(ask(row, "refund"), counter.chen, "on_site")

    entered = RevocationRequest.objects.get(number=made)
    assert (entered.cause, entered.asker) == ("own_wish", "subscriber")
    assert entered.cause in REFUNDED_CAUSES


def test_the_same_is_asked_once_and_only_of_what_there_is(held):
    """CPS-4.9.3"""
    counter, row = held
    number = ask(row)

    assert refused_by(ask, row) == "online.asked_already"
    assert refused_by(ask, row, "freeze", note="x") == "revocations.note"
    assert refused_by(ask, row, "gold") == "online.not_now"
    assert refused_by(ask, row, "freeze", cause="law_or_policy") == "revocations.cause"
    taking.refuse(number, "unidentified", actor=counter.chen, at=LATER)
    (seen,) = queries.asked_of(row.number)
    assert (seen.state, seen.reason) == ("refused", "unidentified")
    assert ask(row, at=LATER + MINUTE) != number
    Application.objects.filter(pk=row.pk).update(certificate_state="revoked")
    assert refused_by(ask, row, "refund") == "online.not_now"


def test_a_revocation_is_looked_at_first(held):
    """CPS-4.9.5"""
    counter, row = held
    refund = ask(row, "refund")

    revocation = ask(row, at=LATER + MINUTE)

    assert [one.number for one in queries.waiting(counter.chen)] == [revocation, refund]


def test_nobody_takes_in_without_asking_who_it_was(held):
    """CPS-3.4, CPS-1.4.2, CPS-5.2.1: nor elsewhere, nor a reviewer."""
    counter, row = held
    number = ask(row)

    assert refused_by(taking.take, number, actor=counter.chen, at=LATER) == "online.identified"
    for actor, rule in (
        (counter.zhao, "online.unknown"),
        (counter.ren, "applications.not_an_operator"),
    ):
        assert refused_by(take, number, actor, "on_site") == rule
    assert not RevocationRequest.objects.exists()


# --- pages -----------------------------------------------------------------------------------


def test_the_pages_lead_from_the_code_to_the_second_person(held, settings):
    """CPS-4.9.3: a code opens the form, the form tells who looks at it, the office says how."""
    counter, row = held
    code = handover.renew_access_code(row.pk, actor=counter.chen, at=AT)
    settings.ROOT_URLCONF = "anxin.urls_public"
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    phone = Client()
    assert phone.get("/ask/revoke/")["Location"] == "/status/"
    phone.post("/status/", {"number": row.number, "code": code})
    assert "/ask/revoke/" in phone.get("/status/current/").content.decode()

    empty = phone.post("/ask/revoke/", {"note": WORDS})
    words = {"note": WORDS, "cause": "own_wish", "discovered_at": "2026-11-20T09:00"}
    sent = phone.post("/ask/revoke/", words)
    told = phone.get(sent["Location"]).content.decode()
    renewal = phone.post(
        "/renew/", {"occasion": "expiring", "signed": "hello", "agreed": ra.AGREEMENT}
    )
    unknown = phone.get("/ask/gold/")

    assert (empty.status_code, renewal.status_code) == (422, 422)
    assert "待受理" in told
    assert unknown.status_code in {409, 422}
    number = Submission.objects.get().number
    settings.ROOT_URLCONF = "anxin.urls_staff"
    settings.SESSION_ENGINE = "people.sessions.store"
    desk = signed_in(counter.chen)
    shown = desk.get(f"/w/online/{number}/").content.decode()
    assert "身份还没有鉴别" in shown
    assert WORDS in shown
    assert desk.post(f"/w/online/{number}/take/", {"checked_how": "on_site"}).status_code == 302
    assert RevocationRequest.objects.count() == 1
    other = signed_in(hire("fang", Role.REVIEWER, office=counter.ren.office))
    assert other.post(f"/w/online/{number}/take/").status_code == 403


def test_what_can_be_asked_follows_the_certificate():
    """CPS-4.9.12"""
    assert rules.ASKABLE.get("revoked") is None
    assert rules.Purpose.FREEZE not in rules.ASKABLE["held"]
    assert rules.Purpose.UNFREEZE not in rules.ASKABLE["valid"]
