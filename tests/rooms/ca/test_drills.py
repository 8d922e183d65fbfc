"""The custodians' register: who shows that their share file opens, and who is told if not."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from ca.api import overview
from ca.custody import drills, pages, queries
from ca.custody.models import CustodySet, Drill, Seat
from ca.custody.register import DRILL_EVERY, RESPLIT_WITHIN
from ca.keys.models import CustodyReport
from people.api import Role, appoint, dismiss, keep_mail_address
from people.models import StaffNotice
from pki import custodians, shares
from pki.shares import Share, ShareFile
from tests.support.people import HIRED, hire, signed_in
from tests.support.refusals import refused_by

pytestmark = pytest.mark.django_db
AT = datetime.now(UTC).replace(microsecond=0)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SET, SIGNER = "ab" * 16, "cd" * 32


class Custodian:
    """Somebody with a share file, at the desk of their browser."""

    def __init__(self, kept: CustodySet, number: int, login: str) -> None:
        self.actor = hire(login, Role.CUSTODIAN)
        keep_mail_address(self.person_id, f"{login}@ca.example.cn", actor=SYSTEM, at=AT)
        share = Share(number, bytes([number]) * shares.SECRET)
        key = shares.new_key()
        self.file = ShareFile(SET, SIGNER, str(self.person_id), login, share, key)
        self.seat = Seat.objects.create(
            set=kept,
            state="held",
            number=number,
            person_id=self.person_id,
            name=login,
            key=shares.public_of(key),
            check_value=shares.check_value(share.value, SET, number),
        )

    @property
    def person_id(self) -> int:
        return self.actor.person_id

    def begin(self, *, at=AT) -> Drill:
        return Drill.objects.get(pk=drills.begin(self.seat.pk, actor=self.actor, at=at))

    def proof(self, drill: Drill, file: ShareFile | None = None) -> str:
        return custodians.prove(file or self.file, drill.challenge).hex()


@pytest.fixture(autouse=True)
def no_broker(settings):
    settings.CELERY_BROKER_URL = ""


@pytest.fixture
def three():
    """Shares that came into force a month ago."""
    begun = AT - 30 * DAY
    kept = CustodySet.objects.create(
        state="in_force", code=SET, signer=SIGNER, drafted_at=begun, in_force_at=begun
    )
    logins = ("luchen", "baizhou", "xuning")
    return [Custodian(kept, number, login) for number, login in enumerate(logins, 1)]


@pytest.fixture
def host():
    actor = hire("tangshu", Role.SECURITY_ADMIN)
    keep_mail_address(actor.person_id, "tangshu@ca.example.cn", actor=SYSTEM, at=AT)
    return actor


def told(event: str) -> list[str]:
    rows = StaffNotice.objects.filter(event=event).order_by("pk")
    return list(rows.values_list("person__login", flat=True))


def due(one: Custodian) -> datetime:
    return next(kept.due_at for kept in queries.register(at=AT) if kept.seat_id == one.seat.pk)


def alarms(at: datetime) -> set[str]:
    return {one.code for one in overview(at).alarms}


def test_who_opens_the_file_in_a_drill_has_half_a_year_again(three):
    """CPS-6.4: and the share goes nowhere; what is kept is a signature."""
    one = three[0]
    assert due(one) == AT - 30 * DAY + DRILL_EVERY
    drill = one.begin()

    drills.prove(drill.pk, one.proof(drill), actor=one.actor, at=AT)

    drill.refresh_from_db()
    assert drill.state == "proved"
    assert due(one) == AT + DRILL_EVERY
    assert Entry.objects.get(action="ca.drill.prove").actor_id == one.person_id


def test_only_the_custodian_with_the_right_file_proves_and_once(three):
    """CPS-6.4, CPS-6.2.2"""
    one, two, _ = three
    drill = one.begin()

    def prove(signature, actor=one.actor, at=AT):
        return refused_by(lambda: drills.prove(drill.pk, signature, actor=actor, at=at))

    right = one.proof(drill)
    assert prove(one.proof(drill, two.file)) == "custody.proof"
    another = ShareFile(SET, SIGNER, "1", "luchen", Share(1, bytes(16)), one.file.key)
    assert prove(one.proof(drill, another)) == "custody.proof"  # the key, and another share
    assert prove(right, actor=two.actor) == "custody.not_your_seat"
    assert prove(right, at=AT + 10 * MINUTE) == "custody.no_drill"
    drills.prove(drill.pk, right, actor=one.actor, at=AT)
    assert prove(right) == "custody.no_drill"
    assert one.begin().challenge != drill.challenge


def test_a_drill_that_is_open_is_gone_on_with_and_one_that_is_over_is_not(three):
    one = three[0]
    first = one.begin()
    assert one.begin(at=AT + MINUTE).pk == first.pk

    assert one.begin(at=AT + 10 * MINUTE).pk != first.pk

    first.refresh_from_db()
    assert first.state == "lapsed"


def test_nobody_drills_a_share_that_was_replaced(three):
    CustodySet.objects.update(state="replaced")
    one = three[0]

    assert refused_by(one.begin) == "custody.no_seat"


def test_a_drill_that_is_due_is_mailed_once_and_an_overdue_one_is_an_alarm(three, host):
    """CPS-6.4"""
    soon, over = AT - 60 * DAY + DRILL_EVERY, AT - 30 * DAY + DRILL_EVERY
    for at in (soon, soon + DAY):
        drills.watch(at=at)
    assert told("drill_due") == ["luchen", "baizhou", "xuning"]
    assert told("custody_weak") == []
    assert "drills_overdue" not in alarms(over - MINUTE)

    for at in (over, over + DAY):
        drills.watch(at=at)

    assert len(told("drill_due")) == 6
    assert told("custody_weak") == ["tangshu"] * 3  # one for each share
    assert "drills_overdue" in alarms(over)


def test_a_custodian_who_left_is_an_alarm_until_another_has_the_seat(three, host):
    """CPS-6.4, CPS-6.2.2: and so is it when fewer than two can come."""
    one, two, _ = three
    dismiss(one.person_id, Role.CUSTODIAN, actor=SYSTEM, at=AT)
    for at in (AT, AT + DAY):
        drills.watch(at=at)
    assert told("custody_weak") == ["tangshu"]
    assert "custodian_away" in alarms(AT)
    seat = pages.custody(host, at=AT).in_force.seats[0]
    assert seat.replace_by == AT + RESPLIT_WITHIN

    drills.watch(at=AT + RESPLIT_WITHIN)
    assert len(told("custody_weak")) == 2  # it was not replaced in time
    dismiss(two.person_id, Role.CUSTODIAN, actor=SYSTEM, at=AT)
    drills.watch(at=AT + RESPLIT_WITHIN)
    assert len(told("custody_weak")) == 4  # another one, and too few

    for person in (one, two):
        appoint(person.person_id, Role.CUSTODIAN, actor=SYSTEM, at=HIRED)
    drills.watch(at=AT)
    assert "custodian_away" not in alarms(AT)


def test_a_custodian_finds_the_drill_on_the_page_and_pastes_what_the_command_says(three):
    """CPS-6.4"""
    one, two, _ = three
    browser = signed_in(one.actor)
    assert f"/ca/custody/seats/{one.seat.pk}/drill/" in browser.get("/ca/custody/").text
    assert browser.post(f"/ca/custody/seats/{two.seat.pk}/drill/").status_code == 403

    address = browser.post(f"/ca/custody/seats/{one.seat.pk}/drill/").headers["Location"]
    drill = Drill.objects.get()
    page = browser.get(address).text
    assert 'data-custody="prove"' in page
    assert drill.challenge in page
    printed = json.dumps({"proof": one.proof(drill)})
    assert browser.post(f"{address}proof/", {"answer": printed}).status_code == 302

    drill.refresh_from_db()
    assert drill.state == "proved"
    assert 'data-custody="prove"' not in browser.get(address).text
    assert signed_in(two.actor).get(address).status_code == 403


def test_a_signer_that_was_restored_to_replaced_shares_is_said_so(three, host):
    """CPS-6.2.8: whose files open it, and what is to be done."""
    old = CustodySet.objects.create(
        state="replaced", code="ef" * 16, drafted_at=AT, in_force_at=AT - 90 * DAY
    )
    Seat.objects.create(set=old, state="held", number=1, person_id=9, name="方亭")
    assert pages.custody(host, at=AT).older is None

    CustodyReport.objects.create(at=AT, report={"state": "sealed", "set": "ef" * 16})

    assert pages.custody(host, at=AT).older.names == ("方亭",)
    assert "custody.json" in signed_in(host).get("/ca/custody/").text


@pytest.mark.django_db(transaction=True)
def test_staff_prove_and_workers_watch_with_the_rights_they_have(three, host, in_role):
    one = three[0]
    with in_role("staff"):
        drill = one.begin()
        drills.prove(drill.pk, one.proof(drill), actor=one.actor, at=AT)
        pages.custody(host, at=AT)
        one.begin()
    with in_role("worker"):
        drills.watch(at=AT + DRILL_EVERY)

    assert sorted(Drill.objects.values_list("state", flat=True)) == ["lapsed", "proved"]
