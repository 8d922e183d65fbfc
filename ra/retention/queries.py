"""Applications whose evidence has been kept long enough (CPS 3.2.2, 3.2.3)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from anxin.kernel.actors import Actor
from people.api import Waiting, waiting
from ra.applicants.models import Subscriber
from ra.applications.models import Application
from ra.applications.rules import ENDED, State
from ra.branches.queries import in_sight
from ra.disclosures.models import DisclosureCase
from ra.disclosures.rules import UNFINISHED
from ra.fees.models import FeeOrder
from ra.fees.rules import REFUNDS
from ra.invoices.models import Invoice
from ra.invoices.rules import State as InvoiceState
from ra.retention import rules

DESTROY = "ra.destroy_evidence"
SUBJECT = "ra.retention"  # of all proposals: one waits at a time

_LIFE = ExpressionWrapper(
    F("days") * Value(timedelta(days=1), output_field=DurationField()),
    output_field=DurationField(),
)
_ENDED = Case(
    When(state__in=ENDED, then=Coalesce("decided_at", "submitted_at")),
    default=ExpressionWrapper(F("issued_at") + _LIFE, output_field=DateTimeField()),
    output_field=DateTimeField(),
)


@dataclass(frozen=True, slots=True)
class Line:
    """`ended`: the certificate, or the application that came to nothing."""

    number: str
    masked_name: str
    profile: str
    ended: datetime
    kept_until: datetime


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """At most `rules.MOST` lines."""

    lines: tuple[Line, ...]
    count: int
    years: int
    waiting: Waiting


def page(actor: Actor, *, at: datetime) -> RetentionPage:
    rows = due(actor, at=at)
    return RetentionPage(
        lines=tuple(_line(row, row.ended) for row in rows.order_by("ended", "pk")[: rules.MOST]),
        count=rows.count(),
        years=_years(),
        waiting=waiting(DESTROY, SUBJECT, actor),
    )


def due(actor: Actor, *, at: datetime) -> QuerySet[Any]:
    """Applications with `ended`, in this person's sight.

    Not: what a later certificate rests on (CPS 4.6, 4.7), what somebody is to be shown by law or
    consent, what money is still to go back for, what an invoice is still to be issued for.
    """
    successors = Application.objects.filter(
        predecessor_id=OuterRef("certificate_id"), destroyed_at__isnull=True
    )
    cases = DisclosureCase.objects.filter(application=OuterRef("pk"), state__in=UNFINISHED)
    refunds = FeeOrder.objects.filter(application=OuterRef("pk"), state__in=REFUNDS)
    invoices = Invoice.objects.filter(order__application=OuterRef("pk"), state=InvoiceState.ASKED)
    return (
        Application.objects.annotate(ended=_ENDED)
        .filter(
            in_sight(actor),
            state__in=[*ENDED, State.ISSUED, State.ACCEPTED],
            round__gt=0,  # drafts are shredded when they are cancelled
            destroyed_at__isnull=True,
            ended__lte=rules.long_ago(at, _years()),
        )
        .exclude(Exists(successors))
        .exclude(Exists(cases))
        .exclude(Exists(refunds))
        .exclude(Exists(invoices))
    )


def gone(subscriber_ids: Collection[int]) -> list[Subscriber]:
    """Those of them, and of who answers for them (CPS 1.4.3), of whom nothing is kept any more.

    Locked: whoever comes back just now is found before, or entered anew after.
    """
    owners = Subscriber.objects.filter(devices__in=subscriber_ids).values("pk")
    asked = Q(pk__in=subscriber_ids) | Q(pk__in=owners)
    found = list(Subscriber.objects.select_for_update().filter(asked).order_by("pk"))
    ids = [row.pk for row in found]
    about = Q(subscriber__in=ids) | Q(subscriber__responsible__in=ids)
    kept = Application.objects.filter(about, destroyed_at__isnull=True)
    cancelled_drafts = Q(state=State.CANCELLED, round=0)  # shredded when they were cancelled
    pairs = kept.exclude(cancelled_drafts).values_list("subscriber", "subscriber__responsible")
    living = {one for pair in pairs for one in pair}
    return [row for row in found if row.pk not in living]


def _years() -> int:
    return rules.years(settings.RETENTION_YEARS)


def _line(row: Application, ended: datetime) -> Line:
    until = rules.kept_until(ended, _years())
    return Line(row.number, row.masked_name, row.profile, ended, until)
