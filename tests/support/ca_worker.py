"""python -m tests.support.ca_worker: a worker of its own that signs until nothing waits."""

import os
import secrets
import sys
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anxin.settings")
django.setup()

from ca.issuing.models import Certificate  # noqa: E402 -- needs the settings
from ca.issuing.rules import WAITING  # noqa: E402
from ca.signing.services import sweep_orders  # noqa: E402

sys.stdout.write("ready\n")
sys.stdout.flush()
while Certificate.objects.filter(state__in=[state.value for state in WAITING]).exists():
    sweep_orders(at=datetime.now(UTC), entropy=secrets.token_bytes)
