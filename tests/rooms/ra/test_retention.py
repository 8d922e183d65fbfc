"""What proves an identity is kept for five years and destroyed by two people (CPS-3.2-ret)."""

from datetime import timedelta

import pytest

from audit.journal.models import Entry
from kmc import api as kmc
from kmc.envelopes.models import DataKey
from people.api import Role, approval, vote
from ra.applicants.kinds import PERSON, bearer
from ra.applicants.models import Subscriber
from ra.applicants.queries import known_by_another_name
from ra.applicants.services import find_or_enter
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.disclosures.models import DisclosureCase
from ra.evidence import files
from ra.evidence.models import Document, Page
from ra.evidence.services import ORPHAN_AFTER, sweep_orphans
from ra.fees.models import FeeOrder, FeeSchedule
from ra.intake import services as intake
from ra.notices.models import Contact, Notice
from ra.notices.queries import notice
from ra.retention import queries, rules, services
from ra.review import decisions
from ra.review import services as review
from ra.verifications.models import Verification
from tests.rooms.ra import test_disclosures as disclosures
from tests.rooms.ra import test_procedures as procedures
from tests.rooms.ra.test_public_role import denied
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE
from tests.support.races import while_open
from tests.support.refusals import refused

DAY = timedelta(days=1)
ENDED = AT + 365 * DAY  # the certificates of these tests last a year
KEPT = ENDED.replace(year=ENDED.year + 5)


@pytest.fixture
def tang(db):
    """A security administrator: who asks."""
    return hire("tang", Role.SECURITY_ADMIN, office="")


@pytest.fixture
def gao(db):
    """A system administrator: who agrees."""
    return hire("gao", Role.CA_ADMIN, office="")


@pytest.fixture
def old(live_counter):
    """An application whose certificate ended five years ago."""
    return Application.objects.get(pk=ra.issued(live_counter))


def numbers(actor, at=KEPT + DAY):
    return [line.number for line in queries.page(actor, at=at).lines]


def asked(tang, *rows, at=KEPT + DAY):
    wanted = [row.number for row in rows]
    return services.propose_destruction(wanted, actor=tang, at=at).id


def decide(approval_id, person, *, grants=True, at=KEPT + DAY):
    seen = approval(approval_id).digest
    vote(approval_id, grants=grants, seen=seen, actor=person, at=at)


def destroyed(tang, gao, *rows):
    decide(asked(tang, *rows), gao)


def reject(application_id, counter):
    review.claim(application_id, actor=counter.ren, at=AT + 2 * MINUTE)
    why = {"message": "无权办理", "actor": counter.ren, "at": AT + 3 * MINUTE}
    decisions.reject(application_id, ["J03"], **why)


def test_evidence_is_kept_until_five_years_after_the_certificate_has_ended(old, tang):
    """CPS-3.2-ret: a day before it is not on the list."""
    assert numbers(tang, KEPT - DAY) == []
    assert refused(asked, tang, old, at=KEPT - DAY).rule == "retention.not_due"

    assert numbers(tang) == [old.number]


def test_a_law_can_ask_for_more(old, tang, settings):
    """CPS-3.2-ret"""
    settings.RETENTION_YEARS = 10

    assert numbers(tang) == []
    assert numbers(tang, KEPT.replace(year=KEPT.year + 5) + DAY) == [old.number]


def test_nobody_asks_for_less(old, tang, settings):
    """CPS-3.2-ret: five years at least, whatever is set."""
    settings.RETENTION_YEARS = 1

    assert numbers(tang, KEPT - DAY) == []


def test_two_people_destroy_it_and_nothing_opens_any_more(old, live_counter, tang, gao):
    """CPS-3.2-ret, CPS-9.4: data keys, contact, notices, indexes; who and what stays on record."""
    applications.content(old)
    first = Notice.objects.filter(application=old).first()
    waiting = asked(tang, old)
    assert refused(decide, waiting, tang).rule.startswith("approval.")
    assert applications.content(old)

    decide(waiting, gao)

    row = Application.objects.get(pk=old.pk)
    assert refused(applications.content, row).rule == "kmc.data_key_destroyed"
    assert (row.masked_name, row.document_index, row.phone_index, row.watched) == (
        "",
        None,
        None,
        [],
    )
    assert (row.destroyed_at, row.destruction_id) == (KEPT + DAY, waiting)
    assert not Contact.objects.filter(application=old).exists()
    assert not any(one.sealed for one in Notice.objects.filter(application=old))
    assert notice(first.pk, live_counter.chen).text == ""
    keys = [row.data_key, Subscriber.objects.get().data_key]
    assert not DataKey.objects.filter(pk__in=keys, wrapped__isnull=False).exists()
    assert Entry.objects.filter(action="ra.evidence_destroyed").count() == 1
    assert numbers(tang) == []


