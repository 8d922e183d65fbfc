from celery import shared_task
from django.utils import timezone

from people.approvals import services


@shared_task(name="people.expire_approvals")
def expire_approvals(**_: object) -> None:
    """End approvals nobody decided in time."""
    services.expire(at=timezone.now())
