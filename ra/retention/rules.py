"""How long what proves an identity is kept (CPS 3.2.2, 3.2.3, 5.5.2). Pure."""

from datetime import datetime

from anxin.kernel.errors import Kind, Refusal

YEARS = 5  # CPS 3.2.2, 3.2.3: after the certificate has ended
MOST = 50  # applications in one proposal: as many as a second person reads


def years(asked: int) -> int:
    """How many; a law may ask for more, never less."""
    return max(YEARS, asked)


def kept_until(ended: datetime, years: int) -> datetime:
    """The same day `years` later; of a 29 February, the first of March."""
    try:
        return ended.replace(year=ended.year + years)
    except ValueError:
        return ended.replace(year=ended.year + years, month=3, day=1)


def long_ago(at: datetime, years: int) -> datetime:
    """What ended up to here has been kept for `years`."""
    try:
        return at.replace(year=at.year - years)
    except ValueError:
        return at.replace(year=at.year - years, day=28)


def check_chosen(numbers: int) -> None:
    """Refuses `retention.none_chosen`, `retention.too_many`."""
    if not numbers:
        raise Refusal(Kind.INVALID, "retention.none_chosen", "nothing to destroy", cps="3.2.3")
    if numbers > MOST:
        raise Refusal(
            Kind.INVALID, "retention.too_many", f"more than {MOST}", cps="3.2.3", most=MOST
        )


def not_due() -> Refusal:
    """Something of it has still to be kept, or is destroyed already."""
    return Refusal(Kind.CONFLICT, "retention.not_due", "still to be kept", cps="3.2.3")
