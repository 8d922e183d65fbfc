"""Reviewers are told by mail of what waits at their office, and of no other's (CPS-1.4.2)."""

from datetime import timedelta

from anxin.kernel.actors import SYSTEM
from people.api import StaffEvent, keep_mail_address
from people.approvals import telling
from people.models import StaffNotice
from people.notices import services as notices
from ra.applications.models import Application
from ra.handover import replacement
from ra.handover.services import issue_download_codes
from ra.review import alarms
from ra.revocations import services as revocations
from tests.support import ra
from tests.support.ra import AT, OTHER


def with_mail(*people):
    for one in people:
        address = f"{one.name.lower()}@ra.example.cn"
        keep_mail_address(one.person_id, address, actor=SYSTEM, at=AT)


def told(event):
    rows = StaffNotice.objects.filter(event=event).order_by("person__name")
    return list(rows.values_list("person__name", flat=True))


def test_a_worker_tells_the_reviewers_who_see_what_waits(live_counter, in_role):
    """CPS-5.2.2: under the worker's own rights, in every room that has a page of its own."""
    here, other = live_counter.ren, live_counter.zhou
    with_mail(here, other, live_counter.chen)
    application = Application.objects.get(pk=ra.issued(live_counter))
    issue_download_codes(application.pk, actor=live_counter.chen, at=AT + timedelta(hours=1))
    at = AT + timedelta(hours=2)
    revocations.request_revocation(
        application.certificate_id,
        cause="key_at_risk",
        asker="subscriber",
        checked_how="on_site",
        discovered_at=AT,
        note="介质遗失",
        actor=live_counter.chen,
        at=at,
    )
    replacement.ask_replacement(
        application.pk, cause="lost", checked_how="on_site", actor=live_counter.chen, at=at
    )

    with in_role("worker"):
        count = telling.tell_checkers(at=at)
        notices.send_due(at=at)

    assert count == 2
    assert told(StaffEvent.APPROVAL_WAITS) == ["Ren", "Ren"]


def test_the_two_working_days_are_told_to_the_office_once_an_hour(counter):
    """CPS-4.2.3"""
    with_mail(counter.ren, counter.zhou, counter.chen)
    ra.submitted(counter)
    ra.submitted(counter, 2, fields=OTHER)
    Application.objects.update(deadline_at=AT)

    assert alarms.raise_due(at=AT + timedelta(hours=1)) == 2

    assert told(StaffEvent.DEADLINE_NEAR) == ["Ren"]
