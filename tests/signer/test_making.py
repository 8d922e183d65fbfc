"""A signer that was killed, or a device that did not answer, in the middle of making a key."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.util.rsa import decode_rsa_private_key

from pki import keys, publickeys
from pki.errors import PkiError
from pki.signer.making import Begun
from tests.signer.conftest import at_lab
from tests.signer.test_sdf import with_password
from tests.support.signer import NOW, SignerProcess, found


def rule_of(act, *said) -> str:
    with pytest.raises(PkiError) as refused:
        act(*said)
    return refused.value.rule


def begun(label: str, algorithm: str) -> bytes:
    """A note as the signer writes it."""
    return Begun(label, algorithm, ("certificate",), 7, NOW, "KC-2026-001").as_json()


def broken_off(signer: SignerProcess, algorithm: str) -> None:
    """The device makes the key; then nothing more can be written, and the register lacks it."""
    (signer.home / ".keys.json.new").mkdir()
    client = signer.client()
    assert rule_of(client.generate, "issuing", algorithm, ["certificate"]) == "signer.internal"
    assert client.keys() == []
    (signer.home / ".keys.json.new").rmdir()


@pytest.fixture(params=[("software", "sm2"), ("pkcs11", "sm2"), ("pkcs11", "rsa-2048"), "sdf"])
def interrupted(request, new_signer) -> SignerProcess:
    """One that has begun a key, with a device of each kind."""
    driver, algorithm = ("sdf", "sm2") if request.param == "sdf" else request.param
    if driver == "sdf":
        machine = request.getfixturevalue("machine")
        machine.make(1)
        signer = new_signer(options=with_password(machine))
    elif driver == "pkcs11":
        signer = request.getfixturevalue("hsm_signer")()
    else:
        signer = new_signer()
    broken_off(signer.start(), algorithm)
    return signer


def test_a_key_that_was_made_when_the_signer_was_killed_is_there_after_the_start(interrupted):
    """CPS-6.1.1a, CPS-6.2.10: it can be used, and proved destroyed."""
    interrupted.kill()
    interrupted.start()

    (key,) = interrupted.client().keys()
    assert (key.label, key.kinds) == ("issuing", ("certificate",))
    assert publickeys.parse(key.public_key).algorithm in key.algorithm
    (line,) = interrupted.events("taken_up")
    assert line["made"] == "issuing"
    assert not (interrupted.home / "making.json").exists()
    report = interrupted.client().self_test()
    assert ("key", "issuing", "passed") in [
        (one["about"], one["name"], one["outcome"]) for one in report["checks"]
    ]


def test_who_asks_again_gets_the_key_that_was_made(interrupted):
    """CPS-6.1.1a"""
    client = interrupted.client()
    algorithm = json.loads((interrupted.home / "making.json").read_bytes())["algorithm"]

    key = client.generate("issuing", algorithm, ["certificate"])

    assert client.keys() == [key]
    assert rule_of(client.generate, "issuing", algorithm, ["certificate"]) == "token.label_taken"


def test_a_key_of_one_ceremony_is_not_handed_to_another(interrupted):
    """CPS-6.1.1a: it is in the register, as made in the first."""
    note, client = interrupted.home / "making.json", interrupted.client()
    first = json.loads(note.read_bytes()) | {"ceremony": "KC-2026-001"}
    note.write_text(json.dumps(first))
    again = (client.generate, "issuing", first["algorithm"], ["certificate"])

    assert rule_of(*again) == "token.label_taken"

    (key,) = client.keys()
    (line,) = interrupted.events("taken_up")
    assert (line["made"], line["begun_in"]) == (key.label, "KC-2026-001")


def test_whatever_else_has_the_label_is_no_key_of_ours(interrupted):
    """CPS-6.1.1a: another kind of key than was begun; people have to look."""
    note = interrupted.home / "making.json"
    other = json.loads(note.read_bytes()) | {"algorithm": "ec-p256"}
    interrupted.kill()
    note.write_text(json.dumps(other))

    client = interrupted.start().client()

    assert client.keys() == []
    assert client.health()["last_error"]["rule"] == "signer.making"
    assert client.health()["unlocked"]
    assert note.exists()


def test_what_was_written_down_as_made_is_not_made_twice(signer):
    """Killed after the register had it, and the book before that."""
    office = found(signer.client(), "issuing", "sm2")
    signer.kill()
    note = signer.home / "making.json"
    note.write_bytes(begun("issuing", "sm2"))

    client = signer.start().client()

    assert client.keys() == [office.key]
    assert signer.events("taken_up") == signer.events("not_made") == []
    assert not note.exists()


@pytest.mark.parametrize("algorithm", ["sm2", "rsa-2048"])
def test_a_note_without_a_key_is_struck_off(hsm_signer, algorithm):
    """Killed before the device began."""
    signer = hsm_signer().start()
    found(signer.client(), "other", algorithm)
    signer.kill()
    (signer.home / "making.json").write_bytes(begun("issuing", algorithm))

    client = signer.start().client()

    (other,) = client.keys()
    assert other.label == "other"
    (line,) = signer.events("not_made")
    assert line["made"] == "issuing"
    assert client.generate("issuing", algorithm, ["certificate"])


def test_half_a_pair_is_for_people(hsm_signer):
    """CPS-6.2.10: it is not forgotten while the device has something of it."""
    signer = hsm_signer().start()
    broken_off(signer, "rsa-2048")
    signer.kill()
    half = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: "issuing"}
    assert at_lab(signer, half, lambda key: key.destroy()) == ""

    client = signer.start().client()

    assert client.health()["last_error"]["rule"] == "signer.making"
    assert "PUBLIC_KEY issuing" in client.health()["last_error"]["reason"]
    assert (signer.home / "making.json").exists()


def test_a_key_that_was_brought_in_is_not_taken_up(hsm_signer):
    """CPS-6.1.1a: under the label of one that was begun; the device says that it made it not."""
    signer = hsm_signer().start()
    broken_off(signer, "rsa-2048")
    signer.kill()
    pkcs1 = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    private = decode_rsa_private_key(pkcs1)
    public = {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: KeyType.RSA,
        Attribute.MODULUS: private[Attribute.MODULUS],
        Attribute.PUBLIC_EXPONENT: private[Attribute.PUBLIC_EXPONENT],
        Attribute.VERIFY: True,
    }

    def exchanged(one):
        given = public if one.object_class == ObjectClass.PUBLIC_KEY else private
        one.session.create_object(
            {**given, Attribute.LABEL: "issuing", Attribute.TOKEN: True, Attribute.ID: b"1"}
        )
        one.destroy()

    assert at_lab(signer, {Attribute.LABEL: "issuing"}, exchanged) == ""

    client = signer.start().client()

    assert "was not made in this device" in client.health()["last_error"]["reason"]
    assert client.keys() == []


def test_a_full_disk_keeps_no_signer_from_work(interrupted):
    """The activation is in the book; what was begun waits for the next one."""
    interrupted.kill()
    full = interrupted.home / ".keys.json.new"
    full.mkdir()

    client = interrupted.start().client()

    assert client.custody()["state"] == "active"
    assert client.health()["last_error"]["rule"] == "signer.making"
    assert interrupted.events("activated")
    full.rmdir()
    client.lock()
    interrupted.activate()
    (key,) = client.keys()
    assert key.label == "issuing"


def test_a_note_that_nobody_can_read_is_told_and_stops_no_other_work(signer):
    office = found(signer.client(), "issuing", "sm2")
    signer.kill()
    (signer.home / "making.json").write_text("{")

    client = signer.start().client()

    health = client.health()
    assert health["last_error"]["rule"] == "signer.making"
    assert health["device"]["model"] == "software"
    assert client.sign_one("issuing", "certificate", office.tbs(keys.generate("sm2").public))
    assert rule_of(client.generate, "other", "sm2", ["certificate"]) == "signer.making"


def test_what_no_device_has_made_is_forgotten(machine, new_signer):
    """CPS-6.1.1a: people had made no key at that index yet."""
    signer = new_signer(options=with_password(machine)).start()
    client = signer.client()
    assert rule_of(client.generate, "issuing", "sm2", ["certificate"]) == "token.no_such_key"

    machine.make(1)

    assert client.generate("issuing", "sm2", ["certificate"]).label == "issuing"
    assert not (signer.home / "making.json").exists()
    assert (len(signer.events("not_made")), signer.events("taken_up")) == (1, [])
