"""Settings of a worker process beside the tests: it follows no event of other houses."""

from anxin.settings import *  # noqa: F403
from anxin.settings import FLOWS as ALL_FLOWS

FLOWS = {
    event: tuple(name for name in followers if name.startswith("ca."))
    for event, followers in ALL_FLOWS.items()
}
CELERY_BROKER_URL = ""
