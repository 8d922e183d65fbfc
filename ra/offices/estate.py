"""What an office leaves to another when it stops (CPS 5.8): one definition for list and act."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from anxin.kernel.actors import Actor
from ra.applications.models import Application
from ra.applications.rules import ENDED, State
from ra.branches.queries import OfficeView, seen_office
from ra.fees.models import FeeOrder
from ra.fees.rules import REFUNDS, UNPAID
from ra.holds.models import HoldRequest
from ra.online.models import Submission
from ra.online.rules import UNSETTLED
from ra.requests.models import CertificateRequest
from ra.requests.rules import State as RequestState
from ra.revocations.models import RevocationRequest

PAGE = 200
REQUESTS: tuple[type[CertificateRequest], ...] = (RevocationRequest, HoldRequest)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that goes over; `state` as its own list of names calls it."""

    number: str
    masked_name: str
    state: str


@dataclass(frozen=True, slots=True)
class Counts:
    """`applications` are the open ones, `submissions` what came in online and waits,
    `certificates` those that only have a certificate left.
    """

    applications: int
    submissions: int
    certificates: int
    requests: int
    fees: int


@dataclass(frozen=True, slots=True)
class Estate:
    """At most 200 of each; `counts` are whole."""

    office: OfficeView
    counts: Counts
    applications: tuple[Item, ...]
    revocations: tuple[Item, ...]
    holds: tuple[Item, ...]
    fees: tuple[Item, ...]


def applications(office_id: int) -> QuerySet[Application]:
    """All that go over: what is over stays, unless money is still to go back."""
    owed = FeeOrder.objects.filter(state__in=REFUNDS).values("application_id")
    rows = Application.objects.filter(office_id=office_id)
    return rows.filter(~Q(state__in=ENDED) | Q(pk__in=owed))


def open_applications(office_id: int) -> QuerySet[Application]:
    """Those somebody has to act on; the others have a certificate, and that is all."""
    return applications(office_id).exclude(state=State.ACCEPTED)


def requests(kind: type[CertificateRequest], office_id: int) -> QuerySet[Any]:
    rows = kind._default_manager.filter(office_id=office_id)
    return rows.filter(state=RequestState.REQUESTED)


def submissions(office_id: int) -> QuerySet[Submission]:
    return Submission.objects.filter(office_id=office_id, state__in=UNSETTLED)


def fees(office_id: int) -> QuerySet[FeeOrder]:
    """They follow their applications."""
    rows = FeeOrder.objects.filter(application__in=applications(office_id))
    return rows.filter(state__in=[*UNPAID, *REFUNDS])


def counts(office_id: int) -> Counts:
    rows = applications(office_id)
    return Counts(
        applications=open_applications(office_id).count(),
        submissions=submissions(office_id).count(),
        certificates=rows.filter(state=State.ACCEPTED).count(),
        requests=sum(requests(kind, office_id).count() for kind in REQUESTS),
        fees=fees(office_id).count(),
    )


def estate(code: str, actor: Actor) -> Estate:
    """Refuses `branches.unknown`, also for an office out of this person's sight."""
    office = seen_office(code, actor)
    return Estate(
        office=office,
        counts=counts(office.id),
        applications=tuple(
            Item(row.number, row.masked_name, row.state)
            for row in open_applications(office.id).order_by("pk")[:PAGE]
        ),
        revocations=_asked(RevocationRequest, office.id),
        holds=_asked(HoldRequest, office.id),
        fees=tuple(
            Item(row.number, row.application.masked_name, row.state)
            for row in fees(office.id).select_related("application").order_by("pk")[:PAGE]
        ),
    )


def _asked(kind: type[CertificateRequest], office_id: int) -> tuple[Item, ...]:
    rows = requests(kind, office_id).select_related("application").order_by("pk")
    return tuple(Item(row.number, row.application.masked_name, row.state) for row in rows[:PAGE])
