"""A program that is not there: skipped at a desk, a failure where `CI` is set."""

import re
from pathlib import Path

import pytest

from tests.oracles.refusals import missing

TESTS = Path(__file__).resolve().parents[1]
WITHOUT_ROOT = {"services/test_home.py", "services/test_separation.py"}


def test_at_a_desk_the_test_is_skipped_with_the_way_to_get_it(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"apt-get install .* libbcpkix-java"):
        missing("BouncyCastle", "libbcpkix-java")


def test_in_continuous_integration_it_is_a_failure(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="BouncyCastle is not installed"):
        missing("BouncyCastle", "libbcpkix-java")


def test_nobody_else_skips_for_want_of_a_program():
    skipping = {
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("*.py")
        if re.search(r"pytest\.skip\(", path.read_text())
    }
    assert skipping == {"oracles/refusals.py"} | WITHOUT_ROOT
