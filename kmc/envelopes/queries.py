"""Opening data keys. A plain key lives as long as the call that asked for it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from anxin.kernel.errors import Refusal
from kmc.envelopes import formats, keks, rules
from kmc.envelopes.models import DataKey


def wrapping_place(key_id: UUID, purpose: str) -> bytes:
    """What a wrapped key is bound to: its own row and its purpose."""
    return f"anxin data key v1|{key_id}|{purpose}".encode()


def open_key(key_id: UUID) -> bytes:
    """One plain data key. Refuses: unknown, destroyed, wrapped by a key we were not given."""
    return open_keys([key_id])[key_id]


def open_keys(key_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """The plain data keys by id, in one query."""
    wanted = set(key_ids)
    rows = {row.pk: row for row in DataKey.objects.filter(pk__in=wanted)}
    missing = wanted - rows.keys()
    if missing:
        raise rules.data_key_unknown(min(missing))
    ring = keks.ring()
    return {key_id: _unwrap(row, ring) for key_id, row in rows.items()}


def open_each(rows: Iterable[DataKey]) -> dict[UUID, bytes]:
    """The plain data keys by id, without those that are damaged. Refuses `kmc.kek_missing`."""
    ring, plain = keks.ring(), {}
    for row in rows:
        try:
            plain[row.pk] = _unwrap(row, ring)
        except Refusal as refusal:
            if refusal.rule != rules.SEAL_BROKEN:
                raise
    return plain


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How far the newest key-encryption key has come: data keys by the id of what wraps them."""

    current: str
    older: tuple[str, ...]  # still in the secret file
    counts: Mapping[str, int]

    @property
    def waiting(self) -> int:
        return sum(self.counts.values()) - self.counts.get(self.current, 0)


def wrapping() -> Wrapping:
    """Refuses (NOT_READY) when a key that is still needed is not in the secret file."""
    current, *older = keks.ring()
    rows = DataKey.objects.filter(wrapped__isnull=False).order_by()
    counts = dict(rows.values_list("kek_id").annotate(Count("pk")))
    rules.check_ring(counts, (current, *older))
    return Wrapping(current, tuple(older), counts)


def _unwrap(row: DataKey, ring: dict[str, keks.Kek]) -> bytes:
    if row.wrapped is None:
        raise rules.data_key_destroyed(row.pk)
    kek = ring.get(row.kek_id)
    if kek is None:
        raise rules.kek_missing(row.kek_id)
    place = wrapping_place(row.pk, row.purpose)
    try:
        return formats.open_message(kek.key, place, bytes(row.wrapped))
    except formats.Broken:
        raise rules.seal_broken(f"data key {row.pk}") from None
