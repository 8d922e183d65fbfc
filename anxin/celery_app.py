"""The Celery app; workers and beat start with `celery -A anxin.celery_app`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anxin.settings")

app = Celery("anxin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks(force=False)
