"""Without a broker the act is done, and a sweep finds the work."""

import pytest
from celery import current_app
from django.db import transaction

from anxin.kernel.jobs import enqueue

NOBODY = "redis://127.0.0.1:1/0"


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_broker_that_is_down(settings, monkeypatch, caplog):
    def wait(seconds: float) -> None:
        raise AssertionError(f"{seconds} s of somebody's time")

    settings.CELERY_BROKER_URL = NOBODY
    monkeypatch.setattr(current_app.conf, "broker_url", NOBODY)
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)  # of another test's broker
    monkeypatch.setattr("kombu.utils.functional.sleep", wait)
    with transaction.atomic():
        enqueue("ca.run_ceremonies")

    assert "Connection refused" in caplog.text
    assert "somebody's time" not in caplog.text
