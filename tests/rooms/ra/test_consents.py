"""What subscribers agreed to, and take back (CPS-9.4)."""

from datetime import date

import pytest

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from kmc import api as kmc
from ra.applicants.kinds import PERSON
from ra.applications.models import Application
from ra.consents import queries, services
from ra.consents.models import Consent
from ra.disclosures import services as disclosures
from ra.intake import handing_in
from ra.intake import services as intake
from ra.intake.forms import AgreementForm
from ra.notices import services as notices
from ra.notices.models import Contact, Notice
from ra.online import taking
from ra.online.forms import ApplyForm, RenewForm
from tests.rooms.ra import test_online as online
from tests.support import ra
from tests.support.people import signed_in
from tests.support.ra import AT, MINUTE
from tests.support.refusals import refused

LATER = AT + 5 * MINUTE


def withdraw(application_id, actor, purpose="notices", how="written"):
    services.withdraw(application_id, purpose, how=how, actor=actor, at=LATER)


def lines(number, actor):
    return {line.purpose: line for line in queries.page(number, actor).lines}


def test_what_was_agreed_to_is_on_record_with_version_when_and_how(counter):
    """CPS-9.4: by the agreement to the privacy policy (CPS 9.4.1), and to be told by message."""
    _, told = ra.submitted(counter)

    found = lines(told.number, counter.ren)

    assert set(found) == {"privacy", "notices"}
    privacy = found["privacy"]
    assert (privacy.version, privacy.how, privacy.given_at) == ("2026-01", "signed_on_paper", AT)
    assert (privacy.noted_by, privacy.ended_at) == ("Chen", None)


def test_who_wants_no_messages_is_told_by_people(counter):
    """CPS-9.4, CPS-4.3.2"""
    draft = ra.draft(counter.chen)
    how = {"how": "signed_on_paper", "by_message": False}
    intake.accept_agreement(draft, "2026-01", **how, actor=counter.chen, at=AT)

    handing_in.submit(draft, actor=counter.chen, at=AT + MINUTE)

    assert not Contact.objects.exists()
    assert [(one.state, one.channel) for one in Notice.objects.all()] == [("by_hand", "letter")]
    ended = Consent.objects.filter(ended_how="replaced")
    assert {one.purpose for one in ended} == {"privacy", "notices"}


@pytest.mark.parametrize("asked", [True, False])
def test_online_the_subscriber_says_so_on_their_own_screen(counter, asked):
    """CPS-9.4: nobody else noted it."""
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    told = online.sent(by_message=asked)

    taken = taking.take(told.number, actor=counter.chen, at=LATER)

    found = lines(taken.number, counter.ren)
    assert set(found) == ({"privacy", "notices"} if asked else {"privacy"})
    assert {line.noted_by for line in found.values()} == {""}
    assert {line.given_at for line in found.values()} == {AT}


def test_the_boxes_for_messages_are_empty_until_somebody_asks(counter):
    """CPS-9.4: at the counter, online, and for a renewal."""
    forms = (
        AgreementForm(in_force=""),
        ApplyForm(kind=PERSON, offices=[], agreement=""),
        RenewForm(agreement=""),
    )

    assert not any(form["by_message"].value() for form in forms)
    draft = intake.open_draft("personal-sm2-sign", actor=counter.chen, at=AT)
    intake.accept_agreement(draft.id, "2026-01", how="signed_on_paper", actor=counter.chen, at=AT)
    assert set(lines(draft.number, counter.ren)) == {"privacy"}


def test_withdrawn_messages_stop_at_once_and_stay_stopped(counter):
    """CPS-9.4: what waited is told by people, addresses are gone, later events write to nobody."""
    application_id, told = ra.submitted(counter)
    assert Notice.objects.get().state == "due"

    withdraw(application_id, counter.chen)

    notice = Notice.objects.get()
    assert notice.state == "by_hand"
    assert not Contact.objects.exists()
    refusal = refused(notices.resend, notice.pk, actor=counter.chen, at=LATER)
    assert refusal.rule == "notices.no_address"
    intake.cancel(application_id, reason="applicant", actor=counter.chen, at=LATER)
    news = notices.News(Application.objects.get(), "1")
    notices.notify("rejected", [news], actor=counter.chen, at=LATER)
    assert Notice.objects.get(event="rejected").channel == "letter"
    line = lines(told.number, counter.chen)["notices"]
    assert (line.ended_how, line.ended_at, line.ended_by) == ("written", LATER, "Chen")
    assert Entry.objects.filter(action="ra.withdraw_consent").count() == 1


