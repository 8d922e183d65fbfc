"""Which signers still have to be sealed."""

from collections.abc import Collection

from ca.keys.models import Sealing
from ca.keys.rules import State


def is_due(place: int) -> bool:
    """Whether the signer at this place was to be sealed and has not answered yet."""
    return Sealing.objects.filter(place=place, state=State.DUE).exists()


def due(order: int, places: Collection[int]) -> list[int]:
    """Those of `places` that an order has not reached."""
    rows = Sealing.objects.filter(order=order, place__in=places, state=State.DUE)
    return list(rows.order_by("place").values_list("place", flat=True))


def places_due() -> list[int]:
    """Wherever an order has not arrived, the home signer first."""
    rows = Sealing.objects.filter(state=State.DUE).order_by("place")
    return list(rows.values_list("place", flat=True).distinct())
