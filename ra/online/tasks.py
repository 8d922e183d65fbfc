from celery import shared_task
from django.utils import timezone

from ra.online import taking


@shared_task(name="ra.shred_submissions")
def shred_submissions(**_: object) -> None:
    taking.shred_old(at=timezone.now())
