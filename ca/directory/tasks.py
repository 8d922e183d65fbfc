from celery import shared_task
from django.utils import timezone

from ca.directory import services


@shared_task(name="ca.publish")
def publish(**_: object) -> None:
    services.publish(at=timezone.now())
