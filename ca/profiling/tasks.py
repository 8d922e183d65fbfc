from celery import shared_task
from django.utils import timezone

from ca.profiling import services


@shared_task(name="ca.begin_profiles")
def begin_profiles(**_: object) -> None:
    services.begin_due(at=timezone.now())
