from celery import shared_task
from django.utils import timezone

from ra.notices import services


@shared_task(name="ra.send_notices")
def send_notices(**_: object) -> None:
    services.send_due(at=timezone.now())


@shared_task(name="ra.tell_of_endings")
def tell_of_endings(**_: object) -> None:
    services.tell_of_endings(at=timezone.now())


@shared_task(name="ra.remind_expiring")
def remind_expiring(**_: object) -> None:
    services.remind_expiring(at=timezone.now())
