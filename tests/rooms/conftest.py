import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet():
    """The limits of `anxin.kernel.limits` are counted in this process's memory."""
    cache.clear()
