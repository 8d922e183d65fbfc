from celery import shared_task
from django.utils import timezone

from ra.partners import services


@shared_task(name="ra.sweep_partners")
def sweep_partners(**_: object) -> None:
    services.sweep(at=timezone.now())
