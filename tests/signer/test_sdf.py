"""Keys in a machine with an SDF library (GM/T 0018). A device of our own stands in for it.

What it does to its callers, real ones do; which is which says `sdf_device/device.c`.
"""

import base64
import json
import shutil
from pathlib import Path

import pytest

from pki import certificates, keys, publickeys
from pki.errors import PkiError, Refused, TokenError
from pki.hsm.sdf import SdfToken
from pki.hsm.sdf_device import SdfDevice
from pki.hsm.sdf_profiles import PROFILES
from pki.signer.custodyset import newcomers_digest
from tests.signer.conftest import compiled
from tests.signer.machine import INDEXES, PASSWORD
from tests.signer.test_clients import together
from tests.support.signer import NOW, activate, forked, found, hand_out, newcomers

USER = keys.generate("sm2").public
NAMES = {"sm2": "sm2-sm3", "rsa-2048": "rsa-sha256"}


def rule_of(act, kind: type[PkiError] = TokenError) -> str:
    with pytest.raises(kind) as refused:
        act()
    return refused.value.rule


def holds(token: SdfToken, label: str, message: bytes = b"message") -> bool:
    public = publickeys.parse(token.public_key(label))
    algorithm = NAMES["rsa-2048" if public.algorithm == "rsa" else "sm2"]
    return public.verify(message, token.sign(label, message), algorithm)


# -- keys and signatures ------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["standard", "narrow"])
@pytest.mark.parametrize("label", ["issuing", "rsa"])
def test_openssl_verifies_what_the_machine_signs(machine, monkeypatch, openssl, vendor, label):
    monkeypatch.setenv("SDF_FIELD", {"standard": "64", "narrow": "32"}[vendor])
    algorithm = {"issuing": "sm2", "rsa": "rsa-2048"}[label]
    made = machine.make(INDEXES[label], algorithm)
    token = machine.open(vendor)

    spki = token.generate(label, algorithm)
    signature = token.sign(label, b"message")

    assert spki == made.public.spki == token.public_key(label)
    assert made.public.verify(b"message", signature, NAMES[algorithm])
    files = {"key": spki, "message": b"message", "signature": signature}
    for name, content in files.items():
        (machine.home / name).write_bytes(content)
    kind = ("sm3", "-pkeyopt", "distid:1234567812345678") if algorithm == "sm2" else ("sha256",)
    openssl.run(
        *("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(machine.home / "key")),
        *("-rawin", "-digest", *kind, "-in", str(machine.home / "message")),
        *("-sigfile", str(machine.home / "signature")),
    )


def test_what_was_registered_is_there_after_a_restart(machine):
    made = machine.make(1)
    machine.open().generate("issuing", "sm2")
    machine.close()

    again = machine.open()

    assert again.labels() == ("issuing",)
    assert again.public_key("issuing") == made.public.spki
    assert holds(again, "issuing")
    assert again.custody("issuing").code == "emulated device"


def test_registering_leaves_a_proof_of_possession_for_the_minutes(machine):
    machine.make(1)
    public = publickeys.parse(machine.open().generate("issuing", "sm2"))

    (kept,) = json.loads((machine.home / "sdf" / "registered.json").read_text())["keys"]

    statement = kept["statement"]
    assert "index 1 of AnXin SDF for tests 0000000000000007" in statement
    assert public.fingerprint in statement
    signature = base64.b64decode(kept["signature"])
    assert public.verify(statement.encode(), signature, "sm2-sm3")


def test_a_key_that_does_not_sign_is_not_registered(machine, monkeypatch):
    machine.make(1)
    monkeypatch.setenv("SDF_BAD_SIGNATURE", "1")
    token = machine.open()

    assert rule_of(lambda: token.generate("issuing", "sm2")) == "token.possession"
    assert token.labels() == ()


def test_an_index_a_key_and_a_label_are_registered_once(machine):
    machine.make(1)
    machine.tell(indexes=INDEXES | {"again": 1})
    token = machine.open()
    token.generate("issuing", "sm2")

    assert rule_of(lambda: token.generate("issuing", "sm2"), Refused) == "token.label_taken"
    assert rule_of(lambda: token.generate("again", "sm2"), Refused) == "token.index_taken"
    shutil.copy(machine.place(1), machine.place(2))
    assert rule_of(lambda: token.generate("other", "sm2"), Refused) == "token.key_taken"
    assert token.labels() == ("issuing",)


def test_only_keys_that_people_made_where_the_file_says_are_registered(machine):
    machine.tell(indexes=INDEXES | {"own": 0})
    machine.make(0)
    machine.make(3, "rsa-3072")
    token = machine.open()

    assert rule_of(lambda: token.generate("issuing", "sm2")) == "token.no_such_key"
    assert rule_of(lambda: token.generate("unknown", "sm2"), Refused) == "token.no_index"
    assert rule_of(lambda: token.generate("own", "sm2"), Refused) == "token.no_index"
    assert rule_of(lambda: token.generate("rsa", "ec-p256"), Refused) == "token.algorithm"
    machine.make(3, "rsa-2048")
    assert rule_of(lambda: token.generate("rsa", "rsa-3072"), Refused) == "token.algorithm"
    assert rule_of(lambda: token.generate("rsa", "sm2")) == "token.no_such_key"


def test_another_key_at_the_index_is_noticed(machine):
    machine.make(1)
    token = machine.open()
    known = token.generate("issuing", "sm2")
    machine.close()
    machine.make(1)
    token = machine.open()

    assert rule_of(lambda: token.sign("issuing", b"message")) == "token.key_changed"
    assert token.public_key("issuing") != known


@pytest.mark.parametrize(("vendor", "octets"), [("standard", 32), ("narrow", 64)])
def test_wrong_sizes_are_told_and_overwrite_nothing(machine, monkeypatch, vendor, octets):
    monkeypatch.setenv("SDF_FIELD", str(octets))
    machine.make(1)

    assert rule_of(lambda: machine.open(vendor).generate("issuing", "sm2")) == "token.fields"


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "{}", '{"keys": [1]}', '{"keys": [{"label": "issuing"}]}']
)
def test_a_damaged_register_is_told(machine, damage):
    (machine.home / "sdf").mkdir()
    (machine.home / "sdf" / "registered.json").write_text(damage)

    assert rule_of(machine.open) == "token.damaged"


