from celery import shared_task
from django.utils import timezone

from ca.custody import drills, noting, sealing


@shared_task(name="ca.tend_custody")
def tend_custody(**_: object) -> None:
    noting.tend(at=timezone.now())


@shared_task(name="ca.seal_signer")
def seal_signer(**_: object) -> None:
    sealing.seal(at=timezone.now())


@shared_task(name="ca.watch_custody")
def watch_custody(**_: object) -> None:
    drills.watch(at=timezone.now())
