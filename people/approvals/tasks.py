from celery import shared_task
from django.utils import timezone

from people.approvals import services, telling


@shared_task(name="people.tell_checkers")
def tell_checkers(**_: object) -> None:
    """Mail to those who can decide what nobody was told of yet."""
    telling.tell_checkers(at=timezone.now())


@shared_task(name="people.expire_approvals")
def expire_approvals(**_: object) -> None:
    """End approvals nobody decided in time."""
    services.expire(at=timezone.now())
