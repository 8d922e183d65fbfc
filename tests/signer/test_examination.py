"""The self-test of a device, for every driver, on good days and bad ones."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pki import keys
from pki.hsm.examination import ABSENT, FAILED, PASSED, Report, examine
from pki.hsm.software import SecretSealer, SoftwareToken
from tests.signer.test_softhsm import pin_of
from tests.support.signer import ROOT, found
from tests.support.waiting import WITHIN

PROGRAM = {"SM3", "SM4", "SM2 key", "SM2 verification", "SM2 signature", "SM2 encryption"}


def outcomes(report: Report, about: str) -> dict[str, str]:
    return {check.name: check.outcome for check in report.checks if check.about == about}


def failures(report: Report) -> list[tuple[str, str]]:
    return [(check.name, check.rule) for check in report.checks if check.outcome == FAILED]


def told(*options: str, **environment: str) -> subprocess.CompletedProcess:
    """`python -m pki.hsm`, as an administrator calls it."""
    return subprocess.run(
        (sys.executable, "-m", "pki.hsm", *options),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )


@pytest.fixture
def software(tmp_path) -> SoftwareToken:
    directory = tmp_path / "software"
    token = SoftwareToken(directory, SecretSealer.for_directory(directory, b"unlock" * 4))
    token.generate("issuing", "sm2")
    token.generate("responder", "ec-p256")
    return token


def test_software_keys_are_examined(software):
    report = examine(software)

    assert report.passed
    assert set(outcomes(report, "program")) == PROGRAM
    assert outcomes(report, "key") == {"issuing": PASSED, "responder": PASSED}
    assert report.custody.code == "software"
    assert json.loads(json.dumps(report.as_json()))["passed"] is True


def test_a_key_that_is_missing_or_another_one_fails(software):
    wanted = {"issuing": keys.generate("sm2").public.spki, "root": keys.generate("sm2").public.spki}

    report = examine(software, wanted)

    assert not report.passed
    assert failures(report) == [("issuing", "token.other_key"), ("root", "token.no_such_key")]
    assert outcomes(report, "key")["responder"] == PASSED


def test_a_locked_token_is_told_key_by_key(software):
    wanted = {label: software.public_key(label) for label in software.labels()}
    software.lock()

    assert failures(examine(software, wanted)) == [
        ("keys", "token.locked"),
        ("issuing", "token.locked"),
        ("responder", "token.locked"),
    ]


def test_a_key_whose_signatures_do_not_hold_fails(software, monkeypatch):
    signature = software.sign("issuing", b"other words")
    monkeypatch.setattr(SoftwareToken, "sign", lambda self, label, message: signature)

    assert failures(examine(software)) == [
        ("issuing", "token.wrong_signature"),
        ("responder", "token.wrong_signature"),
    ]


def test_an_sdf_machine_is_examined(machine):
    machine.make(1), machine.make(3, "rsa-2048")
    token = machine.open()
    token.generate("issuing", "sm2")
    token.generate("rsa", "rsa-2048")

    report = examine(token)

    assert report.passed, report.checks
    assert outcomes(report, "device") == dict.fromkeys(
        ("information", "SM3", "SM2 verification", "random numbers"), PASSED
    )
    assert outcomes(report, "key") == {"issuing": PASSED, "rsa": PASSED}
    assert report.facts["serial"] == "0000000000000007"
    assert report.facts["standard"] == "GM/T 0018-2012"
    assert report.abilities == ("RSA", "SM2", "SM4", "SM3")


def test_what_a_machine_does_not_offer_is_no_failure(machine, monkeypatch):
    monkeypatch.setenv("SDF_WITHOUT_SM3", "1")

    report = examine(machine.open())

    assert report.passed
    assert outcomes(report, "device")["SM3"] == ABSENT


def test_a_machine_that_is_out_of_reach_fails_in_plain_words(machine, monkeypatch, tmp_path):
    machine.make(1)
    token = machine.open()
    token.generate("issuing", "sm2")
    (tmp_path / "down").touch()
    monkeypatch.setenv("SDF_DOWN", str(tmp_path / "down"))

    report = examine(token)

    assert [name for name, _ in failures(report)] == [
        *("information", "SM3", "SM2 verification", "random numbers", "issuing")
    ]
    assert {rule for _, rule in failures(report)} == {"token.device"}
    assert all(
        "no communication with the device" in check.reason
        for check in report.checks
        if check.outcome == FAILED
    )


def test_the_command_examines_a_machine(machine):
    machine.make(1)
    machine.open().generate("issuing", "sm2")
    machine.close()
    secret = ("--secret-file", str(machine.secret))
    options = (*machine.options(), "--home", str(machine.home), *secret)

    text, as_json = told(*options), told(*options, "--json")

    assert (text.returncode, as_json.returncode) == (0, 0)
    assert "passed   key      issuing" in text.stdout
    assert "everything holds" in text.stdout
    assert json.loads(as_json.stdout)["custody"]["code"] == "emulated device"
    bad = told(*options, SDF_BAD_SIGNATURE="1")
    assert bad.returncode == 1
    assert "token.wrong_signature: The signature does not hold" in bad.stdout
    assert "something does not hold" in bad.stdout
    machine.unlock("87654321")
    refused = told(*options)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "token.pin: The device does not grant the right to key 1" in refused.stderr
    assert "87654321" not in refused.stderr


def test_the_command_examines_a_pkcs11_token(hsm_signer, softhsm):
    one = hsm_signer().start()
    for label, algorithm in (("issuing", "ec-p256"), ("rsa", "rsa-2048"), ("national", "sm2")):
        found(one.client(), label, algorithm)
    one.terminate()
    secret = ("--secret-file", str(opening(one)))

    done = told(*softhsm.options, "--home", str(one.home), "--json", *secret, **softhsm.environment)

    report = json.loads(done.stdout)
    assert done.returncode == 0, done
    assert report["passed"]
    assert report["facts"]["label"] == "lab"
    assert "SoftHSM" in report["facts"]["model"]
    assert {"ECDSA", "RSA_PKCS", "SHA256"} <= set(report["abilities"])
    found_there = {(check["about"], check["name"]): check["outcome"] for check in report["checks"]}
    assert found_there["device", "SHA-256"] == found_there["device", "random numbers"] == PASSED
    for label in ("issuing", "rsa", "national"):
        assert found_there["key", label] == PASSED


def opening(one) -> Path:
    """A file with what custodians' shares set free."""
    file = one.home / "opening"
    file.touch(mode=0o600)
    file.write_text(pin_of(one))
    return file


def test_the_command_examines_software_keys(signer):
    found(signer.client(), "issuing", "sm2")

    done = told("--home", str(signer.home), "--secret-file", str(opening(signer)))

    assert done.returncode == 0, done
    assert "custody      software key" in done.stdout
    assert "passed   key      issuing" in done.stdout
