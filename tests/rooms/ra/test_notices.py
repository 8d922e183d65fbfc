"""Applicants are told (CPS-4.3.2): written with the act, sent by workers, kept."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from psycopg.errors import InsufficientPrivilege

from anxin.kernel import outbox
from anxin.kernel.actors import SYSTEM
from anxin.kernel.deliveries import BACK_OFF, LEASE
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from kmc import api as kmc
from people.api import Role
from ra.applications.models import Application
from ra.handover.services import hand_over, note_status, sweep_status
from ra.notices import queries, services
from ra.notices.models import Contact, Notice
from ra.notices.rules import Event
from ra.review import decisions
from ra.review import services as review
from tests.support import post, ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, FIELDS, OTHER

LATER = AT + timedelta(hours=1)


@pytest.fixture
def mail(settings):
    """A mail server, and the settings that name it."""
    with post.mail_server() as server:
        settings.MAIL_HOST, settings.MAIL_PORT = "127.0.0.1", server.port
        settings.MAIL_TLS, settings.MAIL_FROM = False, "notices@ra.example.cn"
        yield server


@pytest.fixture
def gateway(settings):
    with post.gateway() as server:
        settings.SMS_URL = f"http://127.0.0.1:{server.port}/send"
        yield server


def only_notice():
    return Notice.objects.get()


def words(mail):
    """The text of the last message that arrived."""
    return mail.received[-1][1].get_content()


def test_who_applies_is_told_by_mail_in_both_languages(counter, mail):
    """CPS-4.3.2"""
    _, told = ra.submitted(counter)

    assert services.send_due(at=LATER) == 1

    to, message = mail.received[0]
    assert to == FIELDS["email"]
    assert told.number in message["Subject"]
    assert "您的数字证书申请已提交审核" in words(mail)
    assert "Your application" in words(mail)
    row = only_notice()
    assert (row.state, row.sent_at, row.tries) == ("sent", LATER, 1)
    assert Entry.objects.filter(action="ra.notice.send").count() == 1


def test_a_message_holds_no_personal_data_but_the_masked_name_and_no_code(counter, mail):
    _, told = ra.submitted(counter)
    services.send_due(at=LATER)

    said = words(mail) + mail.received[0][1]["Subject"]
    assert Application.objects.get().masked_name in said
    secret = [FIELDS[code] for code in ("name", "document_number", "phone")]
    assert [text for text in [*secret, told.access_code] if text in said] == []


def test_address_and_text_lie_sealed_and_the_journal_has_neither(counter):
    """WP-6.2/6.3"""
    application_id, told = ra.submitted(counter)

    row = only_notice()
    assert FIELDS["email"].encode() not in bytes(row.sealed)
    assert told.number.encode() not in bytes(row.sealed)
    assert row.masked_to == "z***@example.cn"
    opened = json.loads(kmc.unseal_notice(row.context(), bytes(row.sealed)))
    assert opened["to"] == FIELDS["email"]
    entry = Entry.objects.get(action="ra.notify")
    assert entry.subject == f"ra.application:{application_id}"
    assert "example.cn" not in entry.details


def test_a_sealed_message_does_not_open_in_anothers_place(counter):
    ra.submitted(counter)
    row = only_notice()

    with pytest.raises(Refusal) as refusal:
        kmc.unseal_notice(row.context() + "x", bytes(row.sealed))

    assert refusal.value.rule == "kmc.seal_broken"


def test_without_mail_address_a_text_message_goes_out(counter, gateway):
    """CPS-4.3.2: the hook for text messages."""
    _, told = ra.submitted(counter, 2, fields=OTHER)

    services.send_due(at=LATER)

    [(token, body)] = gateway.received
    assert (token, body["to"]) == (None, OTHER["phone"])
    assert told.number in body["text"]
    assert only_notice().state == "sent"


def test_the_gateways_token_comes_from_a_file(counter, gateway, settings, tmp_path):
    secret = tmp_path / "token"
    secret.write_text("open sesame\n")
    secret.chmod(0o600)
    settings.SMS_PASSFILE = str(secret)
    ra.submitted(counter, 2, fields=OTHER)

    services.send_due(at=LATER)

    assert gateway.received[0][0] == "Bearer open sesame"


def test_what_nothing_can_send_waits_for_people(counter):
    """CPS-4.3.2: face to face, marked by staff."""
    ra.submitted(counter)
    assert django_settings.MAIL_HOST == ""
    services.send_due(at=LATER)
    [view] = queries.for_people(counter.chen)
    assert view.state == "by_hand"

    services.tell(view.id, "on_site", actor=counter.chen, at=LATER)

    assert queries.for_people(counter.chen) == []
    row = only_notice()
    assert (row.state, row.channel, row.told_by) == ("sent", "on_site", counter.chen.person_id)
    assert Entry.objects.filter(action="ra.notice.tell").count() == 1


def test_a_server_that_is_busy_is_asked_again_later(counter, mail):
    ra.submitted(counter)
    mail.answers.append("451 try again")

    assert services.send_due(at=LATER) == 0
    row = only_notice()
    assert (row.state, row.error, row.due_at) == ("failed", "smtp 451", LATER + BACK_OFF[0])
    assert services.send_due(at=LATER + BACK_OFF[0] - timedelta(seconds=1)) == 0
    assert services.send_due(at=LATER + BACK_OFF[0]) == 1
    assert len(mail.received) == 1


def test_an_address_that_does_not_exist_is_not_tried_again(counter, mail):
    ra.submitted(counter)
    mail.answers.append("550 no such mailbox")

    services.send_due(at=LATER)

    row = only_notice()
    assert (row.state, row.error) == ("given_up", "smtp 550")
    assert [view.id for view in queries.for_people(counter.chen)] == [row.pk]


def test_after_the_last_try_it_is_given_up_and_sent_again_on_request(counter, gateway):
    ra.submitted(counter, 2, fields=OTHER)
    at = LATER
    for pause in (*BACK_OFF, timedelta()):
        gateway.answers.append(503)
        services.send_due(at=at)
        at += pause
    row = only_notice()
    assert (row.state, row.error, row.tries) == ("given_up", "http 503", len(BACK_OFF) + 1)

    services.resend(row.pk, actor=counter.chen, at=at)
    assert services.send_due(at=at) == 1
    assert only_notice().state == "sent"


def test_a_gateway_that_is_gone_or_says_no_for_good(counter, gateway, settings):
    ra.submitted(counter, 2, fields=OTHER)
    url, settings.SMS_URL = settings.SMS_URL, "http://127.0.0.1:9/"
    services.send_due(at=LATER)
    assert (only_notice().state, only_notice().error) == ("failed", "http URLError")

    settings.SMS_URL = url
    gateway.answers.append(400)
    services.send_due(at=LATER + BACK_OFF[0])
    assert (only_notice().state, only_notice().error) == ("given_up", "http 400")


def test_a_gateway_that_talks_nonsense_does_not_keep_the_others_waiting(counter, gateway):
    for number, fields in ((2, OTHER), (3, OTHER)):
        ra.submitted(counter, number, fields=fields)
    gateway.answers.append(b"who is there?\r\n\r\n")

    assert services.send_due(at=LATER) == 1

    states = Notice.objects.order_by("pk").values_list("state", "error")
    assert list(states) == [("failed", "http BadStatusLine"), ("sent", "")]


def test_a_message_that_does_not_open_does_not_keep_the_others_waiting(counter, mail):
    """WP-6.2: damaged in the database, or put there by somebody without the key."""
    for number, fields in ((1, FIELDS), (2, OTHER | {"email": "fang@example.cn"})):
        ra.submitted(counter, number, fields=fields)
    first = Notice.objects.order_by("pk")[:1]
    Notice.objects.filter(pk__in=first.values("pk")).update(sealed=b"no seal of ours")

    assert services.send_due(at=LATER) == 1

    states = Notice.objects.order_by("pk").values_list("state", "error")
    assert list(states) == [("given_up", "kmc.seal_broken"), ("sent", "")]


def test_an_address_adds_no_line_to_a_message(counter, mail):
    ra.submitted(counter)
    row = only_notice()
    message = {"to": "a@example.cn\nBcc: b@example.cn", "subject": "s", "text": "t"}
    row.sealed = kmc.seal_notice(row.context(), json.dumps(message).encode())
    row.save(update_fields=["sealed"])

    assert services.send_due(at=LATER) == 0

    assert (only_notice().state, only_notice().error) == ("given_up", "smtp ValueError")
    assert mail.received == []


def test_a_worker_that_dies_in_the_middle_leaves_it_to_the_next(counter, mail):
    ra.submitted(counter)
    outbox.take(Notice, at=LATER)  # and is killed before it sends

    assert services.send_due(at=LATER) == 0
    assert services.send_due(at=LATER + LEASE) == 1


def test_a_return_says_why_and_until_when(counter, mail):
    application_id, _ = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=LATER)
    decisions.return_for_correction(
        application_id, ["A06"], message="请补签申请表", actor=counter.ren, at=LATER
    )

    services.send_due(at=LATER)

    assert Notice.objects.filter(event="returned", state="sent").exists()
    assert "申请表没有签字" in words(mail)
    assert "2026-11-27" in words(mail)


def test_a_rejection_gives_the_coded_reasons(counter, mail):
    """CPS-4.2.2"""
    application_id, _ = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=LATER)
    decisions.reject(application_id, ["J03"], message="无权办理", actor=counter.ren, at=LATER)

    services.send_due(at=LATER)

    assert "申请人或经办人无权办理" in words(mail)


def test_an_issued_certificate_is_told_and_a_revoked_one_too(live_counter, mail):
    """CPS-4.3.2, CPS-4.9.3"""
    from tests.rooms.ra.test_revocations import ask, decide

    certificate = Application.objects.get(pk=ra.issued(live_counter)).certificate_id
    decide(ask(certificate, live_counter.chen), live_counter.ren)
    note_status([certificate], at=LATER)

    assert services.send_due(at=LATER + timedelta(hours=3)) == 3
    events = Notice.objects.order_by("pk").values_list("event", flat=True)
    assert list(events) == ["received", "issued", "revoked"]
    assert "证书已吊销" in words(mail)


def test_a_revocation_nobody_rang_for_is_noted_and_told_once(live_counter, in_role):
    """CPS-4.9.3: a worker died between revoking and telling, or the broker was away."""
    from tests.rooms.ra.test_revocations import ask, decide

    row = Application.objects.get(pk=ra.issued(live_counter))
    decide(ask(row.certificate_id, live_counter.chen), live_counter.ren)
    Application.objects.filter(pk=row.pk).update(certificate_state="valid")  # as workers leave it

    with in_role("worker"):
        assert [sweep_status(at=LATER) for _ in range(2)] == [1, 0]

    assert Application.objects.get().certificate_state == "revoked"
    assert Notice.objects.filter(event="revoked").count() == 1


def test_one_contact_that_does_not_open_keeps_no_status_back(live_counter, caplog):
    """CPS-4.9.3: whoever cannot be written to is sent a letter."""
    from tests.rooms.ra.test_revocations import ask, decide

    ids = [ra.issued(live_counter, number) for number in (1, 2)]
    for row in Application.objects.filter(pk__in=ids):
        decide(ask(row.certificate_id, live_counter.chen), live_counter.ren)
    Application.objects.update(certificate_state="valid")  # as workers leave it
    Notice.objects.filter(event="revoked").delete()
    Contact.objects.filter(application_id=ids[0]).update(sealed=bytes(60))

    assert sweep_status(at=LATER) == 2

    assert {row.certificate_state for row in Application.objects.all()} == {"revoked"}
    told = dict(Notice.objects.filter(event="revoked").values_list("application", "state"))
    assert told == {ids[0]: "by_hand", ids[1]: "due"}
    assert "does not open" in caplog.text


@pytest.mark.parametrize(("days", "told"), [(61, []), (60, [60]), (15, [15]), (1, [7])])
def test_the_end_of_a_certificate_is_announced(live_counter, mail, days, told):
    """CPS-4.6.1"""
    from ca import api as ca

    row = Application.objects.get(pk=ra.issued(live_counter))
    end = ca.certificate(row.certificate_id).not_after
    services.remind_expiring(at=end - timedelta(days=days))
    services.remind_expiring(at=end - timedelta(days=days) + timedelta(seconds=1))

    occasions = Notice.objects.filter(event="expiring").values_list("occasion", flat=True)
    said = [int(occasion.partition(":")[2]) for occasion in occasions]
    assert said == told


def test_one_event_is_told_once(counter):
    application_id, _ = ra.submitted(counter)
    row = Application.objects.get(pk=application_id)
    news = [services.News(row, "7")]

    assert services.notify(Event.FROZEN, news, actor=SYSTEM, at=LATER) == 1
    assert services.notify(Event.FROZEN, news, actor=SYSTEM, at=LATER) == 0


def test_workers_send_under_their_own_role_and_key(live_counter, mail, in_role, settings):
    """A worker holds the key of notices and no other."""
    ra.submitted(live_counter)
    settings.SECRETS_FOR_SITE = frozenset({"notice-key"})

    with in_role("worker"):
        assert services.send_due(at=LATER) == 1


def test_whoever_takes_a_site_over_tells_no_other_thing(live_counter, connection_as):
    """CPS-4.3.2: a message stays as it was written, and was told to whom it was told."""
    ra.submitted(live_counter)
    call_command("grant")

    for one in (connection_as("staff"), connection_as("worker")):
        for change in ("sealed = 'x'", "masked_to = 'x'", "application_id = 1", "event = 'x'"):
            with pytest.raises(InsufficientPrivilege):
                one.execute(f"UPDATE ra_notice SET {change}")


def test_the_counter_tells_and_sends_again_under_its_role(live_counter, in_role):
    ra.submitted(live_counter)
    services.send_due(at=LATER)

    with in_role("staff"):
        services.resend(only_notice().pk, actor=live_counter.chen, at=LATER)
    services.send_due(at=LATER)
    with in_role("staff"):
        services.tell(only_notice().pk, "letter", actor=live_counter.chen, at=LATER)

    assert (only_notice().state, only_notice().channel) == ("sent", "letter")


# --- pages -----------------------------------------------------------------------------------


def test_the_counter_sees_what_did_not_go_out_and_marks_it_told(counter):
    _, told = ra.submitted(counter)
    services.send_due(at=LATER)
    chen, row = signed_in(counter.chen), only_notice()

    listed = chen.get("/w/notices/").content.decode()
    page = chen.get(f"/w/notices/{row.pk}/").content.decode()
    of = chen.get(f"/w/notices/of/{told.number}/").content.decode()
    done = chen.post(f"/w/notices/{row.pk}/tell/", {"how": "letter"})

    assert f"/w/notices/{row.pk}/" in listed
    assert "您的数字证书申请已提交审核" in page
    assert FIELDS["email"] not in page
    assert f"/w/notices/{row.pk}/" in of
    assert (done.status_code, only_notice().state) == (302, "sent")
    assert "没有需要处理的通知" in chen.get("/w/notices/").content.decode()


def test_others_keep_out(counter):
    """CPS-1.4.2, CPS-5.2.1"""
    ra.submitted(counter)
    pk = only_notice().pk
    finance, zhao, ren = (
        signed_in(one) for one in (hire("yuan", Role.FINANCE), counter.zhao, counter.ren)
    )

    assert finance.get("/w/notices/").status_code == 403
    assert finance.get(f"/w/notices/{pk}/").status_code == 403
    assert zhao.get(f"/w/notices/{pk}/").status_code == 404
    assert zhao.post(f"/w/notices/{pk}/resend/").status_code == 404
    assert ren.post(f"/w/notices/{pk}/tell/", {"how": "letter"}).status_code == 403
    assert queries.for_people(counter.zhao) == []


def test_people_tell_by_ways_that_exist(counter):
    ra.submitted(counter)

    with pytest.raises(Refusal) as refusal:
        services.tell(only_notice().pk, "mail", actor=counter.chen, at=LATER)

    assert (refusal.value.rule, refusal.value.cps) == ("notices.how", "4.3.2")


def test_workers_write_what_they_find_out_under_their_role_and_key(live_counter, in_role, settings):
    """CPS-4.3.2: the certificate is there, and it ends soon; neither needs another key."""
    row = Application.objects.get(pk=ra.approved(live_counter))
    ra.ca.sign_all(at=AT)
    settings.SECRETS_FOR_SITE = frozenset({"notice-key"})

    with in_role("worker"):
        hand_over([row.certificate_id], at=AT)
        assert services.remind_expiring(at=AT + timedelta(days=360)) == 1

    assert Notice.objects.filter(event="issued").count() == 1
