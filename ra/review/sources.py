"""What declared values are compared with: the request, and what was verified before (CPS 4.2.1)."""

from collections.abc import Mapping, Sequence

from pki import requests
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.queries import Content

MOST = 50  # other applications of one subscriber that are looked at
NOTHING = Content({}, "", b"")


def of_subject(row: Application) -> list[Application]:
    """Other applications with the same document, newest first, of every office."""
    if row.document_index is None:
        return []
    others = Application.objects.filter(document_index=bytes(row.document_index))
    others = others.exclude(pk=row.pk).select_related("office", "dossier")
    return list(others.order_by("-pk")[:MOST])


def verified_before(row: Application, others: Sequence[Application]) -> Application | None:
    """The latest approved application of the same subscriber before this one."""
    return next(
        (
            other
            for other in others
            if other.certificate_id
            and other.pk < row.pk
            and other.subscriber_id == row.subscriber_id
        ),
        None,
    )


def known(row: Application) -> Mapping[str, str]:
    """What was verified for this subscriber before; empty for a new one."""
    before = verified_before(row, of_subject(row))
    return applications.content(before).fields if before else {}


def in_request(content: Content) -> dict[str, str]:
    """What the certificate request says of the applicant."""
    asked = requests.parse(content.request).subject if content.request else None
    return {"name": (asked.get("CN") if asked else None) or ""}


def agrees(value: str, *others: str) -> bool | None:
    """Whether all say the same as the applicant; None: there is nothing to compare."""
    said = [other for other in others if other]
    return all(other == value for other in said) if said else None
