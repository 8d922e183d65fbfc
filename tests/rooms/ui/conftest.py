"""The counter of the registration authority, with browsers for the people who work there."""

import pytest

from tests.rooms.ra.conftest import (  # noqa: F401
    counter,
    evidence_dir,
    founded,
    house,
    live_counter,
)
from tests.support.people import signed_in


@pytest.fixture
def chen(counter):  # noqa: F811
    """The operator's browser."""
    return signed_in(counter.chen)


@pytest.fixture
def ren(counter):  # noqa: F811
    """The reviewer's browser."""
    return signed_in(counter.ren)
