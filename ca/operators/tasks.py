from celery import shared_task
from django.utils import timezone

from ca.operators import services


@shared_task(name="ca.certify_operators")
def certify_operators(**_: object) -> None:
    """Order certificates for the keys of staff that have none."""
    services.certify(at=timezone.now())


@shared_task(name="ca.tell_of_operators")
def tell_of_operators(**_: object) -> None:
    """Mail to staff whose certificates end soon."""
    services.tell_of_ends(at=timezone.now())
