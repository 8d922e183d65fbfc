import logging

from celery import shared_task
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from audit.journal.rules import Outcome
from audit.reading import services

log = logging.getLogger(__name__)


@shared_task(name="audit.verify")
def verify(**_: object) -> None:
    """Walk along the whole chain (CPS 5.4.4); one that is broken or unwitnessed is an alarm."""
    found = services.verify(actor=SYSTEM, at=timezone.now())
    if found is not Outcome.DONE:
        log.critical("the journal's chain is %s: run manage.py verify_journal", found)
