from celery import shared_task
from django.utils import timezone

from ca.devices import services


@shared_task(name="ca.test_devices")
def test_devices(**_: object) -> None:
    services.test_devices(at=timezone.now())
