from celery import shared_task
from django.utils import timezone

from people.notices import services


@shared_task(name="people.send_notices")
def send_notices(**_: object) -> None:
    services.send_due(at=timezone.now())
