"""Settings of worker processes beside the tests: they follow no event of other houses."""

import os

from anxin.settings import *  # noqa: F403
from anxin.settings import FLOWS as ALL_FLOWS

FLOWS = {
    event: tuple(name for name in followers if name.startswith("ca."))
    for event, followers in ALL_FLOWS.items()
}
CELERY_BROKER_URL = os.getenv("ANXIN_TEST_BROKER", "")
CELERY_BEAT_SCHEDULE: dict[str, object] = {}
