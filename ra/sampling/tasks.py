import secrets

from celery import shared_task
from django.utils import timezone

from ra.sampling import services


@shared_task(name="ra.draw_rechecks")
def draw_rechecks(**_: object) -> None:
    services.draw_due(secrets.token_hex(16), at=timezone.now())
