from celery import shared_task
from django.utils import timezone

from ra.online import alarms, taking


@shared_task(name="ra.shred_submissions")
def shred_submissions(**_: object) -> None:
    taking.shred_old(at=timezone.now())


@shared_task(name="ra.alarm_requests")
def alarm_requests(**_: object) -> None:
    alarms.raise_due(at=timezone.now())
