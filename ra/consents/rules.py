"""What subscribers agree to have done with what is theirs (CPS 9.4.1, 9.4.2). Pure."""

from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal


class Purpose(StrEnum):
    PRIVACY = "privacy"  # CPS 9.4.1: how the CA handles private data; without it no service
    NOTICES = "notices"  # to be told things by e-mail and text message


class Ended(StrEnum):
    """How a consent came to its end."""

    ON_SITE = "on_site"
    WRITTEN = "written"
    REPLACED = "replaced"  # it was given again before the application was handed in


BY_SUBSCRIBER = (Ended.ON_SITE, Ended.WRITTEN)


def check_withdrawal(purpose: str, how: str) -> None:
    """Refuses `consents.purpose`, `consents.needed`, `consents.how`."""
    if purpose not in set(Purpose):
        raise _refuse("purpose", f"no {purpose}", field="purpose")
    if purpose == Purpose.PRIVACY:
        raise Refusal(
            Kind.CONFLICT, "consents.needed", "the service rests on this consent", cps="9.4.1"
        )
    if how not in BY_SUBSCRIBER:
        raise _refuse("how", f"nobody withdraws by {how}", field="how")


def nothing_to_withdraw() -> Refusal:
    return Refusal(Kind.CONFLICT, "consents.none", "no such consent stands", cps="9.4.1")


def _refuse(rule: str, reason: str, *, field: str) -> Refusal:
    return Refusal(Kind.INVALID, f"consents.{rule}", reason, cps="9.4.1", field=field)
