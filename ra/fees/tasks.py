from celery import shared_task
from django.utils import timezone

from ra.fees import services


@shared_task(name="ra.note_arrears")
def note_arrears(**_: object) -> None:
    services.note_arrears(at=timezone.now())
