from celery import shared_task
from django.utils import timezone

from ca.crl import services


@shared_task(name="ca.issue_crl")
def issue_crl(*, ca_id: int, **_: object) -> None:
    services.issue_crl(ca_id, at=timezone.now())


@shared_task(name="ca.issue_due_crls")
def issue_due_crls(**_: object) -> None:
    services.issue_due_crls(at=timezone.now())
