"""Who decides about people."""

import pytest

from people.api import Role
from tests.support.people import hire


@pytest.fixture
def tang():
    return hire("tang", Role.SECURITY_ADMIN)


@pytest.fixture
def gao():
    return hire("gao", Role.CA_ADMIN)
