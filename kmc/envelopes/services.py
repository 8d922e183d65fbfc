"""Data keys (WP-6.2, 6.3): make, seal with, index by, renew the wrapping of, destroy."""

import hmac
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.secret_files import secret
from audit.log import record
from kmc.envelopes import formats, keks, queries, rules
from kmc.envelopes.models import DataKey

KEY_SIZE = 32


@transaction.atomic
def new_data_key(purpose: str, *, actor: Actor, at: datetime) -> UUID:
    """A fresh data key, wrapped and stored; one per record that may have to vanish."""
    rules.check_purpose(purpose)
    key_id, kek = uuid4(), keks.current()
    place = queries.wrapping_place(key_id, purpose)
    DataKey.objects.create(
        id=key_id,
        purpose=purpose,
        wrapped=formats.seal_message(kek.key, place, os.urandom(KEY_SIZE)),
        kek_id=kek.id,
        created_at=at,
    )
    record("kmc.make_data_key", _subject(key_id), actor=actor, at=at, purpose=purpose)
    return key_id


@transaction.atomic
def destroy_data_key(key_id: UUID, *, reason: str, actor: Actor, at: datetime) -> None:
    """Forget the key: whatever it sealed, in every copy, is noise from now on (WP-6.5)."""
    row = DataKey.objects.select_for_update().filter(pk=key_id).first()
    if row is None:
        raise rules.data_key_unknown(key_id)
    if row.wrapped is None:
        raise rules.data_key_destroyed(key_id)
    row.wrapped = None
    row.destroyed_at = at
    row.save(update_fields=["wrapped", "destroyed_at"])
    record(
        "kmc.destroy_data_key",
        _subject(key_id),
        actor=actor,
        at=at,
        reason=reason,
        purpose=row.purpose,
    )


@dataclass(frozen=True, slots=True)
class Renewed:
    """How many data keys were wrapped anew, and which could not be opened."""

    keys: int
    damaged: frozenset[UUID]

    def __bool__(self) -> bool:
        return bool(self.keys or self.damaged)


@transaction.atomic
def renew_wrapping(
    limit: int = 1000, *, passing: Collection[UUID] = (), actor: Actor, at: datetime
) -> Renewed:
    """Wrap up to `limit` keys anew by the current key-encryption key, `passing` by damaged ones.

    Refuses (NOT_READY), before anything is changed, when an older key is not at hand any more.
    """
    kek = keks.current()
    waiting = DataKey.objects.select_for_update(skip_locked=True).exclude(kek_id=kek.id)
    rows = list(waiting.filter(wrapped__isnull=False).exclude(pk__in=passing)[:limit])
    plain = queries.open_each(rows)
    whole = [row for row in rows if row.pk in plain]
    for row in whole:
        place = queries.wrapping_place(row.pk, row.purpose)
        row.wrapped = formats.seal_message(kek.key, place, plain[row.pk])
        row.kek_id = kek.id
    DataKey.objects.bulk_update(whole, ["wrapped", "kek_id"], batch_size=500)
    if whole:
        record("kmc.renew_wrapping", f"kmc.kek:{kek.id}", actor=actor, at=at, keys=len(whole))
    return Renewed(len(whole), frozenset(row.pk for row in rows) - plain.keys())


def seal(key_id: UUID, context: str, plaintext: bytes) -> bytes:
    """Sealed bytes, bound to the key and to `context` such as `ra.application:17:identity`."""
    return formats.seal_message(queries.open_key(key_id), _bound(key_id, context), plaintext)


def unseal(key_id: UUID, context: str, sealed: bytes) -> bytes:
    """Refuses what was altered or sealed for another place, and every key that is destroyed."""
    return unseal_many([(key_id, context, sealed)])[0]


def unseal_many(items: Sequence[tuple[UUID, str, bytes]]) -> list[bytes]:
    """The plaintexts in the order of `items`; one query for all their keys."""
    plain = queries.open_keys({key_id for key_id, _, _ in items})
    return [
        _or_refuse(
            context, partial(formats.open_message, plain[key_id], _bound(key_id, context), sealed)
        )
        for key_id, context, sealed in items
    ]


def seal_file(key_id: UUID, context: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Sealed bytes of a file of any size, as they come; the key is fetched at once."""
    return formats.seal_chunks(queries.open_key(key_id), _bound(key_id, context), chunks)


def unseal_file(key_id: UUID, context: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The file again. Cut, reordered or exchanged: refused, at the latest at the last chunk."""
    opened = formats.open_chunks(queries.open_key(key_id), _bound(key_id, context), chunks)
    return _refusing(context, opened)


def blind_index(field: str, text: str) -> bytes:
    """32 bytes by which an encrypted value is found again; equal texts only within one field."""
    subkey = formats.derive(secret("index-key"), f"anxin blind index v1|{field}".encode())
    return hmac.digest(subkey, rules.folded(text).encode(), "sha256")


def seal_notice(context: str, plaintext: bytes) -> bytes:
    """What is told to applicants: under the one key that workers hold, who send it."""
    return formats.seal_message(_notice_key(), context.encode(), plaintext)


def unseal_notice(context: str, sealed: bytes) -> bytes:
    """Refuses what was altered or sealed for another context."""
    key = _notice_key()
    return _or_refuse(context, lambda: formats.open_message(key, context.encode(), sealed))


def _notice_key() -> bytes:
    return formats.derive(bytes.fromhex(secret("notice-key").decode()), b"anxin notices v1")


class SmallSecretSealer:
    """Seals small secrets that belong to no data subject, below a subkey of the KEK."""

    INFO = "anxin small secrets v1"

    def seal(self, context: str, plaintext: bytes) -> bytes:
        kek = keks.current()
        sealed = formats.seal_message(kek.subkey(self.INFO), context.encode(), plaintext)
        return bytes.fromhex(kek.id) + sealed

    def is_current(self, sealed: bytes) -> bool:
        """Whether the current key-encryption key sealed it, and not an older one."""
        return sealed[:8].hex() == keks.current().id

    def unseal(self, context: str, sealed: bytes) -> bytes:
        """Refuses what was altered or sealed for another context."""
        kek = keks.ring().get(sealed[:8].hex())
        if kek is None:
            raise rules.seal_broken(context)
        key = kek.subkey(self.INFO)
        return _or_refuse(context, lambda: formats.open_message(key, context.encode(), sealed[8:]))


def _bound(key_id: UUID, context: str) -> bytes:
    return key_id.bytes + context.encode()


def _subject(key_id: UUID) -> str:
    return f"kmc.data_key:{key_id}"


def _or_refuse(context: str, opening: Callable[[], bytes]) -> bytes:
    try:
        return opening()
    except formats.Broken:
        raise rules.seal_broken(context) from None


def _refusing(context: str, opened: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from opened
    except formats.Broken:
        raise rules.seal_broken(context) from None
