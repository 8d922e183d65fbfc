from celery import shared_task
from django.utils import timezone

from ca.overview import services


@shared_task(name="ca.note_signer")
def note_signer(**_: object) -> None:
    services.note_signer(at=timezone.now())
