import secrets

from celery import shared_task
from django.utils import timezone

from ca.hierarchy import services


@shared_task(name="ca.renew_responders")
def renew_responders(**_: object) -> None:
    services.renew_responders(at=timezone.now(), entropy=secrets.token_bytes)
