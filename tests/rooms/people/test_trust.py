"""Trusted roles (CPS-5.2.1) and those that exclude each other (CPS-5.2.4)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import Role, appoint, dismiss
from people.trust.models import Appointment
from people.trust.queries import roles_of
from people.trust.roles import BOUND_TO_AN_OFFICE, DUTY_OF, INCOMPATIBLE
from tests.support.people import hire

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_a_person_is_appointed_and_dismissed_and_both_are_in_the_journal():
    chen = hire("chen").person_id

    appoint(chen, Role.OPERATOR, actor=SYSTEM, at=AT)
    assert roles_of(chen, at=AT) == {"operator"}
    dismiss(chen, Role.OPERATOR, actor=SYSTEM, at=AT + timedelta(days=1))
    assert roles_of(chen, at=AT) == set()

    entries = Entry.objects.filter(subject=f"people.staffmember:{chen}").order_by("pk")
    assert [(e.action, e.actor_id, e.details) for e in entries] == [
        ("people.appointed", None, '{"role":"operator"}'),
        ("people.dismissed", None, '{"role":"operator"}'),
    ]
    row = Appointment.objects.get(person=chen)
    assert (row.since, row.until) == (AT, AT + timedelta(days=1))
    assert (row.appointed_by_id, row.ended_by_id, row.warrant_id) == (None, None, None)


@pytest.mark.parametrize("act", [appoint, dismiss])
def test_nobody_alone_gives_or_takes_a_role(act):
    """CPS-5.2.4: what the system may at set-up, people do in twos."""
    chief = hire("tang", Role.SECURITY_ADMIN)
    chen = hire("chen", *([Role.OPERATOR] if act is dismiss else [])).person_id

    with pytest.raises(Refusal) as refused:
        act(chen, Role.OPERATOR, actor=chief, at=AT)

    assert (refused.value.rule, refused.value.cps) == ("trust.approval_needed", "5.2.4")
    assert Appointment.objects.filter(person=chen, until=None).exists() == (act is dismiss)


@pytest.mark.parametrize("pair", sorted(map(sorted, INCOMPATIBLE)), ids="+".join)
def test_incompatible_roles_never_meet_in_one_person(pair):
    """CPS-5.2.4: refused by the rule, and by the database for whoever goes round the rule."""
    one, other = (Role(role) for role in pair)
    person = hire("chen", one).person_id

    with pytest.raises(Refusal) as refused:
        appoint(person, other, actor=SYSTEM, at=AT)
    assert (refused.value.rule, refused.value.cps) == ("trust.incompatible_roles", "5.2.4")

    with pytest.raises(IntegrityError, match="one_duty_each"), transaction.atomic():
        Appointment.objects.create(person_id=person, role=other, duty=DUTY_OF[other], since=AT)


@pytest.mark.parametrize("role", list(Role))
def test_who_takes_in_and_reviews_does_so_for_an_office(role):
    """CPS-1.4.2: nobody sees the applications of all offices by having been given none."""
    person = hire("gao", office="").person_id

    if role in BOUND_TO_AN_OFFICE:
        with pytest.raises(Refusal) as refused:
            appoint(person, role, actor=SYSTEM, at=AT)
        assert (refused.value.rule, refused.value.cps) == ("trust.office_needed", "1.4.2")
    else:
        appoint(person, role, actor=SYSTEM, at=AT)
    assert roles_of(person, at=AT) == ({role} - BOUND_TO_AN_OFFICE)


def test_roles_of_one_duty_and_roles_without_a_duty_may_meet():
    person = hire("gao", Role.CA_ADMIN, Role.CA_OPERATOR, Role.POLICY_MEMBER).person_id

    assert roles_of(person, at=AT) == {"ca_admin", "ca_operator", "policy_member"}


def test_a_role_that_ended_stands_in_nobody_s_way():
    person = hire("chen", Role.OPERATOR).person_id
    dismiss(person, Role.OPERATOR, actor=SYSTEM, at=AT)

    appoint(person, Role.REVIEWER, actor=SYSTEM, at=AT)

    assert roles_of(person, at=AT) == {"reviewer"}


def test_a_role_is_given_once():
    person = hire("chen", Role.OPERATOR).person_id

    with pytest.raises(Refusal) as refused:
        appoint(person, Role.OPERATOR, actor=SYSTEM, at=AT)

    assert refused.value.rule == "trust.appointed_already"


def test_nobody_is_dismissed_from_a_role_they_do_not_have():
    with pytest.raises(Refusal) as refused:
        dismiss(hire("chen").person_id, Role.OPERATOR, actor=SYSTEM, at=AT)

    assert refused.value.rule == "trust.not_appointed"


def test_nobody_is_appointed_who_does_not_work_here():
    with pytest.raises(Refusal) as refused:
        appoint(999, Role.OPERATOR, actor=SYSTEM, at=AT)

    assert refused.value.rule == "people.no_such_person"
