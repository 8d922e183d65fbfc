"""Roles, duties and passwords as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from anxin.duties import DUTIES
from people.accounts import codes, rules
from people.trust.roles import DUTY_OF, INCOMPATIBLE, Role
from people.wording import ROLES, WORDING

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_every_trusted_role_of_the_cps_is_there_and_has_a_name():
    """CPS-5.2.1"""
    assert set(ROLES) == set(Role)
    assert len({str(name) for name in ROLES.values()}) == len(Role) == 10


@pytest.mark.parametrize(
    ("one", "other", "kept_apart"),
    [
        (Role.OPERATOR, Role.REVIEWER, True),
        (Role.OPERATOR, Role.CA_OPERATOR, True),
        (Role.REVIEWER, Role.CUSTODIAN, True),
        (Role.CA_ADMIN, Role.SECURITY_ADMIN, True),
        (Role.SECURITY_ADMIN, Role.CUSTODIAN, True),
        (Role.AUDITOR, Role.OPERATOR, True),
        (Role.CA_ADMIN, Role.CA_OPERATOR, False),
        (Role.CUSTODIAN, Role.POLICY_MEMBER, False),
        (Role.FINANCE, Role.POLICY_MEMBER, False),
    ],
)
def test_which_roles_are_kept_apart(one, other, kept_apart):
    """CPS-5.2.4"""
    assert (frozenset({one, other}) in INCOMPATIBLE) is kept_apart


@pytest.mark.parametrize("action", DUTIES)
def test_maker_and_checker_of_every_duty_are_different_people_by_role(action):
    """CPS-5.2.4. Members of the policy committee are kept apart from nobody: what such a one
    proposes is refused vote by vote (tests/rooms/ra/test_publications.py).
    """
    duty = DUTIES[action]
    for maker in duty.makers - {Role.CUSTODIAN}:  # CPS 6.2.9: they agree among themselves
        for checker in duty.checkers - {Role.POLICY_MEMBER}:
            assert frozenset({maker, checker}) in INCOMPATIBLE


def test_every_exclusive_duty_has_a_role():
    """CPS-5.2.4"""
    assert {str(duty) for duty in DUTY_OF.values()} == {
        "business", "subscriber_data", "maintenance", "key_management", "secret_shares", "audit",
        "money",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("abcdefg-12", []),
        ("abcdef-12", ["password.too_short"]),
        ("12345678-9", ["password.no_letter"]),
        ("abcdefgh-i", ["password.no_digit"]),
        ("abcdefgh12", ["password.no_special"]),
        ("", ["password.too_short", *rules.CHARACTERS]),
    ],
)
def test_what_a_password_is_made_of(password, faults):
    """CPS-6.5.1"""
    assert rules.faults(password) == faults
    assert set(faults) <= set(WORDING)


def test_a_password_is_due_after_ninety_days():
    """CPS-6.5.1"""
    assert not rules.password_is_due(AT, at=AT + timedelta(days=90) - timedelta(seconds=1))
    assert rules.password_is_due(AT, at=AT + timedelta(days=90))


def test_the_fifth_wrong_try_locks_for_a_quarter_of_an_hour():
    """WP-7.2"""
    assert rules.after_wrong_try(3, at=AT) == (4, None)
    assert rules.after_wrong_try(4, at=AT) == (0, AT + timedelta(minutes=15))
    assert rules.is_locked(AT, at=AT - timedelta(seconds=1))
    assert not rules.is_locked(AT, at=AT)
    assert not rules.is_locked(None, at=AT)


RFC6238_KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds, code):
    """RFC 6238 appendix B, the last six digits."""
    at = datetime.fromtimestamp(seconds, UTC)

    assert codes.matching_step(RFC6238_KEY, code, after=-1, at=at) == seconds // 30
    assert codes.code(RFC6238_KEY, after=-1, at=at) == code


@pytest.mark.parametrize(("late", "counts"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_off_by_one_step(late, counts):
    code = codes.code(RFC6238_KEY, after=-1, at=AT)

    step = codes.matching_step(RFC6238_KEY, code, after=-1, at=AT + timedelta(seconds=late))

    assert (step is not None) is counts


def test_a_code_counts_once():
    code = codes.code(RFC6238_KEY, after=-1, at=AT)
    step = codes.matching_step(RFC6238_KEY, code, after=-1, at=AT)

    assert step is not None
    assert codes.matching_step(RFC6238_KEY, code, after=step, at=AT) is None
    following = codes.code(RFC6238_KEY, after=step, at=AT)
    assert codes.matching_step(RFC6238_KEY, following, after=step, at=AT) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"])
def test_what_is_no_code_is_not_looked_at(code):
    assert codes.matching_step(RFC6238_KEY, code, after=-1, at=AT) is None