def test_a_vendors_own_numbers_are_understood(machine, monkeypatch, tmp_path):
    """Those of 三未信安: narrow fields, long RSA fields, errors of the card below."""
    for name, value in (("FIELD", "32"), ("RSA_FIELD", "512"), ("CARD", "1")):
        monkeypatch.setenv(f"SDF_{name}", value)
    machine.make(1), machine.make(3, "rsa-2048")
    token = machine.open("sansec")

    for label, algorithm in (("issuing", "sm2"), ("rsa", "rsa-2048")):
        token.generate(label, algorithm)
        assert holds(token, label)
    assert rule_of(lambda: token.generate("other", "sm2")) == "token.no_such_key"
    assert all(asked() for _, asked in token.answers())
    (tmp_path / "down").touch()
    monkeypatch.setenv("SDF_DOWN", str(tmp_path / "down"))
    with pytest.raises(TokenError) as refused:
        token.sign("issuing", b"message")
    assert refused.value.reason.endswith("0x01020003: no communication with the card.")


# -- destruction --------------------------------------------------------------------------------


def test_a_key_is_struck_off_only_when_the_machine_has_none_there(machine):
    machine.make(1)
    token = machine.open()
    token.generate("issuing", "sm2")

    with pytest.raises(TokenError) as refused:
        token.destroy("issuing")

    assert refused.value.rule == "token.destroy_by_hand"
    assert refused.value.permanent
    for word in ("Two persons", "index 1", "0000000000000007", "own tool", "minutes"):
        assert word in refused.value.reason
    assert holds(token, "issuing")
    machine.place(1).unlink()
    token.destroy("issuing")
    assert token.labels() == ()
    assert rule_of(lambda: token.sign("issuing", b"message")) == "token.no_such_key"


def test_an_empty_machine_proves_no_destruction(machine, monkeypatch):
    machine.make(1)
    machine.open().generate("issuing", "sm2")
    machine.close()
    machine.place(1).unlink()
    monkeypatch.setenv("SDF_SERIAL", "0000000000000008")

    assert rule_of(lambda: machine.open().destroy("issuing")) == "token.other_device"


# -- the awkward device -------------------------------------------------------------------------