def test_one_withdrawal_counts_for_all_applications_of_a_subscriber(counter):
    """CPS-9.4: and for nobody else's."""
    first, _ = ra.submitted(counter)
    second, _ = ra.submitted(counter, 2)
    other, _ = ra.submitted(counter, 3, fields=ra.OTHER)

    withdraw(second, counter.chen)

    standing = {pk: queries.stands(pk, "notices") for pk in (first, second, other)}
    assert standing == {first: False, second: False, other: True}
    assert [one.application_id for one in Contact.objects.all()] == [other]


def test_who_comes_again_is_asked_again(counter):
    first, _ = ra.submitted(counter)
    withdraw(first, counter.chen)

    again, _ = ra.submitted(counter, 2)

    assert [one.application_id for one in Contact.objects.all()] == [again]


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"purpose": "privacy"}, "consents.needed"),
        ({"purpose": "parties"}, "consents.purpose"),
        ({"how": "replaced"}, "consents.how"),
    ],
)
def test_what_cannot_be_taken_back_is_refused(counter, how, rule):
    """CPS-9.4: CPS 9.4.1, the service rests on the privacy policy."""
    application_id, _ = ra.submitted(counter)

    assert refused(withdraw, application_id, counter.chen, **how).rule == rule
    assert queries.stands(application_id, "notices")


def test_only_operators_of_the_office_note_a_withdrawal_and_once(counter):
    """CPS-1.4.2, CPS-5.2.1"""
    application_id, told = ra.submitted(counter)

    assert refused(withdraw, application_id, counter.ren).rule == "applications.not_an_operator"
    assert refused(withdraw, application_id, counter.zhao).rule == "applications.unknown"
    assert refused(queries.page, told.number, counter.zhao).rule == "applications.unknown"
    withdraw(application_id, counter.chen)
    assert refused(withdraw, application_id, counter.chen).rule == "consents.none"


def test_the_owner_can_be_shown_what_is_kept(counter):
    """CPS-9.4: CPS 9.4.6, by the same road as every other extract: two people, item by item."""
    _, told = ra.submitted(counter)
    ground = {
        "authority": "林知夏",
        "number": "2026-QZ-1",
        "recipient": "林知夏",
        "purpose": "本人查阅",
    }

    number = disclosures.ask(
        told.number,
        basis="own",
        ground=ground,
        dated=date(2026, 11, 20),
        fields=["name"],
        slots=[],
        actor=counter.chen,
        at=LATER,
    )

    assert number.startswith("DC")


def test_consents_are_seen_and_withdrawn_on_their_page(counter):
    _, told = ra.submitted(counter)
    page = f"/w/consents/{told.number}/"
    chen, ren, zhao = (signed_in(one) for one in (counter.chen, counter.ren, counter.zhao))
    assert "用短信和电子邮件告知办理情况" in chen.get(page).content.decode()
    assert "记录撤回" not in ren.get(page).content.decode()
    assert zhao.get(page).status_code == 404
    gone = {"purpose": "notices", "how": "on_site"}
    assert ren.post(f"{page}withdraw/", gone).status_code == 403

    assert chen.post(f"{page}withdraw/", gone).status_code == 302

    assert "本人到场撤回" in chen.get(page).content.decode()
    subscriber = Application.objects.get().subscriber_id
    assert "本人到场撤回" in chen.get(f"/w/subscribers/{subscriber}/").content.decode()


def test_a_consent_stays_as_it_was_given(live_counter, in_role):
    """CPS-9.4: the staff site's role ends consents and rewrites none."""
    from tests.rooms.ra.test_public_role import denied

    ra.submitted(live_counter)
    with in_role("staff"):
        assert denied("UPDATE ra_consent SET purpose = 'privacy'")
        assert denied("DELETE FROM ra_consent")
    with in_role("public"):
        assert denied("SELECT purpose FROM ra_consent")
