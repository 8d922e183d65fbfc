"""The Celery app; workers and beat start with `celery -A anxin.celery_app`."""

import os
from pathlib import Path

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anxin.settings")

app = Celery("anxin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks(force=False)


@worker_ready.connect
def say_ready(**_: object) -> None:
    """For whoever waits: a worker that lives may still be far from taking its first task."""
    if path := os.getenv("ANXIN_READY_FILE"):
        Path(path).touch()
