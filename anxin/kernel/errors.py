"""The one error that leaves a room on purpose."""

from enum import StrEnum


class Kind(StrEnum):
    """What a refusal means to the caller; one HTTP status each."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    NOT_READY = "not_ready"
    TOO_OFTEN = "too_often"


STATUS = {  # of HTTP
    Kind.INVALID: 422,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.NOT_READY: 503,
    Kind.TOO_OFTEN: 429,
}


class Refusal(Exception):
    """The system understood and says no.

    `rule` is a stable dotted code; `anxin/wording.py` has its sentence for people, `reason` is
    the English one for logs and machines. `field` names the input at fault, `cps` the clause,
    `details` fill the sentence.
    """

    def __init__(
        self,
        kind: Kind,
        rule: str,
        reason: str,
        *,
        cps: str = "",
        field: str = "",
        **details: object,
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.rule = rule
        self.reason = reason
        self.cps = cps
        self.field = field
        self.details = details


class Refusals(Refusal):
    """Several refusals at once: a form's worth, each with its own field."""

    def __init__(self, items: list[Refusal]) -> None:
        first = items[0]
        super().__init__(
            first.kind, first.rule, first.reason, cps=first.cps, field=first.field, **first.details
        )
        self.items = items
