"""What declared values are compared with: the request, and what was verified before (CPS 4.2.1)."""

from collections.abc import Mapping, Sequence

from pki import requests
from ra.applicants.kinds import kind_of
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.queries import Content
from ra.applications.rules import State

MOST = 50  # other applications of one subscriber that are looked at
NOTHING = Content({}, "", b"")
# What stands is what was reviewed: others can be edited unseen, or were withdrawn for a reason.
STANDING = (State.APPROVED, State.ISSUED, State.ACCEPTED)


def of_subject(row: Application) -> list[Application]:
    """Other applications with the same document, newest first, of every office."""
    if row.document_index is None:
        return []
    others = Application.objects.filter(document_index=bytes(row.document_index))
    others = others.exclude(pk=row.pk).select_related("office", "dossier")
    return list(others.order_by("-pk")[:MOST])


def verified_before(row: Application, others: Sequence[Application]) -> Application | None:
    """The latest application of the same subscriber before this one that was approved and stands.

    One whose certificate was refused or revoked is no witness.
    """
    return next(
        (
            other
            for other in others
            if other.state in STANDING
            and other.certificate_state in {"", "valid"}
            and other.pk < row.pk
            and other.subscriber_id == row.subscriber_id
        ),
        None,
    )


def known(row: Application) -> Mapping[str, str]:
    """What was verified for this subscriber before; empty for a new one."""
    before = verified_before(row, of_subject(row))
    return applications.content(before).fields if before else {}


def in_request(row: Application, content: Content) -> dict[str, str]:
    """What the certificate request names the applicant: their own word once more, by field."""
    asked = requests.parse(content.request).subject if content.request else None
    return {kind_of(row.profile).title: (asked.get("CN") if asked else None) or ""}


def agrees(value: str, in_request: str, known: str, *, denied: bool = False) -> bool | None:
    """Whether the sources bear the applicant out; None: nothing but their own word.

    A request can only contradict: whoever typed the value made the request as well. So does an
    authority source that has `denied` it; one that bears it out spares nobody a look.
    """
    if denied or any(other not in ("", value) for other in (in_request, known)):
        return False
    return True if known else None
