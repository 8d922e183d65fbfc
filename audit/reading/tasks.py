import logging

from celery import shared_task
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from audit.reading import services

log = logging.getLogger(__name__)


@shared_task(name="audit.verify")
def verify(**_: object) -> None:
    """Walk along the whole chain (CPS 5.4.4); a broken one is an alarm."""
    if not services.verify(actor=SYSTEM, at=timezone.now()):
        log.critical("the journal's chain is broken: run manage.py verify_journal")