def test_sealed_files_of_what_is_destroyed_are_swept(old, tang, gao, settings):
    """CPS-3.2-ret: noise already, and then gone."""
    rows = Document.objects.filter(application=old)
    names = [*rows.values_list("original", flat=True)]
    names += Page.objects.filter(document__in=rows).values_list("image", flat=True)
    later = KEPT + ORPHAN_AFTER  # years after the files were written
    sweep_orphans(at=later)
    assert all(list(files.read(name)) for name in names)

    destroyed(tang, gao, old)
    sweep_orphans(at=later)

    assert {refused(list, files.read(name)).rule for name in names} == {"evidence.file_missing"}


def test_a_no_destroys_nothing(old, tang, gao):
    """CPS-3.2-ret"""
    decide(asked(tang, old), gao, grants=False)

    assert applications.content(old)
    assert numbers(tang) == [old.number]


def test_a_rejected_application_is_kept_for_five_years_too(counter, tang, gao):
    """CPS-3.2-ret: CPS 3.2.2 and 3.2.3 speak of those as well."""
    application_id, told = ra.submitted(counter)
    reject(application_id, counter)
    end = AT.replace(year=AT.year + 5)

    assert numbers(tang, end) == []
    assert numbers(tang, end + DAY) == [told.number]


def test_what_a_later_certificate_rests_on_is_kept_as_long_as_that(live_counter, tang, gao):
    """CPS-3.2-ret, CPS-4.6: the papers of the first stand behind its renewal."""
    first = Application.objects.get(pk=ra.issued(live_counter))
    draft = procedures.begun(live_counter, first.certificate_id, "renewal", "expiring")
    procedures.completed(live_counter, draft)
    procedures.decided(live_counter, draft)

    assert numbers(tang) == []
    second, long_after = Application.objects.get(pk=draft.id), KEPT + 400 * DAY
    assert numbers(tang, long_after) == [second.number]


def test_money_that_is_still_to_go_back_keeps_the_file(old, tang):
    schedule = FeeSchedule.objects.create(
        state="published", valid_from=AT, proposed_by=1, proposed_at=AT, approval_id=1
    )
    how = {"application": old, "number": old.number, "schedule": schedule, "days": 365}
    FeeOrder.objects.create(state="refund_due", fen=5, refund=5, opened_at=AT, due_at=AT, **how)

    assert numbers(tang) == []


def test_a_subscriber_with_another_application_keeps_their_key(old, live_counter, tang, gao):
    """One of two goes, the person is still known."""
    ra.submitted(live_counter, 2)
    Application.objects.filter(predecessor_id__isnull=False).delete()

    destroyed(tang, gao, old)

    assert DataKey.objects.get(pk=Subscriber.objects.get().data_key).wrapped


DEVICE, ORGANIZATION = "device-sm2-sign", "organization-sm2-sign"


def came_back(counter, number, **how):
    """The subscriber of another application, years later."""
    again = ra.submitted(counter, number, **how)[0]
    return Application.objects.get(pk=again).subscriber


def opens(subscriber):
    return DataKey.objects.filter(pk=subscriber.data_key, wrapped__isnull=False).exists()


def test_who_answers_for_a_device_is_kept_as_long_as_its_certificate(old, live_counter, tang, gao):
    """CPS-3.2-ret, CPS-1.4.3: and goes with the last of them, when nothing else is kept."""
    device = Application.objects.get(
        pk=ra.issued(live_counter, 2, fields=ra.MACHINE, profile=DEVICE)
    )
    Application.objects.filter(pk=device.pk).update(issued_at=KEPT)
    owner = old.subscriber

    destroyed(tang, gao, old)
    assert opens(owner)

    Application.objects.filter(pk=device.pk).update(issued_at=AT)
    destroyed(tang, gao, device)
    assert not opens(owner)
    assert not opens(device.subscriber)


def test_who_only_ever_had_devices_goes_with_the_last(live_counter, tang, gao):
    """CPS-3.2-ret, CPS-1.4.3: a draft that was cancelled keeps nobody."""
    how = {"fields": ra.MACHINE, "profile": DEVICE}
    device = Application.objects.get(pk=ra.issued(live_counter, **how))
    draft = ra.draft(live_counter.chen, 2)
    intake.cancel(draft, reason="applicant_wish", actor=live_counter.chen, at=AT)

    destroyed(tang, gao, device)

    assert not any(opens(one) for one in Subscriber.objects.all())


def test_a_person_is_not_found_again_by_the_document(old, live_counter, tang, gao):
    """CPS-3.2-ret, CPS-9.4: neither is a device of theirs; who comes back is entered anew."""
    how = {"fields": ra.MACHINE, "profile": DEVICE}
    device = Application.objects.get(pk=ra.issued(live_counter, 2, **how))
    before = {bytes(one.document_index) for one in Subscriber.objects.all()}
    names = {bytes(one.name_index) for one in Subscriber.objects.all()}

    destroyed(tang, gao, device)
    destroyed(tang, gao, old)

    assert not before & {bytes(one.document_index) for one in Subscriber.objects.all()}
    assert not names & {bytes(one.name_index) for one in Subscriber.objects.all()}
    assert not any(one.proves for one in Verification.objects.all())
    assert not known_by_another_name(bearer(ra.FIELDS | {"name": "方沐辰"}))
    again = find_or_enter(PERSON, ra.FIELDS, actor=live_counter.chen, at=KEPT)
    assert again != old.subscriber_id
    assert opens(Subscriber.objects.get(pk=again))


