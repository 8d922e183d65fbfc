import secrets

from celery import shared_task
from django.utils import timezone

from ca.signing import services


@shared_task(name="ca.sign_orders")
def sign_orders(*, ca_id: int, **_: object) -> None:
    services.sign_orders(ca_id, at=timezone.now(), entropy=secrets.token_bytes)


@shared_task(name="ca.sweep_orders")
def sweep_orders(**_: object) -> None:
    services.sweep_orders(at=timezone.now(), entropy=secrets.token_bytes)


@shared_task(name="ca.sweep_replaced")
def sweep_replaced(**_: object) -> None:
    services.sweep_replaced(at=timezone.now())
