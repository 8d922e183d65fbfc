"""The same signer with its keys in a PKCS#11 token. SoftHSM stands in for the device."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pki import keys, shares
from pki.errors import PkiError, Refused, TokenError
from pki.signer.custodyset import newcomers_digest
from tests.signer.conftest import OFFICER
from tests.signer.test_clients import together
from tests.support.signer import SERIAL, activate, found, hand_out, newcomers

USER = keys.generate("sm2").public
ALGORITHMS = {"sm2": "sm2-sm3", "rsa-2048": "rsa-sha256", "ec-p256": "ecdsa-sha256"}


def maps(pid: int | str) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


def test_keys_in_the_token_sign_and_come_back_after_a_restart(hsm_signer):
    one = hsm_signer().start()
    client = one.client()
    offices = [found(client, algorithm, algorithm) for algorithm in ALGORITHMS]
    one.kill()
    one.start()

    for office in offices:
        tbs = office.tbs(USER)
        signature = client.sign_one(office.label, "certificate", tbs)
        assert office.public.verify(tbs, signature, ALGORITHMS[office.label])
    assert client.health()["last_error"] is None


def test_how_the_token_guards_a_new_key_is_read_back_into_the_book(hsm_signer):
    """CPS-6.1.1a, CPS-6.2.1: it was made there, and no means of the token gets it out."""
    one = hsm_signer().start()
    client = one.client()
    for algorithm in ("rsa-2048", "ec-p256", "sm2"):
        client.generate(algorithm, algorithm, ["certificate"])

    *devices, wrapped = (line["guard"] for line in one.events("generated"))
    held = ("LOCAL", "SENSITIVE", "ALWAYS_SENSITIVE", "NEVER_EXTRACTABLE")
    free = ("EXTRACTABLE", "WRAP_WITH_TRUSTED")
    assert devices == [dict.fromkeys(held, True) | dict.fromkeys(free, False)] * 2
    assert wrapped == {}  # a software key, which the token seals


def test_every_key_says_where_it_lives(hsm_signer):
    client = hsm_signer().start().client()
    for algorithm in ("sm2", "ec-p256"):
        found(client, algorithm, algorithm)

    keys_there = client.keys()
    where = {key.label: (key.custody, key.custody_zh) for key in keys_there}

    assert where == {
        "sm2": ("software (HSM-wrapped)", "软件密钥（由密码设备包裹）"),
        "ec-p256": ("emulated device", "模拟密码设备密钥（仅供测试）"),
    }
    assert client.health()["custody"]["code"] == "emulated device"


def test_the_wrapped_key_is_sealed_by_the_token(hsm_signer):
    one = hsm_signer().start()
    found(one.client(), "issuing", "sm2")

    stored = json.loads((one.home / "wrapped" / "issuing.key").read_text())

    assert stored["algorithm"] == "sm2"
    one.terminate()
    (one.home / "wrapped" / "check").unlink()
    (one.home / "wrapped" / "issuing.key").rename(one.home / "wrapped" / "other.key")
    assert not_activated(one) == "token.device"


def test_private_keys_cannot_leave_the_token(hsm_signer, softhsm):
    """CPS-6.2.7: what the device lacks, SM2, is kept under a key that cannot leave it either."""
    one = hsm_signer().start()
    client = one.client()
    for algorithm in ALGORITHMS:
        found(client, algorithm, algorithm)
    one.terminate()

    attributes = inspected(softhsm, pin_of(one))

    assert attributes.keys() == {"rsa-2048", "ec-p256", "anxin-wrapping"}
    for found_there in attributes.values():
        assert found_there == {"SENSITIVE": True, "EXTRACTABLE": False, "PRIVATE": True}


def pin_of(one) -> str:
    """What nobody can know in earnest: two shares and the signer's files together."""
    key = shares.combine(each.share for each in one.custodians[:2])
    kept = json.loads((one.home / "custody.json").read_bytes())
    return shares.unwrap(key, kept["id"], bytes.fromhex(kept["wrapped"])).decode()


