import secrets

from celery import shared_task
from django.utils import timezone

from ca.ceremonies import archiving, working


@shared_task(name="ca.run_ceremonies")
def run_ceremonies(**_: object) -> None:
    working.run(at=timezone.now(), entropy=secrets.token_bytes)
    archiving.run(at=timezone.now())
