"""Requests against a certificate, whatever they want (CPS-4.9.3, CPS-4.9.14): asked by one,
decided by another, done at once.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from psycopg.errors import InsufficientPrivilege

from audit.journal.models import Entry
from ca import api as ca_api
from kmc import api as kmc
from people.api import Role, approval
from people.approvals.services import expire
from ra.applications.models import Application
from ra.holds import queries as hold_queries
from ra.holds import services as hold_services
from ra.holds.models import HoldRequest
from ra.revocations import queries as revocation_queries
from ra.revocations import services as revocation_services
from ra.revocations.models import RevocationRequest
from tests.support import ra
from tests.support.people import hire
from tests.support.ra import AT
from tests.support.refusals import refused_by

LATER = AT + timedelta(hours=2)
NOTE = "林知夏到场，介质遗失，交回声明"


@dataclass
class Desk:
    """One kind of request; `done` is the certificate's state after a yes."""

    room: str
    model: type[Any]
    queries: ModuleType
    services: ModuleType
    given: dict[str, Any]
    falsified: dict[str, str]  # columns changed by somebody with access to the database
    done: str
    acts: list[str]  # of the journal

    def ask(self, certificate, actor):
        entering = getattr(self.services, f"request_{self.room[:-1]}")
        return entering(certificate, **self.given, actor=actor, at=LATER)

    def view(self, number, person):
        return self.queries.request(number, person)

    def decide(self, number, person, **how):
        view = self.view(number, person)
        asked = {"grants": True, "seen": view.seen} | how
        self.services.decide(view.id, **asked, actor=person, at=LATER + timedelta(minutes=5))


REVOCATIONS = Desk(
    room="revocations",
    model=RevocationRequest,
    queries=revocation_queries,
    services=revocation_services,
    given={
        "cause": "key_at_risk",
        "asker": "subscriber",
        "checked_how": "on_site",
        "discovered_at": LATER - timedelta(hours=3),
        "note": NOTE,
    },
    falsified={"cause": "law_or_policy"},
    done="revoked",
    acts=["ra.request_revocation", "ra.revocationrequest.revoke"],
)
HOLDS = Desk(
    room="holds",
    model=HoldRequest,
    queries=hold_queries,
    services=hold_services,
    given={
        "act": "freeze",
        "cause": "own_wish",
        "asker": "subscriber",
        "checked_how": "on_site",
        "document": "冻结申请表 2026-031，2026-11-20",
        "note": NOTE,
    },
    falsified={"asker": "court"},
    done="held",
    acts=["ra.request_hold", "ra.holdrequest.carry_out"],
)


@pytest.fixture(params=[REVOCATIONS, HOLDS], ids=lambda desk: desk.room)
def desk(request):
    return request.param


@pytest.fixture
def certificate(live_counter):
    """Of an issued application; its id."""
    return Application.objects.get(pk=ra.issued(live_counter)).certificate_id


def state(certificate):
    return ca_api.certificate(certificate).state


def test_nobody_decides_what_they_asked_for(desk, certificate, live_counter):
    """CPS-4.9.3, CPS-4.9.14, CPS-5.2.2: the same as at issuance."""
    number = desk.ask(certificate, live_counter.chen)
    both = replace(live_counter.chen, roles=live_counter.chen.roles | live_counter.ren.roles)

    assert refused_by(desk.decide, number, both) == f"{desk.room}.own_work"
    with pytest.raises(IntegrityError, match="nobody_decides"), transaction.atomic():
        desk.model.objects.update(decided_by=live_counter.chen.person_id)
    assert state(certificate) == "valid"


def test_an_operator_does_not_decide(desk, certificate, live_counter):
    """CPS-4.9.3, CPS-4.9.14"""
    number = desk.ask(certificate, live_counter.chen)
    other = hire("lin", Role.OPERATOR, office="LRA0103")

    assert refused_by(desk.decide, number, other) == f"{desk.room}.not_a_reviewer"


def test_a_refused_request_changes_nothing_and_says_why(desk, certificate, live_counter):
    number = desk.ask(certificate, live_counter.chen)
    silent = refused_by(desk.decide, number, live_counter.ren, grants=False)
    assert silent == f"{desk.room}.message"

    desk.decide(number, live_counter.ren, grants=False, message="提出人不是订户本人")

    view = desk.view(number, live_counter.chen)
    assert (view.state, view.message) == ("refused", "提出人不是订户本人")
    assert state(certificate) == "valid"
    assert refused_by(desk.decide, number, live_counter.ren, seen="") == f"{desk.room}.over"
    assert desk.ask(certificate, live_counter.chen)  # and one may ask again


def test_why_a_request_was_refused_is_sealed_and_opened_for_its_page_only(
    desk, certificate, live_counter
):
    """WP-6.2/6.3: the words may name people."""
    number, why = desk.ask(certificate, live_counter.chen), "提出人方沐辰不是订户本人"
    desk.decide(number, live_counter.ren, grants=False, message=why)

    row = desk.model.objects.get()
    assert why.encode() not in bytes(row.answer)
    assert desk.view(number, live_counter.chen).message == why
    assert desk.queries.decided(live_counter.ren)[0].message == ""
    told = Entry.objects.filter(subject=f"ra.{desk.model.__name__.lower()}:{row.pk}")
    assert told.exists()
    assert "方沐辰" not in "".join(entry.details for entry in told)


