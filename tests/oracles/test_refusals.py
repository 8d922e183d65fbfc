"""A verifier that is not there: skipped at a desk, a failure where `CI` is set."""

import pytest

from tests.oracles.refusals import missing


def test_at_a_desk_the_test_is_skipped_with_the_way_to_get_it(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"apt-get install .* libbcpkix-java"):
        missing("BouncyCastle", "libbcpkix-java")


def test_in_continuous_integration_it_is_a_failure(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="BouncyCastle is not installed"):
        missing("BouncyCastle", "libbcpkix-java")
