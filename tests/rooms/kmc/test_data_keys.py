"""Data keys (WP-6.2, WP-6.3, WP-6.5)."""

import secrets as random_source
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from anxin.kernel.secret_files import secret
from audit.journal.models import Entry
from kmc import api
from kmc.envelopes.models import DataKey
from kmc.envelopes.services import SmallSecretSealer

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PLACE = "ra.application:17:identity"
NAME = "林知夏".encode()


def new_key():
    return api.new_data_key("ra.application", actor=SYSTEM, at=AT)


def rule_of(refused):
    return refused.value.rule


def test_a_sealed_name_comes_back_and_is_not_to_be_seen():
    key_id = new_key()

    sealed = api.seal(key_id, PLACE, NAME)

    assert NAME not in sealed
    assert api.unseal(key_id, PLACE, sealed) == NAME


def test_what_is_sealed_for_one_record_does_not_open_for_another():
    key_id = new_key()
    sealed = api.seal(key_id, PLACE, NAME)

    with pytest.raises(Refusal) as refused:
        api.unseal(key_id, "ra.application:18:identity", sealed)

    assert rule_of(refused) == "kmc.seal_broken"


def test_the_key_of_one_record_does_not_open_another():
    sealed = api.seal(new_key(), PLACE, NAME)

    with pytest.raises(Refusal) as refused:
        api.unseal(new_key(), PLACE, sealed)

    assert rule_of(refused) == "kmc.seal_broken"


def test_a_destroyed_key_leaves_every_copy_unreadable():
    """WP-6.5: the ciphertext stays where copies of it lie, and nothing opens it any more."""
    key_id = new_key()
    sealed = api.seal(key_id, PLACE, NAME)
    file = b"".join(api.seal_file(key_id, PLACE, [b"scan" * 1000]))

    api.destroy_data_key(key_id, reason="retention over", actor=SYSTEM, at=AT)

    for opening in (
        lambda: api.unseal(key_id, PLACE, sealed),
        lambda: b"".join(api.unseal_file(key_id, PLACE, [file])),
        lambda: api.seal(key_id, PLACE, NAME),
    ):
        with pytest.raises(Refusal) as refused:
            opening()
        assert rule_of(refused) == "kmc.data_key_destroyed"
    row = DataKey.objects.get(pk=key_id)
    assert row.wrapped is None
    assert row.destroyed_at == AT


def test_the_life_of_a_key_is_in_the_journal_and_the_key_is_not():
    """WP-6.2/6.3"""
    key_id = new_key()
    wrapped = bytes(DataKey.objects.get(pk=key_id).wrapped)
    api.destroy_data_key(key_id, reason="retention over", actor=SYSTEM, at=AT)

    told = list(Entry.objects.filter(subject=f"kmc.data_key:{key_id}").order_by("pk"))
    assert [entry.action for entry in told] == ["kmc.make_data_key", "kmc.destroy_data_key"]
    assert '"reason":"retention over"' in told[1].details
    assert wrapped.hex() not in "".join(entry.details for entry in told)


def test_a_key_is_destroyed_once():
    key_id = new_key()
    api.destroy_data_key(key_id, reason="retention over", actor=SYSTEM, at=AT)

    with pytest.raises(Refusal) as refused:
        api.destroy_data_key(key_id, reason="again", actor=SYSTEM, at=AT)

    assert rule_of(refused) == "kmc.data_key_destroyed"


def test_the_database_does_not_keep_a_destroyed_key():
    key_id = new_key()

    with pytest.raises(IntegrityError, match="a_destroyed_key_is_gone"):
        DataKey.objects.filter(pk=key_id).update(destroyed_at=AT)


def test_a_wrapped_key_does_not_work_in_another_row():
    mine, other = new_key(), new_key()
    sealed = api.seal(mine, PLACE, NAME)
    DataKey.objects.filter(pk=mine).update(wrapped=DataKey.objects.get(pk=other).wrapped)

    with pytest.raises(Refusal) as refused:
        api.unseal(mine, PLACE, sealed)

    assert rule_of(refused) == "kmc.seal_broken"


