from celery import shared_task
from django.utils import timezone

from ra.evidence import services


@shared_task(name="ra.sweep_evidence")
def sweep_evidence(**_: object) -> None:
    services.sweep_orphans(at=timezone.now())
