from celery import shared_task
from django.utils import timezone

from people.trust import services


@shared_task(name="people.note_lapses")
def note_lapses(**_: object) -> None:
    """Write down what is about to lapse in the personnel files, and what has lapsed."""
    services.note_lapses(at=timezone.now())