def test_a_page_that_showed_something_else_changes_nothing(desk, certificate, live_counter):
    number = desk.ask(certificate, live_counter.chen)

    rule = refused_by(desk.decide, number, live_counter.ren, seen="0" * 64)

    assert rule == "approval.seen_something_else"
    assert state(certificate) == "valid"


def test_a_request_changed_behind_everybodys_back_is_not_carried_out(
    desk, certificate, live_counter
):
    number = desk.ask(certificate, live_counter.chen)
    desk.model.objects.update(**desk.falsified)

    assert refused_by(desk.decide, number, live_counter.ren) == "approval.other_act"
    assert state(certificate) == "valid"


def test_papers_changed_behind_everybodys_back_are_not_what_was_agreed_to(
    desk, certificate, live_counter
):
    """CPS-4.9.3, CPS-4.9.14: the reviewer was shown these papers and no others."""
    view = desk.view(desk.ask(certificate, live_counter.chen), live_counter.ren)
    row = desk.model.objects.get()
    sealed = kmc.seal(row.data_key, row.context(row.PAPERS), b'{"document": "x", "note": "y"}')
    desk.model.objects.update(**{row.PAPERS: sealed})

    rule = refused_by(desk.decide, view.number, live_counter.ren, seen=view.seen)

    assert rule == "approval.other_act"
    assert state(certificate) == "valid"


def test_one_request_at_a_time(desk, certificate, live_counter):
    desk.ask(certificate, live_counter.chen)

    assert refused_by(desk.ask, certificate, live_counter.chen) == f"{desk.room}.open_already"


def test_only_who_entered_a_request_takes_it_back_and_then_it_is_over(
    desk, certificate, live_counter
):
    number = desk.ask(certificate, live_counter.chen)
    view, withdraw = desk.view(number, live_counter.chen), desk.services.withdraw_request

    other = refused_by(withdraw, view.id, actor=live_counter.ren, at=LATER)
    withdraw(view.id, actor=live_counter.chen, at=LATER)

    assert other == f"{desk.room}.not_yours"
    assert desk.view(number, live_counter.chen).state == "withdrawn"
    assert approval(desk.model.objects.get().approval_id).state == "withdrawn"


def test_a_request_whose_approval_ran_out_is_asked_again(desk, certificate, live_counter):
    number = desk.ask(certificate, live_counter.chen)
    late = LATER + timedelta(days=8)
    expire(at=late)
    assert refused_by(desk.decide, number, live_counter.ren).startswith("approval.")

    view = desk.view(number, live_counter.chen)
    desk.services.propose_again(view.id, actor=live_counter.chen, at=late)
    desk.decide(number, live_counter.ren)

    assert state(certificate) == desk.done


def test_another_offices_certificates_are_out_of_reach(desk, certificate, live_counter):
    """CPS-1.4.2"""
    number = desk.ask(certificate, live_counter.chen)

    assert refused_by(desk.ask, certificate, live_counter.zhao) == "applications.unknown"
    assert refused_by(desk.view, number, live_counter.zhou) == f"{desk.room}.unknown"
    assert desk.queries.waiting(live_counter.zhou) == []
    assert [view.number for view in desk.queries.waiting(live_counter.ren)] == [number]


def test_people_of_other_trades_see_no_requests(desk, certificate, live_counter):
    """CPS-5.2.1: not even at headquarters."""
    number = desk.ask(certificate, live_counter.chen)
    outsider = hire("wu", Role.CA_ADMIN)

    assert refused_by(desk.view, number, outsider) == f"{desk.room}.unknown"
    assert desk.queries.waiting(outsider) == []


def test_the_papers_are_sealed_and_nothing_of_them_is_in_the_journal(
    desk, certificate, live_counter
):
    """WP-6.2/6.3, CPS-5.4.1"""
    number = desk.ask(certificate, live_counter.chen)
    assert desk.queries.waiting(live_counter.ren)[0].note == ""
    assert desk.view(number, live_counter.ren).note == NOTE
    desk.decide(number, live_counter.ren)

    row = desk.model.objects.get()
    told = Entry.objects.filter(subject=f"ra.{desk.model.__name__.lower()}:{row.pk}")
    assert "林知夏".encode() not in bytes(getattr(row, row.PAPERS))
    assert desk.queries.decided(live_counter.ren)[0].note == ""
    assert [entry.action for entry in told.order_by("pk")] == desk.acts
    assert "林知夏" not in "".join(entry.details for entry in told)


def test_a_request_stays_as_it_was_asked_for(desk, certificate, live_counter, connection_as):
    """CPS-4.9.3, CPS-4.9.14: also for whoever takes the staff site over."""
    desk.ask(certificate, live_counter.chen)
    call_command("grant")
    staff, table = connection_as("staff"), desk.model._meta.db_table

    for column in ("certificate_id", "cause", "asker", "maker_id"):
        with pytest.raises(InsufficientPrivilege):
            staff.execute(f"UPDATE {table} SET {column} = {column}")


def test_requests_are_decided_under_the_staff_role(desk, certificate, live_counter, in_role):
    with in_role("staff"):
        desk.decide(desk.ask(certificate, live_counter.chen), live_counter.ren)

    assert state(certificate) == desk.done
