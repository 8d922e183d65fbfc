"""What every independent verifier raises, and what happens where one is not installed."""

import os
from typing import NoReturn

import pytest


class OracleRefused(AssertionError):
    """An independent implementation does not accept what it was shown; the text is its own."""


def missing(program: str, debian_package: str) -> NoReturn:
    """Skip on a desk without the program; where `CI` is set its absence is a failure."""
    sentence = (
        f"{program} is not installed: apt-get install --no-install-recommends {debian_package}"
    )
    if os.environ.get("CI"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
