"""Which signers still have to be sealed, and how the home signer is: sealed, or active for what."""

from ca.keys.models import CustodyReport, Sealing
from ca.keys.rules import State
from pki.signer.protocol import HOME


def active_for() -> str:
    """Number of the ceremony for which the home signer last said it is active; "": for none."""
    rows = CustodyReport.objects.filter(pk=HOME + 1).values_list("report__ceremony", flat=True)
    return rows.first() or ""


def is_sealed() -> bool:
    """Whether the home signer last said so."""
    return CustodyReport.objects.filter(pk=HOME + 1, report__state="sealed").exists()


def is_due(place: int) -> bool:
    """Whether the signer at this place was to be sealed and has not answered yet."""
    return Sealing.objects.filter(place=place, state=State.DUE).exists()


def places_of(order: int) -> list[int]:
    """The signers that an order has not reached."""
    rows = Sealing.objects.filter(order=order, state=State.DUE).order_by("place")
    return list(rows.values_list("place", flat=True))


def places_due() -> list[int]:
    """Wherever an order has not arrived, the home signer first."""
    rows = Sealing.objects.filter(state=State.DUE).order_by("place")
    return list(rows.values_list("place", flat=True).distinct())