def test_an_organisation_that_comes_back_has_its_name_and_is_sealed_anew(live_counter, tang, gao):
    """CPS-3.2-ret, CPS-3.1.4: its name at the CA stays its own."""
    how = {"fields": ra.COMPANY, "profile": ORGANIZATION}
    first = Application.objects.get(pk=ra.issued(live_counter, **how))

    destroyed(tang, gao, first)

    assert not opens(first.subscriber)
    again = came_back(live_counter, 2, **how)
    assert again.pk == first.subscriber_id
    assert opens(again)
    sealed = kmc.unseal(again.data_key, again.identity_context(), bytes(again.identity))
    assert ra.COMPANY["legal_name"] in sealed.decode()


def test_one_proposal_waits_at_a_time_and_says_what_it_is_about(old, tang):
    asked(tang, old)

    assert refused(asked, tang, old).rule == "approval.proposed_already"
    assert refused(services.propose_destruction, [], actor=tang, at=KEPT).rule == (
        "retention.none_chosen"
    )
    many = [str(n) for n in range(rules.MOST + 1)]
    refusal = refused(services.propose_destruction, many, actor=tang, at=KEPT)
    assert refusal.rule == "retention.too_many"


def test_the_list_is_worked_through_on_its_page(counter, tang, gao):
    _, told = ra.submitted(counter)
    reject(Application.objects.get().pk, counter)
    Application.objects.update(decided_at="2001-01-05T00:00Z")
    admin, page = signed_in(gao), "/w/retention/"
    keeper = signed_in(tang)
    assert told.number in keeper.get(page).content.decode()

    assert keeper.post(page, {"number": [told.number]}).status_code == 302

    waiting = queries.page(gao, at=KEPT).waiting.approval
    said = admin.get(f"/approvals/{waiting.id}/").content.decode()
    assert told.number in said
    assert f"/approvals/{waiting.id}/" in admin.get(page).content.decode()
    assert "等待审批" in keeper.get(page).content.decode()


def test_others_keep_out_of_destruction(counter, tang):
    """CPS-5.2.1"""
    chen = signed_in(counter.chen)

    assert chen.get("/w/retention/").status_code == 403
    assert chen.post("/w/retention/", {"number": "x"}).status_code == 403


def test_the_staff_sites_role_may_do_all_of_it(live_counter, tang, gao, in_role):
    how = {"fields": ra.COMPANY, "profile": ORGANIZATION}
    old = Application.objects.get(pk=ra.issued(live_counter, **how))
    waiting = asked(tang, old)
    with in_role("staff"):
        decide(waiting, gao)
        again = came_back(live_counter, 2, **how)

    assert Application.objects.get(pk=old.pk).destroyed_at
    assert (again.pk, opens(again)) == (old.subscriber_id, True)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ra_subscriber SET identity = 'another'",
        "UPDATE ra_subscriber SET document_index = sha256('another')",
        "UPDATE ra_subscriber SET data_key = gen_random_uuid()",
        """UPDATE ra_verification SET proves = '{"name": "another"}'""",
    ],
)
def test_the_staff_sites_role_rewrites_nothing_of_who_somebody_is(old, in_role, sql):
    """CPS-3.2.3"""
    with in_role("staff"):
        assert denied(sql)


def test_a_disclosure_asked_for_while_it_is_destroyed_is_refused(old, live_counter, tang, gao):
    """CPS-9.4, CPS-3.2-ret: there is nothing left to be shown."""
    waiting = asked(tang, old)

    outcome = while_open(
        lambda: decide(waiting, gao), lambda: disclosures.ask(old.number, live_counter.chen)
    )

    assert outcome == "kmc.data_key_destroyed"
    assert not DisclosureCase.objects.exists()


def test_what_a_disclosure_was_just_asked_for_of_is_not_destroyed(old, live_counter, tang, gao):
    """CPS-9.4, CPS-3.2-ret"""
    waiting = asked(tang, old)

    outcome = while_open(
        lambda: disclosures.ask(old.number, live_counter.chen), lambda: decide(waiting, gao)
    )

    assert outcome == "retention.not_due"
    assert applications.content(old)


def test_who_comes_back_while_they_are_forgotten_is_entered_anew(old, live_counter, tang, gao):
    """CPS-3.2-ret"""
    waiting = asked(tang, old)

    again = while_open(
        lambda: decide(waiting, gao),
        lambda: find_or_enter(PERSON, ra.FIELDS, actor=live_counter.chen, at=KEPT),
    )

    assert opens(Subscriber.objects.get(pk=again))
    assert not opens(old.subscriber)
