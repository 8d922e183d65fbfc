"""What has become of CA keys."""

from datetime import datetime

from ca.keeping import rules
from ca.keeping.models import KeptKey
from ca.keeping.rules import State


def kept(label: str) -> KeptKey | None:
    """None: nothing was ever done with it but signing."""
    return KeptKey.objects.filter(label=label).first()


def check_signs(label: str) -> None:
    """Refuses (CONFLICT) `keeping.signs_nothing` for a key that was archived or destroyed."""
    row = KeptKey.objects.filter(label=label).exclude(state=State.ACTIVE).first()
    if row is not None:
        raise rules.ended(label, row.state)


def kept_long_enough(*, at: datetime) -> tuple[str, ...]:
    """Labels of the archived keys that are to be destroyed now (CPS 6.2.5)."""
    rows = KeptKey.objects.filter(state=State.ARCHIVED, keep_until__lte=at)
    return tuple(rows.order_by("label").values_list("label", flat=True))
