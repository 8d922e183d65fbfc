from collections.abc import Sequence

from celery import shared_task
from django.utils import timezone

from ra.handover import services


@shared_task(name="ra.hand_over")
def hand_over(*, certificate_ids: Sequence[int], **_: object) -> None:
    services.hand_over(certificate_ids, at=timezone.now())


@shared_task(name="ra.sweep_issued")
def sweep_issued(**_: object) -> None:
    services.sweep_issued(at=timezone.now())


@shared_task(name="ra.sweep_status")
def sweep_status(**_: object) -> None:
    services.sweep_status(at=timezone.now())


@shared_task(name="ra.note_status")
def note_status(*, certificate_ids: Sequence[int], **_: object) -> None:
    services.note_status(certificate_ids, at=timezone.now())