def test_after_two_shares_are_lost_the_officer_and_three_named_people_open_the_token(
    hsm_signer, softhsm
):
    """CPS-6.2.2, CPS-6.2.8: the keys are as they were, and nobody else is let in meanwhile."""
    one = hsm_signer().start()
    office, lost = found(one.client(), "issuing", "rsa-2048"), one.custodians
    one.terminate()
    officer_sets_pin(softhsm)
    for name in ("custody.json", "token-taken-over"):
        (one.home / name).unlink()
    one.newcomers, one.custodians, one.purpose = newcomers(), [], ""
    named = newcomers_digest([each.as_header() for each in one.newcomers])
    one.options += ("--first-custodians", named)
    client = one.start().client()

    with pytest.raises(Refused) as refused:
        hand_out(client, newcomers())
    assert refused.value.rule == "custody.first"
    one.activate("activate")

    tbs = office.tbs(USER)
    assert office.public.verify(tbs, client.sign_one("issuing", "certificate", tbs), "rsa-sha256")
    assert pin_of(one) != softhsm.pin
    with pytest.raises(Refused) as refused:
        activate(client, lost[:2], "activate")
    assert refused.value.rule == "shares.set"


def not_activated(one) -> str:
    """The rule by which the right shares do not open the token."""
    purpose, one.purpose = one.purpose, ""
    one.start()
    with pytest.raises(PkiError) as refused:
        one.activate(purpose)
    assert one.client().custody()["state"] == "sealed"
    one.terminate()
    one.purpose = purpose
    return refused.value.rule


def officer_sets_pin(softhsm) -> None:
    program = (
        "import sys, pkcs11\n"
        "token = pkcs11.lib(sys.argv[1]).get_token(token_label='lab')\n"
        "with token.open(rw=True, so_pin=sys.argv[2]) as session:\n"
        "    session.init_pin(sys.argv[3])\n"
    )
    subprocess.run(
        (sys.executable, "-c", program, module_of(softhsm), OFFICER, softhsm.pin),
        check=True,
        env={**os.environ, **softhsm.environment},
    )


def module_of(softhsm) -> str:
    return softhsm.options[softhsm.options.index("--module") + 1]


def inspected(softhsm, pin: str) -> dict[str, dict[str, bool]]:
    """Label and protection of every private and secret key, read by another program."""
    program = (
        "import json, sys, pkcs11\n"
        "from pkcs11 import Attribute as A, ObjectClass as C\n"
        "token = pkcs11.lib(sys.argv[1]).get_token(token_label='lab')\n"
        "names = ('SENSITIVE', 'EXTRACTABLE', 'PRIVATE')\n"
        "with token.open(user_pin=sys.argv[2]) as session:\n"
        "    print(json.dumps({o[A.LABEL]: {n: o[A[n]] for n in names}\n"
        "        for c in (C.PRIVATE_KEY, C.SECRET_KEY)\n"
        "        for o in session.get_objects({A.CLASS: c})}))\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", program, module_of(softhsm), pin),
        check=True,
        capture_output=True,
        env={**os.environ, **softhsm.environment},
    )
    return json.loads(done.stdout)


def test_only_the_signer_has_the_module_in_memory(hsm_signer):
    one = hsm_signer().start()
    found(one.client(), "issuing", "ec-p256")

    assert "softhsm" not in maps("self")
    assert "pkcs11" not in maps("self")
    try:
        assert "softhsm" in maps(one.process.pid)
    except PermissionError:
        assert os.geteuid() != 0  # not even its own user may look


def test_a_software_signer_loads_no_module(signer):
    found(signer.client(), "issuing")

    if os.geteuid() == 0:
        loaded = maps(signer.process.pid)
        assert "libcrypto.so.3" in loaded
        assert "softhsm" not in loaded
        assert "pkcs11" not in loaded


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256", "sm2"])
def test_eight_threads_sign_without_one_error(hsm_signer, algorithm):
    client = hsm_signer().start().client()
    office = found(client, "issuing", algorithm)

    def act(place: int) -> int:
        held = 0
        for turn in range(15):
            batch = [office.tbs(USER, serial=SERIAL + 100 * place + turn)] * 4
            for signature in client.sign("issuing", "certificate", batch):
                held += office.public.verify(batch[0], signature, ALGORITHMS[algorithm])
        return held

    assert together(8, act) == [60] * 8
    health = client.health()
    assert health["last_error"] is None
    assert health["counters"]["issuing"]["certificate"]["signed"] == 480


