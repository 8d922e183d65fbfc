from collections.abc import Sequence

from celery import shared_task
from django.utils import timezone

from ra.domains import services


@shared_task(name="ra.check_names")
def check_names(*, proof_ids: Sequence[int], **_: object) -> None:
    services.check(proof_ids, at=timezone.now())


@shared_task(name="ra.sweep_names")
def sweep_names(**_: object) -> None:
    services.sweep(at=timezone.now())
