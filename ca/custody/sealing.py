"""Workers carry out the orders to seal the keys, waiting for nobody (CPS 6.2.9).

An order is proved, then goes to every signer by itself: the one that answers is sealed and may be
activated again, the one that is away is sealed when it comes back, before it signs anything
(`ca.keys.clients.at`).
"""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from anxin.kernel.jobs import each, enqueue
from audit.log import advance
from ca.custody import delivery, orders
from ca.custody.models import Activation, StopOrder
from ca.custody.rules import State, StopState
from ca.keys import services as keys
from pki.errors import PkiError

log = logging.getLogger(__name__)
UNREADABLE = "stop.record"  # written by somebody else: the next order is not kept waiting


def seal(*, at: datetime) -> int:
    """Seal whatever is to be sealed and answers; how many orders that brought to their end."""
    ordered = StopOrder.objects.filter(state=StopState.ORDERED).order_by("pk")
    each(partial(_take_up, at=at), list(ordered.values_list("pk", flat=True)))
    sealed = [place for place in keys.places_due() if keys.seal(place, at=at)]
    return _note(sealed, at=at)


@transaction.atomic
def _take_up(order_id: int, *, at: datetime) -> bool:
    row = StopOrder.objects.select_for_update().get(pk=order_id)
    if row.state != StopState.ORDERED:
        return False  # another worker was faster
    try:
        orders.prove(row)
    except (Refusal, PkiError, KeyError, TypeError, ValueError, AttributeError) as why:
        log.error("order %s to seal the keys is not carried out: %s", row.pk, why)  # noqa: TRY400
        fault = why.rule if isinstance(why, Refusal | PkiError) else UNREADABLE
        StopOrder.objects.filter(pk=row.pk).update(fault=fault, done_at=at)
        advance(row, "refuse", actor=SYSTEM, at=at, how=row.how, fault=fault)
        return False
    keys.order_seal(row.pk)
    advance(row, "take_up", actor=SYSTEM, at=at, how=row.how)
    return True


@transaction.atomic
def _note(sealed: list[int], *, at: datetime) -> int:
    """What ends with it: activations there, and orders that have reached every signer."""
    under_way = StopOrder.objects.select_for_update().filter(state=StopState.SEALING)
    done = [row for row in under_way.order_by("pk") if not keys.still_due(row.pk)]
    for row in done:
        StopOrder.objects.filter(pk=row.pk).update(done_at=at)
        advance(row, "carry_out", actor=SYSTEM, at=at, how=row.how)
    there = Activation.objects.select_for_update().filter(place__in=sealed, state=State.ACTIVE)
    for active in there:
        delivery.end(active, "stopped", at=at)
    if sealed:
        enqueue("ca.note_signer")
    return len(done)