def test_many_are_opened_with_one_query(django_assert_num_queries):
    keys = [new_key() for _ in range(20)]
    items = [
        (key, f"ra.application:{number}", api.seal(key, f"ra.application:{number}", b"%d" % number))
        for number, key in enumerate(keys)
    ]

    with django_assert_num_queries(1):
        opened = api.unseal_many(items)

    assert opened == [b"%d" % number for number in range(20)]


def test_a_key_nobody_made_is_refused():
    with pytest.raises(Refusal) as refused:
        api.seal(uuid4(), PLACE, NAME)

    assert rule_of(refused) == "kmc.data_key_unknown"


def test_a_key_without_a_known_purpose_is_not_made():
    with pytest.raises(Refusal) as refused:
        api.new_data_key("because", actor=SYSTEM, at=AT)

    assert rule_of(refused) == "kmc.unknown_purpose"


def test_large_files_pass_in_pieces():
    key_id = new_key()
    pieces = [bytes([number]) * 700_000 for number in range(5)]

    sealed = list(api.seal_file(key_id, PLACE, iter(pieces)))

    assert max(map(len, sealed)) <= (1 << 20) + 16
    assert b"".join(api.unseal_file(key_id, PLACE, sealed)) == b"".join(pieces)
    with pytest.raises(Refusal) as refused:
        list(api.unseal_file(key_id, PLACE, sealed[:-1]))
    assert rule_of(refused) == "kmc.seal_broken"


def test_a_new_key_encryption_key_takes_over_without_a_gap(kek_file):
    key_id = new_key()
    sealed = api.seal(key_id, PLACE, NAME)
    old = kek_file.read_text()

    kek_file.write_text(f"{random_source.token_hex(32)}\n{old}\n")
    secret.cache_clear()
    assert api.unseal(key_id, PLACE, sealed) == NAME
    assert api.renew_wrapping(actor=SYSTEM, at=AT).keys == 1
    assert not api.renew_wrapping(actor=SYSTEM, at=AT)

    kek_file.write_text(kek_file.read_text().split()[0])
    secret.cache_clear()
    assert api.unseal(key_id, PLACE, sealed) == NAME


def test_without_the_right_key_encryption_key_nothing_opens(kek_file):
    key_id = new_key()
    sealed = api.seal(key_id, PLACE, NAME)
    kek_file.write_text(random_source.token_hex(32))
    secret.cache_clear()

    with pytest.raises(Refusal) as refused:
        api.unseal(key_id, PLACE, sealed)

    assert rule_of(refused) == "kmc.kek_missing"


@pytest.mark.parametrize("content", ["", "abcd", "z" * 64, "ab" * 31])
def test_a_spoilt_key_file_stops_everything(kek_file, content):
    kek_file.write_text(content)
    secret.cache_clear()

    with pytest.raises(ImproperlyConfigured):
        new_key()


def test_the_public_site_holds_no_key(settings):
    """It reads nothing that is encrypted, so it is never given the key-encryption key."""
    settings.SECRETS_FOR_SITE = frozenset({"code-pepper"})

    with pytest.raises(ImproperlyConfigured):
        new_key()


def test_equal_numbers_are_found_again_and_only_in_their_field():
    assert api.blind_index("number", "11010519491231002x") == api.blind_index(
        "number", "１１０１０５１９４９１２３１００２Ｘ"
    )
    assert api.blind_index("number", "13800000000") != api.blind_index("phone", "13800000000")
    assert len(api.blind_index("number", "13800000000")) == 32


def test_small_secrets_are_sealed_for_their_place(kek_file):
    sealer = SmallSecretSealer()
    sealed = sealer.seal("people.one_time_device:7:key", b"seed")

    assert b"seed" not in sealed
    assert sealer.unseal("people.one_time_device:7:key", sealed) == b"seed"
    for context, altered in (
        ("people.one_time_device:8:key", sealed),
        ("people.one_time_device:7:key", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        ("people.one_time_device:7:key", b""),
    ):
        with pytest.raises(Refusal) as refused:
            sealer.unseal(context, altered)
        assert rule_of(refused) == "kmc.seal_broken"

    kek_file.write_text(f"{random_source.token_hex(32)}\n{kek_file.read_text()}")
    secret.cache_clear()
    assert sealer.unseal("people.one_time_device:7:key", sealed) == b"seed"
