from celery import shared_task
from django.utils import timezone

from ca.endings import working


@shared_task(name="ca.run_endings")
def run_endings(**_: object) -> None:
    working.run(at=timezone.now())
