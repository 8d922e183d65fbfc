from celery import shared_task
from django.utils import timezone

from ca.operators import services


@shared_task(name="ca.certify_operators")
def certify_operators(**_: object) -> None:
    """Order certificates for the keys of staff that have none, or none for long."""
    services.certify(at=timezone.now())