def test_four_signers_start_at_once_on_one_token(hsm_signer):
    first, *others = four = [hsm_signer(f"home-{place}") for place in range(4)]
    first.start()
    first.kill()
    first.share_custody(*others)
    for _ in range(5):
        for one in four:
            one.launch()
        assert [one.settled() for one in four] == [True] * 4, [one.said for one in four]

        together(4, lambda place: four[place].activate())

        assert [one.client().custody()["state"] for one in four] == ["active"] * 4

        for one in four:
            one.kill()


def test_two_signers_do_not_take_each_others_labels(hsm_signer):
    first, second = hsm_signer("one").start(), hsm_signer("two")
    first.share_custody(second)
    second.start()
    found(first.client(), "issuing", "ec-p256")

    with pytest.raises(Refused) as refused:
        second.client().generate("issuing", "rsa-2048", ["crl"])

    assert refused.value.rule == "token.label_taken"


def test_the_pin_a_token_came_with_is_replaced_at_the_first_activation(hsm_signer, softhsm):
    """CPS-6.4: nobody knows the new one."""
    one = hsm_signer().start()
    found(one.client(), "issuing", "ec-p256")
    one.terminate()

    assert pin_of(one) != softhsm.pin
    with pytest.raises(subprocess.CalledProcessError):
        inspected(softhsm, softhsm.pin)
    assert inspected(softhsm, pin_of(one))
    (one.home / "initial-pin").unlink()
    one.start()


def test_a_wrong_initial_pin_opens_nothing(hsm_signer):
    one = hsm_signer()
    (one.home / "initial-pin").write_text("00000000")

    assert not_activated(one) == "token.pin"


def test_a_token_that_goes_and_comes_back_is_used_again(hsm_signer, softhsm):
    one = hsm_signer().start()
    client = one.client()
    office = found(client, "issuing", "ec-p256")
    tbs = office.tbs(USER)
    away = softhsm.tokens.with_name("away")
    softhsm.tokens.rename(away)

    for _ in range(2):
        with pytest.raises(TokenError) as refused:
            client.sign_one("issuing", "certificate", tbs)
        assert refused.value.rule == "token.device"
        assert not refused.value.permanent
    assert client.health()["last_error"]["rule"] == "token.device"
    away.rename(softhsm.tokens)

    assert office.public.verify(tbs, client.sign_one("issuing", "certificate", tbs), "ecdsa-sha256")
    assert together(4, lambda _: len(client.sign("issuing", "certificate", [tbs] * 20))) == [20] * 4


def test_a_sealed_signer_signs_nothing_until_it_is_activated(hsm_signer):
    one = hsm_signer().start()
    client = one.client()
    offices = [found(client, algorithm, algorithm) for algorithm in ("ec-p256", "sm2")]
    client.lock()

    for office in offices:
        with pytest.raises(TokenError) as refused:
            client.sign_one(office.label, "certificate", office.tbs(USER))
        assert refused.value.rule == "signer.sealed"
    one.activate()
    for office in offices:
        assert client.sign_one(office.label, "certificate", office.tbs(USER))


def test_a_missing_module_or_token_is_told(hsm_signer):
    one = hsm_signer()
    right = one.options
    one.options = (*right, "--module", "/nowhere/libhsm.so")
    assert not_activated(one) == "token.module"
    one.options = (*right, "--token", "another")
    assert not_activated(one) == "token.device"


def test_the_pin_is_in_no_line_of_the_log(hsm_signer, softhsm):
    one = hsm_signer().start()
    found(one.client(), "issuing", "sm2")
    one.terminate()

    assert one.events("stopped")
    for pin in (softhsm.pin, pin_of(one)):
        assert pin not in str(one.said)
        for path in one.home.rglob("*"):
            if path.is_file() and path.name != "initial-pin":
                assert pin.encode() not in path.read_bytes()