def test_the_working_directory_is_the_librarys_only_while_it_works(machine, monkeypatch, tmp_path):
    machine.make(1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    token = machine.open()
    token.generate("issuing", "sm2")
    monkeypatch.chdir("/")

    assert holds(token, "issuing")
    assert Path.cwd() == Path("/")
    machine.close()
    machine.tell(directory=None)
    assert rule_of(lambda: machine.open().sign("issuing", b"x")) == "token.no_such_key"
    machine.close()
    machine.tell(directory=str(tmp_path / "nowhere"))
    assert rule_of(machine.open) == "token.directory"


@pytest.mark.parametrize("answer", ["0x01000100", "0x01000018", "0x0100001D"])
def test_a_wrong_password_is_tried_once(machine, monkeypatch, answer):
    monkeypatch.setenv("SDF_WRONG_PASSWORD", answer)
    machine.make(1)
    secret = bytearray(b"87654321")
    device = SdfDevice(machine.library, PROFILES["standard"], secret, directory=machine.keys)
    asked, ask = [], device.calls.get_right
    monkeypatch.setattr(device.calls, "get_right", lambda *told: asked.append(1) or ask(*told))
    token = SdfToken(device, machine.home / "sdf", INDEXES)
    machine.opened.append(token)

    for _ in range(3):
        with pytest.raises(TokenError) as refused:
            token.generate("issuing", "sm2")
        assert refused.value.rule == "token.pin"
        assert refused.value.permanent
        assert f"{int(answer, 0):#010x}" in refused.value.reason
    assert len(asked) == 1


def test_passwords_are_wiped_and_at_least_eight_octets_long(machine):
    machine.make(1)
    told = [bytearray(b"1234567"), bytearray(b"12345678")]
    rules = []
    for secret in told:
        device = SdfDevice(machine.library, PROFILES["standard"], secret, directory=machine.keys)
        token = SdfToken(device, machine.home / "sdf", INDEXES)
        machine.opened.append(token)
        try:
            token.generate("issuing", "sm2")
        except TokenError as error:
            rules.append(error.rule)
        assert any(secret)
        machine.close()

    assert rules == ["token.pin"]
    assert told == [bytearray(7), bytearray(8)]


def test_every_key_may_have_a_password_of_its_own(machine, monkeypatch):
    monkeypatch.setenv("SDF_PASSWORD_1", "the first one")
    monkeypatch.setenv("SDF_PASSWORD_2", "another one")
    machine.tell(passwords="each")
    machine.unlock("2 another one\n1 the first one\n12 no key of ours\n")
    machine.make(1), machine.make(2)
    token = machine.open()

    for label in ("issuing", "other"):
        token.generate(label, "sm2")
        assert holds(token, label)
    machine.make(3, "rsa-2048")
    assert rule_of(lambda: token.generate("rsa", "rsa-2048")) == "token.pin"


def test_a_process_opens_the_device_once_and_again_after_closing(machine):
    token = machine.open()

    assert rule_of(machine.open) == "token.busy"
    token.lock()
    machine.opened.remove(token)
    assert machine.open().labels() == ()


def test_a_child_of_a_fork_is_refused(machine):
    machine.make(1)
    token = machine.open()
    token.generate("issuing", "sm2")

    child = forked(lambda: str(token.sign("issuing", b"message")))

    assert "must not be used across a fork" in child()
    assert holds(token, "issuing")


@pytest.mark.parametrize("answer", ["0x0100001D", "0x01000007"])
def test_a_right_that_is_lost_is_asked_for_again(machine, monkeypatch, answer):
    monkeypatch.setenv("SDF_RIGHT_LASTS", "2")
    monkeypatch.setenv("SDF_NO_RIGHT", answer)
    machine.make(1)
    token = machine.open()
    token.generate("issuing", "sm2")

    assert all(holds(token, "issuing") for _ in range(9))


def test_an_answer_for_no_reason_is_asked_again_once(machine, monkeypatch):
    machine.make(1)
    token = machine.open()
    token.generate("issuing", "sm2")

    monkeypatch.setenv("SDF_ODD", "3")
    assert all(holds(token, "issuing") for _ in range(9))
    monkeypatch.setenv("SDF_ODD", "1")
    with pytest.raises(TokenError) as refused:
        token.sign("issuing", b"message")
    assert refused.value.rule == "token.device"
    assert not refused.value.permanent
    assert "0x0100001d: an argument is wrong" in refused.value.reason


def test_a_machine_that_goes_and_comes_back_is_used_again(machine, monkeypatch, tmp_path):
    machine.make(1)
    token = machine.open()
    token.generate("issuing", "sm2")
    down = tmp_path / "down"
    monkeypatch.setenv("SDF_DOWN", str(down))
    down.touch()

    for _ in range(2):
        with pytest.raises(TokenError) as refused:
            token.sign("issuing", b"message")
        assert refused.value.rule == "token.device"
        assert not refused.value.permanent
    down.unlink()

    assert holds(token, "issuing")


def test_a_locked_machine_signs_nothing(machine):
    machine.make(1)
    token = machine.open()
    token.generate("issuing", "sm2")
    token.lock()

    assert rule_of(lambda: token.sign("issuing", b"message")) == "token.locked"


def test_threads_take_turns(machine):
    machine.make(1), machine.make(2)
    token = machine.open()
    for label in ("issuing", "other"):
        token.generate(label, "sm2")

    def act(place: int) -> int:
        label = ("issuing", "other")[place % 2]
        return sum(holds(token, label, bytes([place, turn])) for turn in range(25))

    assert together(4, act) == [25] * 4
    assert machine.misuses() == 0


def test_a_missing_library_or_function_is_told(machine, tmp_path):
    machine.library = tmp_path / "nowhere.so"
    assert rule_of(machine.open) == "token.module"
    source = tmp_path / "empty.c"
    source.write_text("int nothing;")
    machine.library = compiled(source, tmp_path)
    assert rule_of(machine.open) == "token.unsupported"


# -- the whole signer ---------------------------------------------------------------------------


def test_a_signer_signs_certificates_with_the_machine(machine, new_signer, openssl):
    for index, algorithm in ((1, "sm2"), (3, "rsa-2048")):
        machine.make(index, algorithm)
    one = new_signer(options=with_password(machine))
    client = one.start().client()
    offices = [found(client, "issuing", "sm2"), found(client, "rsa", "rsa-2048")]
    one.kill()
    one.start()

    for office in offices:
        tbs = office.tbs(USER)
        batch = together(4, lambda _, o=office, t=tbs: client.sign(o.label, "certificate", [t] * 9))
        assert [len(signatures) for signatures in batch] == [9] * 4
        person = certificates.assemble(tbs, batch[0][0])
        certificates.verify(certificates.parse(person), office.certificate, NOW)
        openssl.verify_signed(person, office.certificate.der)
        assert office.key.custody == "emulated device"
    assert client.health()["last_error"] is None
    assert client.health()["driver"] == "sdf"
    one.terminate()
    assert one.events("stopped")
    assert PASSWORD not in str(one.said)


def test_after_two_shares_are_lost_new_passwords_and_three_named_people_open_the_machine(
    machine, new_signer
):
    """CPS-6.2.2, CPS-6.2.8: the keys are as they were; then nobody has to tell the password."""
    machine.make(1)
    one = new_signer(options=with_password(machine))
    office, lost = found(one.start().client(), "issuing", "sm2"), one.custodians
    one.terminate()
    one.environment["SDF_PASSWORD"] = "another one"  # with the vendor's tool
    machine.unlock("another one")
    (one.home / "custody.json").unlink()
    one.newcomers, one.custodians, one.purpose = newcomers(), [], ""
    named = newcomers_digest([each.as_header() for each in one.newcomers])
    one.options += ("--first-custodians", named)
    with pytest.raises(Refused) as refused:
        hand_out(one.start().client(), newcomers())
    assert refused.value.rule == "custody.first"
    one.activate("activate")
    one.terminate()
    machine.secret.unlink()
    one.options = machine.options()
    client = one.start().client()

    with pytest.raises(Refused) as refused:
        activate(client, lost[:2], "activate")
    assert refused.value.rule == "shares.set"
    one.activate("activate")
    tbs = office.tbs(USER)
    assert office.public.verify(tbs, client.sign_one("issuing", "certificate", tbs), "sm2-sm3")


def with_password(machine) -> tuple[str, ...]:
    return (*machine.options(), "--initial-secret-file", str(machine.secret))


def test_a_signer_with_a_wrong_password_is_not_activated(machine, new_signer):
    machine.make(1)
    machine.unlock("87654321")
    one = new_signer(options=with_password(machine)).start()

    with pytest.raises(TokenError) as refused:
        found(one.client(), "issuing", "sm2")
    assert refused.value.rule == "token.pin"


def test_a_signer_tells_that_a_key_of_the_machine_is_gone(machine, new_signer):
    machine.make(1), machine.make(2)
    one = new_signer(options=with_password(machine))
    client = one.start().client()
    other = found(client, "other", "sm2")
    found(client, "issuing", "sm2")
    one.terminate()
    machine.place(1).unlink()
    one.start()

    assert client.health()["last_error"]["rule"] == "signer.key_missing"
    assert client.sign_one("other", "certificate", other.tbs(USER))
