from celery import shared_task
from django.utils import timezone

from people.trust import rotation, services


@shared_task(name="people.note_lapses")
def note_lapses(**_: object) -> None:
    """Write down what is about to lapse in the personnel files, and what has lapsed."""
    services.note_lapses(at=timezone.now())


@shared_task(name="people.note_rotations")
def note_rotations(**_: object) -> None:
    """Write down which posts are soon to pass to somebody else, and which should have."""
    rotation.note_rotations(at=timezone.now())
