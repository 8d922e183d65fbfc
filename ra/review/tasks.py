from celery import shared_task
from django.utils import timezone

from ra.review import alarms


@shared_task(name="ra.raise_alarms")
def raise_alarms(**_: object) -> None:
    alarms.raise_due(at=timezone.now())
