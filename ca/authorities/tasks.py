from celery import shared_task
from django.utils import timezone

from ca.authorities import services


@shared_task(name="ca.retire_authorities")
def retire_authorities(**_: object) -> None:
    services.retire(at=timezone.now())
