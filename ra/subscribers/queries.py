"""One subscriber and everything about him, as far as a person's office may see it (CPS 1.4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from ca import api as ca
from ra.applicants.models import Subscriber
from ra.consents import queries as consents
from ra.consents.queries import Line as Consented
from ra.fees import queries as fees
from ra.fees.queries import OrderView
from ra.holds import queries as holds
from ra.holds.queries import HoldView
from ra.notices import queries as notices
from ra.notices.queries import NoticeView
from ra.review.queries import Page, Row, of_subscriber
from ra.revocations import queries as revocations
from ra.revocations.queries import RequestView


@dataclass(frozen=True, slots=True)
class SubscriberView:
    """Nothing is unsealed: the name is masked, as the latest application has it.

    `page` are applications, newest first; what follows is about these alone.
    """

    id: int
    number: str
    kind: str
    masked_name: str
    known_since: datetime
    page: Page
    certificates: tuple[ca.CertificateView, ...]
    requests: tuple[RequestView, ...]
    holds: tuple[HoldView, ...]
    fees: tuple[OrderView, ...]
    consents: tuple[Consented, ...]
    notices: tuple[NoticeView, ...]


def unknown(subscriber_id: object) -> Refusal:
    """The same for who is not there and for who never applied in this person's sight."""
    return Refusal(
        Kind.NOT_FOUND, "subscribers.unknown", f"no subscriber {subscriber_id}", cps="1.4.2"
    )


def subscriber(
    subscriber_id: int, actor: Actor, *, after: str = "", at: datetime
) -> SubscriberView:
    """Fifty applications and what belongs to them. Refuses `subscribers.unknown`."""
    page = of_subscriber(subscriber_id, actor, after=after, at=at)
    if not page.rows:
        raise unknown(subscriber_id)
    row = Subscriber.objects.only("number", "kind", "known_since").get(pk=subscriber_id)
    ids = [application.id for application in page.rows]
    return SubscriberView(
        id=row.pk,
        number=row.number,
        kind=row.kind,
        masked_name=page.rows[0].masked_name,
        known_since=row.known_since,
        page=page,
        certificates=tuple(_certificates(page.rows)),
        requests=tuple(revocations.of_applications(ids, actor)),
        holds=tuple(holds.of_applications(ids, actor)),
        fees=tuple(fees.of_applications(ids, actor)),
        consents=tuple(consents.of_applications(ids, actor)),
        notices=tuple(notices.of_applications(ids, actor)),
    )


def _certificates(rows: Sequence[Row]) -> list[ca.CertificateView]:
    found = ca.certificates(row.certificate_id for row in rows if row.certificate_id)
    return sorted(found, key=lambda one: one.id, reverse=True)
