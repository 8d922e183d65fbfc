"""Self-tests: asked for by people or by the timetable, made by a worker (CPS 6.2.11).

A web process asks by a row. A worker asks the signer, outside any transaction, and notes what it
said. A worker that dies in between leaves a row that the next one finds.
"""

import logging
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from anxin.kernel.locks import Work, held
from anxin.kernel.rows import guarded
from audit.log import advance_many, record, subject_of
from ca.devices import queries, rules
from ca.devices.models import SelfTest
from ca.devices.rules import State
from ca.keys import services as keys
from people.api import Role, StaffEvent, holders, tell_staff
from pki.errors import PkiError
from pki.signer.protocol import HOME, Header

log = logging.getLogger(__name__)

ALARMED = (Role.CA_OPERATOR, Role.CA_ADMIN, Role.SECURITY_ADMIN)


@transaction.atomic
def ask(*, actor: Actor, at: datetime) -> int:
    """Have every signer's device tested now; the id of the home signer's test.

    Refuses (CONFLICT) `device.asked_already`.
    """
    row = _ask(HOME, actor, at=at)
    enqueue("ca.test_devices")
    return row.pk


def test_devices(*, at: datetime) -> int:
    """What was asked for and what is due; how many tests were made. One worker at a time."""
    with held(Work.TEST_DEVICES, [0]) as mine:
        if not mine:
            return 0
        _ask_others(at=at)
        for place in keys.places():
            if rules.is_due(queries.last_asked(place), at=at):
                with transaction.atomic():
                    _ask(place, SYSTEM, at=at)
        rows = list(SelfTest.objects.filter(state=State.ASKED).order_by("pk"))
        for row in rows:
            _make(row, at=at)
        _tell_untested(at=at)
        return len(rows)


def _ask_others(*, at: datetime) -> None:
    """People ask for all signers; how many there are, only workers know."""
    home = SelfTest.objects.filter(place=HOME, state=State.ASKED, asked_by__isnull=False)
    for first in home:
        waiting = SelfTest.objects.filter(state=State.ASKED).values_list("place", flat=True)
        for place in set(keys.places()) - set(waiting):
            with transaction.atomic():
                row = _new(place, first.asked_by, at=at)
                record("ca.ask_self_test", subject_of(row), actor=SYSTEM, at=at, place=place)


def _ask(place: int, actor: Actor, *, at: datetime) -> SelfTest:
    row = _new(place, actor.person_id, at=at)
    record("ca.ask_self_test", subject_of(row), actor=actor, at=at, place=place)
    return row


def _new(place: int, asked_by: int | None, *, at: datetime) -> SelfTest:
    row = SelfTest(state=State.ASKED, place=place, asked_by=asked_by, asked_at=at)
    twice = Refusal(Kind.CONFLICT, "device.asked_already", "one waits", cps="6.2.11")
    with guarded(twice, by="one_self_test_at_a_time"):
        row.save(force_insert=True)
    return row


def _make(row: SelfTest, *, at: datetime) -> None:
    try:
        report = keys.self_test(row.place)
    except PkiError as error:
        log.warning("self-test %s: %s", row.pk, error)
        _settle(row.pk, "miss", {}, error.rule, at=at)
        return
    _settle(row.pk, "pass" if report["passed"] else "fail", report, "", at=at)


@transaction.atomic
def _settle(test_id: int, verb: str, report: Header, fault: str, *, at: datetime) -> None:
    row = SelfTest.objects.select_for_update().get(pk=test_id)
    row.report, row.fault, row.done_at = report, fault, at
    failed = [check["name"] for check in report.get("checks", ()) if check["outcome"] == "failed"]
    said = {row.pk: {"place": row.place, "failed": failed, "fault": fault}}
    columns = ("report", "fault", "done_at")
    advance_many([row], verb, actor=SYSTEM, at=at, details=said, columns=columns)
    if verb == "fail":
        log.error("self-test %s failed: %s", row.pk, ", ".join(failed))
        tell_of_trouble(f"self-test {row.pk}", at=at)


@transaction.atomic
def _tell_untested(*, at: datetime) -> None:
    """Once a day while it lasts."""
    for place in keys.places():
        if rules.is_untested(queries.passed_since(place), at=at):
            tell_of_trouble(f"untested {place} {at:%Y-%m-%d}", at=at)


def tell_of_trouble(occasion: str, *, at: datetime) -> None:
    """Mail to those who look after the signers; once for each occasion."""
    people = {one.id for role in ALARMED for one in holders(role, at=at)}
    tell_staff(StaffEvent.DEVICE_TROUBLE, people, occasion=occasion, actor=SYSTEM, at=at)
