from celery import shared_task
from django.utils import timezone

from people.sessions import traces


@shared_task(name="people.forget_traces")
def forget_traces(**_: object) -> None:
    """Drop what has been kept long enough of where somebody was (WP-5.3b)."""
    traces.forget_traces(at=timezone.now())
