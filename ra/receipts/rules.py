"""What may stand on a receipt (CPS 4.3.2). Pure."""

from anxin.kernel.errors import Kind, Refusal


def check_code(fits: bool) -> None:  # noqa: FBT001 -- one question
    """A receipt never carries a code that does not open anything."""
    if not fits:
        raise Refusal(
            Kind.CONFLICT,
            "receipts.other_code",
            "this code is not, or no longer, the one told",
            cps="4.3.1",
            field="code",
        )
