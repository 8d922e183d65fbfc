"""The three independent verifiers as fixtures for every test, one of each per session."""

from collections.abc import Iterator

import pytest

from tests.oracles.bouncycastle import BouncyCastle
from tests.oracles.linter import Pkilint
from tests.oracles.openssl import OpenSsl


@pytest.fixture(scope="session")
def bouncycastle() -> Iterator[BouncyCastle]:
    with BouncyCastle() as verifier:
        yield verifier


@pytest.fixture(scope="session")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> OpenSsl:
    return OpenSsl(tmp_path_factory.mktemp("openssl"))


@pytest.fixture(scope="session")
def pkilint() -> Pkilint:
    return Pkilint()
