"""How the signer says that it is well, and that it is not."""

import pytest

from pki import keys
from pki.errors import TokenError
from tests.support.signer import found

USER = keys.generate("sm2").public


def failed(report: dict) -> list[tuple[str, str]]:
    return [(c["name"], c["rule"]) for c in report["checks"] if c["outcome"] == "failed"]


def test_the_self_test_asks_device_and_every_key_and_is_written_down(hsm_signer):
    """CPS-6.2.11"""
    one = hsm_signer().start()
    client = one.client()
    for algorithm in ("ec-p256", "rsa-2048", "sm2"):
        found(client, algorithm, algorithm)
    left = client.custody()["signatures_left"]

    report = client.self_test()

    assert report["passed"]
    assert not failed(report)
    tested = {(check["about"], check["name"]) for check in report["checks"]}
    assert tested >= {("key", "ec-p256"), ("key", "rsa-2048"), ("key", "sm2")}
    assert {about for about, _ in tested} == {"program", "device", "key"}
    assert report["facts"]["label"] == "lab"
    assert "ECDSA" in report["abilities"]
    assert client.custody()["signatures_left"] == left - 3
    (line,) = one.events("self_tested")
    assert (line["passed"], line["failed"]) == (True, [])


def test_a_sealed_signer_tests_nothing_and_says_so(signer):
    """CPS-6.2.8"""
    client = signer.client()
    client.lock()

    with pytest.raises(TokenError) as refused:
        client.self_test()

    assert (refused.value.rule, refused.value.permanent) == ("signer.sealed", False)


def test_a_lost_device_fails_its_keys_until_it_signs_again(hsm_signer, softhsm):
    """CPS-6.2.11"""
    client = hsm_signer().start().client()
    office = found(client, "issuing", "ec-p256")
    found(client, "other", "ec-p256")
    assert client.health()["failing"] == {}
    away = softhsm.tokens.with_name("away")
    softhsm.tokens.rename(away)

    seen, tbs = [], office.tbs(USER)
    for _ in range(2):
        with pytest.raises(TokenError):
            client.sign_one("issuing", "certificate", tbs)
        seen.append(client.health()["failing"]["issuing"])
    assert [one["rule"] for one in seen] == ["token.device"] * 2
    assert len({one["since"] for one in seen}) == 1
    assert set(client.health()["failing"]) == {"issuing"}
    report = client.self_test()
    assert not report["passed"]
    assert {name for name, _ in failed(report)} >= {"issuing", "other"}
    assert set(client.health()["failing"]) == {"issuing", "other"}

    away.rename(softhsm.tokens)
    assert client.sign_one("issuing", "certificate", tbs)
    assert set(client.health()["failing"]) == {"other"}
    assert client.self_test()["passed"]
    assert client.health()["failing"] == {}


def test_a_signer_that_is_sealed_fails_no_key(hsm_signer, softhsm):
    one = hsm_signer().start()
    client = one.client()
    office = found(client, "issuing", "ec-p256")
    away = softhsm.tokens.with_name("away")
    softhsm.tokens.rename(away)
    with pytest.raises(TokenError):
        client.sign_one("issuing", "certificate", office.tbs(USER))

    client.lock()
    away.rename(softhsm.tokens)
    one.activate()

    assert client.health()["failing"] == {}
