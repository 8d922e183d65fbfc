"""Profiles are rows: which version counts, for whom, and what nobody can change."""

import psycopg
import pytest
from django.db import DatabaseError, transaction

from anxin.kernel.errors import Refusal
from ca.api import by_serial, profile, profiles
from ca.issuing.models import Certificate
from ca.profiles import delivered
from ca.profiles.models import ProfileVersion
from ca.profiles.queries import agreed_to, are_published, in_force
from ca.signing.services import sweep_orders
from tests.support import ca

PERSONAL = "personal-sm2-sign"


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value.rule


def test_a_new_house_has_the_profiles_it_was_delivered_with(db):
    """CPS-1.5.1"""
    assert [one.code for one in profiles()] == list(delivered.PROFILES)
    assert {one.code: one for one in in_force()} == {o.code: o for o in delivered.EVERYTHING}
    assert set(ProfileVersion.objects.values_list("version", flat=True)) == {1}


def test_who_asks_for_a_profile_nobody_knows_is_refused(db):
    """CPS-1.5.2"""
    assert refused(profile, "gold-card") == "profile.unknown"
    assert refused(profile, PERSONAL, 2) == "profile.unknown"


def test_which_version_counts_is_asked_once_and_what_it_says_never_again(
    db, django_assert_num_queries
):
    with django_assert_num_queries(1):
        profile(PERSONAL)
    with django_assert_num_queries(0):
        named = [(PERSONAL, 1), ("operator-p256", 1)]
        assert are_published(named) == {(PERSONAL, 1)}


def test_what_a_version_says_stays(transactional_db):
    """CPS-1.5.1: not even the owner of the table rewrites what certificates were issued by."""
    rows = ProfileVersion.objects.filter(code=PERSONAL)
    for change in (lambda: rows.update(document="{}"), rows.delete):
        with pytest.raises(DatabaseError, match="profile"), transaction.atomic():
            change()


def test_the_staff_site_rewrites_no_profile(in_role):
    """CPS-4.3.1"""
    with in_role("staff"), pytest.raises(DatabaseError) as refusal, transaction.atomic():
        ProfileVersion.objects.filter(code=PERSONAL).update(document="{}")
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_a_version_nobody_agreed_to_signs_nothing(authorities):
    """CPS-1.5.2, CPS-4.3.1: a row by hand, in force by its own word."""
    text = ProfileVersion.objects.get(code=PERSONAL).document.replace("clientAuth", "codeSigning")
    ProfileVersion.objects.filter(code=PERSONAL).update(state="replaced")
    ProfileVersion.objects.create(
        state="in_force", code=PERSONAL, version=2, document=text, digest="", approval_id=4711
    )
    certificate_id = ca.put_on_order()

    assert agreed_to([(PERSONAL, 2)]) == {}
    sweep_orders(at=ca.NOW, entropy=ca.entropy)

    row = Certificate.objects.get(pk=certificate_id)
    assert (row.state, row.profile_version) == ("refused", 2)
    assert row.refusal.startswith("profile.unknown")


def test_a_certificate_names_the_version_it_was_issued_by(authorities):
    """CPS-1.5.1"""
    issued = ca.issue()

    view = by_serial(f"{issued.parsed.serial:x}")
    assert (view.profile, view.profile_version) == (PERSONAL, 1)
