"""A new key-encryption key takes over while people work (WP-6.2, WP-6.3)."""

import os
import secrets as random_source
import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.secret_files import secret
from audit.journal.models import Entry
from kmc import api
from kmc.envelopes.models import DataKey
from people.accounts import codes
from people.accounts.devices import check_code
from people.api import Role, enrol_device
from tests.support.people import hire
from tests.support.races import somebody_else

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PLACE, NAME = "ra.application:17:identity", "林知夏".encode()
MANY = 300


def sealed_names(count):
    """Data keys and what each sealed."""
    with transaction.atomic():
        keys = [api.new_data_key("ra.application", actor=SYSTEM, at=AT) for _ in range(count)]
    return [(key, PLACE, api.seal(key, PLACE, NAME)) for key in keys]


def put_in_front(kek_file):
    """A new key-encryption key, the old one behind it; returns the new line."""
    new = random_source.token_hex(32)
    kek_file.write_text(f"{new}\n{kek_file.read_text()}\n")
    secret.cache_clear()
    return new


def leave_only(kek_file, line):
    kek_file.write_text(line)
    secret.cache_clear()


def renew(**options):
    said = StringIO()
    call_command("renew_wrapping", stdout=said, **options)
    return said.getvalue()


def noted():
    entries = Entry.objects.filter(action="kmc.renew_wrapping")
    return sum(int(entry.details.split('"keys":')[1].split("}")[0]) for entry in entries)


def test_after_the_renewal_the_old_key_is_not_needed(kek_file):
    names = sealed_names(5)
    chen = hire("chen", Role.OPERATOR)
    enrol_device(chen.person_id, b"k" * 20, actor=SYSTEM, at=AT)
    new = put_in_front(kek_file)

    said = renew(batch=2)
    leave_only(kek_file, new)

    assert "5 data keys wait" in said
    assert "1 one-time devices sealed anew" in said
    assert "wraps nothing here any more" in said
    assert api.unseal_many(names) == [NAME] * 5
    code = codes.code(b"k" * 20, after=-1, at=AT)
    assert check_code(chen.person_id, code, address="10.8.3.21", at=AT)
    assert noted() == 5
    assert Entry.objects.filter(action="people.devices_resealed").count() == 1


def test_a_second_renewal_changes_nothing(kek_file):
    sealed_names(2)
    put_in_front(kek_file)
    renew()
    before = list(DataKey.objects.order_by("pk").values_list("wrapped", flat=True))

    assert "0 data keys wait" in renew()

    assert list(DataKey.objects.order_by("pk").values_list("wrapped", flat=True)) == before
    assert noted() == 2


def test_a_renewal_that_is_killed_loses_nothing_and_goes_on(kek_file, services):
    names = sealed_names(MANY)
    new = put_in_front(kek_file)

    with renewing(kek_file.parent, services) as running:
        while "wrapped anew" not in running.stdout.readline():
            assert running.poll() is None
        running.kill()

    between = api.wrapping()
    assert 0 < between.waiting < MANY
    assert api.unseal_many(names) == [NAME] * MANY
    renew(batch=100)
    leave_only(kek_file, new)
    assert api.unseal_many(names) == [NAME] * MANY
    assert noted() == MANY


def renewing(secrets_dir, services):
    """The command in a process of its own, one key in each transaction."""
    name = str(django_settings.DATABASES["default"]["NAME"])
    return subprocess.Popen(
        [sys.executable, "-u", "manage.py", "renew_wrapping", "--batch", "1"],
        cwd=ROOT,
        env=os.environ
        | services.postgres.environment("owner", name)
        | {
            "ANXIN_HOME": str(secrets_dir.parent),
            "ANXIN_SECRETS": str(secrets_dir),
            "DJANGO_SETTINGS_MODULE": "anxin.settings",
        },
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_key_that_went_too_early_is_missed_before_anything_is_done(kek_file):
    names = sealed_names(2)
    old = kek_file.read_text()
    leave_only(kek_file, random_source.token_hex(32))

    with pytest.raises(CommandError, match="is not at hand"):
        renew()

    leave_only(kek_file, old)
    assert api.unseal_many(names) == [NAME] * 2
    assert noted() == 0


def test_a_key_in_use_is_left_for_the_next_run_and_said(kek_file):
    sealed_names(2)
    put_in_front(kek_file)
    with somebody_else() as cursor:
        cursor.execute("SELECT id FROM kmc_datakey LIMIT 1 FOR UPDATE")
        with pytest.raises(CommandError, match="1 data keys are in use just now"):
            renew()

    assert "1 data keys wait" in renew()
    assert api.wrapping().waiting == 0


def test_a_destroyed_key_needs_no_renewal(kek_file):
    ((key, _, _),) = sealed_names(1)
    api.destroy_data_key(key, reason="retention over", actor=SYSTEM, at=AT)
    put_in_front(kek_file)

    assert "0 data keys wait" in renew()


@pytest.mark.parametrize("batch", [1, 1000])
def test_a_damaged_key_is_passed_by_and_named(kek_file, batch):
    """One row must not keep all others on the old key for ever."""
    names = sealed_names(3)
    bad = DataKey.objects.order_by("pk").first()
    DataKey.objects.filter(pk=bad.pk).update(
        wrapped=bytes([bytes(bad.wrapped)[0], *os.urandom(60)])
    )
    new = put_in_front(kek_file)
    said = StringIO()

    with pytest.raises(CommandError, match="1 data keys are damaged"):
        call_command("renew_wrapping", batch=batch, stdout=said)
    leave_only(kek_file, new)

    assert said.getvalue().count(f"{bad.pk} is damaged") == 1
    assert api.unseal_many([one for one in names if one[0] != bad.pk]) == [NAME] * 2
    assert noted() == 2
