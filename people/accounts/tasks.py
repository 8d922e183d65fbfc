from celery import shared_task
from django.utils import timezone

from people.accounts import reminders


@shared_task(name="people.tell_of_passwords")
def tell_of_passwords(**_: object) -> None:
    """Mail to those whose password has to be changed soon."""
    reminders.tell_of_passwords(at=timezone.now())
