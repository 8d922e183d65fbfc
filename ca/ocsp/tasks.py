from celery import shared_task
from django.utils import timezone

from ca.ocsp import services


@shared_task(name="ca.answer_status")
def answer_status(*, certificate_ids: list[int], **_: object) -> None:
    services.answer_status(certificate_ids, at=timezone.now())


@shared_task(name="ca.answer_issued")
def answer_issued(*, certificate_ids: list[int], **_: object) -> None:
    """`answer_status` for new certificates, which has time (`LAST` in anxin/flows.py)."""
    services.answer_status(certificate_ids, at=timezone.now())


@shared_task(name="ca.sweep_status")
def sweep_status(**_: object) -> None:
    services.sweep_status(at=timezone.now())
