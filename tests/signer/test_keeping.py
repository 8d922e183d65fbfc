"""What ceremonies do with keys and devices: on two SoftHSM tokens, and with software keys."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pkcs11 import Attribute

from pki import certificates, keys, publickeys
from pki.errors import PkiError
from pki.signer import book
from pki.signer.client import Signer
from tests.signer.conftest import SOFTHSM, at_lab
from tests.support.signer import SignerProcess, activate, forked, found, script

NUMBER = "KC-2026-007"
OFFICERS_PIN, SPARE_PIN = "86427531", "24681357"


def refusal(act, *said, **named) -> str:
    with pytest.raises(PkiError) as caught:
        act(*said, **named)
    return caught.value.rule


def agreed(signer: SignerProcess, kind: str, key: str, **plan: str) -> None:
    """Two custodians have activated it for a ceremony of this kind with this key."""
    signer.agree(script(kind, key, NUMBER, **plan))


@dataclass
class Minutes:
    """Acts of ceremonies, each with a ceremony of its own that custodians agreed to."""

    signer: SignerProcess
    client: Signer

    def initialise(self):
        agreed(self.signer, "initialise", "spare")
        return self.client.initialise(NUMBER)

    def back_up(self, label: str):
        agreed(self.signer, "backup", label)
        return self.client.back_up(NUMBER, label)

    def restore(self, label: str, *, keep: bool):
        agreed(self.signer, "restore", label, drill="no" if keep else "yes")
        return self.client.restore(NUMBER, label, keep=keep)

    def archive(self, label: str, reason: str):
        agreed(self.signer, "archive", label, ending=reason)
        return self.client.archive(NUMBER, label, reason)

    def destroy(self, label: str, reason: str):
        agreed(self.signer, "destroy", label, ending=reason)
        return self.client.destroy(NUMBER, label, reason)


def minutes(signer: SignerProcess) -> Minutes:
    return Minutes(signer, signer.client())


@pytest.fixture
def with_files(new_signer) -> SignerProcess:
    """Software keys, and a second directory for their copies."""
    signer = new_signer()
    signer.options = ("--spare-home", str(signer.home.parent / "spare"))
    return signer.start()


@pytest.fixture
def with_tokens(softhsm, hsm_signer) -> SignerProcess:
    """A token `lab` and a second one, `vault`, whose officer's PIN lies there for the ceremony."""
    init = ("softhsm2-util", "--init-token", "--free", "--label", "vault")
    subprocess.run(
        (*init, "--so-pin", OFFICERS_PIN, "--pin", SPARE_PIN),
        check=True,
        capture_output=True,
        env={**os.environ, **softhsm.environment},
    )
    signer = hsm_signer()
    initial, officers = signer.home / "spare-pin", signer.home / "officers"
    for place, content in (
        (initial, SPARE_PIN),
        (officers, f"lab {OFFICERS_PIN}\nvault {OFFICERS_PIN}\n"),
    ):
        place.touch(mode=0o600)
        place.write_text(content)
    signer.options += (
        *("--spare-home", str(signer.home.parent / "spare"), "--spare-token", "vault"),
        *("--spare-initial-secret-file", str(initial), "--officers-secret-file", str(officers)),
    )
    return signer.start()


def at_vault(softhsm, act: Callable[[object], str]) -> str:
    """With the second token as it came, in a process of its own."""

    def child() -> str:
        os.environ.update(softhsm.environment)
        from pki.hsm import vendors
        from pki.hsm.cryptoki import Cryptoki
        from pki.hsm.pkcs11 import Pkcs11Token

        device = Cryptoki(SOFTHSM, "vault", bytearray(SPARE_PIN.encode()))
        token = Pkcs11Token(device, softhsm.tokens / "none", vendors.PROFILES["standard"])
        return act(token)

    return forked(child)()


def on_the_spare(signer: SignerProcess, options: tuple[str, ...] = ()) -> SignerProcess:
    """The signer that goes on when the first device is lost: the same shares open it."""
    second = SignerProcess(signer.home.parent / "spare", options, environment=signer.environment)
    second.custodians = signer.custodians
    return second


def proves(public_key: bytes, statement: bytes, signature: bytes, folder: Path) -> bool:
    """OpenSSL says so."""
    for name, content in (("key", public_key), ("words", statement), ("signature", signature)):
        (folder / name).write_bytes(content)
    algorithm = publickeys.parse(public_key).algorithm
    command = ["openssl", "dgst", "-sm3" if algorithm == "sm2" else "-sha256"]
    if algorithm == "sm2":
        command += ["-sigopt", "distid:1234567812345678"]
    verify = ("-keyform", "DER", "-verify", "key", "-signature", "signature", "words")
    return subprocess.run((*command, *verify), cwd=folder, check=False).returncode == 0


# -- two tokens ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("algorithm", "how"), [("rsa-2048", "kek"), ("sm2", "sealed")])
def test_a_key_goes_to_a_second_token_signs_there_and_goes_on(
    with_tokens, tmp_path, algorithm, how
):
    """CPS-6.2.3/4, CPS-6.2.6: wrapped only; the second device signs when the first is lost."""
    signer, client, held = with_tokens, with_tokens.client(), minutes(with_tokens)
    office = found(client, "issuing", algorithm)
    report = held.initialise()
    assert report["passed"]
    assert report["facts"]["label"] == "vault"

    copy = held.back_up("issuing")
    assert (copy["how"], len(copy["kek"])) == (how, 10 if how == "kek" else 0)
    assert copy["guard"].get("NEVER_EXTRACTABLE") is (False if how == "kek" else None)
    assert client.health()["device"]["label"] == "lab"
    drill = held.restore("issuing", keep=False)
    assert not drill.kept
    restored = held.restore("issuing", keep=True)

    assert restored.kept
    assert restored.spare["serial"] != ""
    assert NUMBER.encode() in restored.statement
    assert proves(office.key.public_key, restored.statement, restored.signature, tmp_path)
    assert held.restore("issuing", keep=True).kept  # asked again after a crash
    signer.terminate()
    where = signer.options[signer.options.index("--module") :][:2]
    second = on_the_spare(signer, ("--driver", "pkcs11", *where, "--token", "vault")).start()
    try:
        tbs = office.tbs(keys.generate("sm2").public)
        made = second.client().sign_one("issuing", "certificate", tbs)
        certificate = certificates.parse(certificates.assemble(tbs, made))
        certificates.verify(certificate, office.certificate)
    finally:
        second.end()


@pytest.mark.parametrize("algorithm", ["rsa-2048", "sm2"])
def test_a_helper_signs_with_a_token_of_its_own(with_tokens, algorithm):
    """CPS-6.2.6, CPS-6.2.8: the key was restored into it; each signer is opened by itself."""
    signer, client, held = with_tokens, with_tokens.client(), minutes(with_tokens)
    office = found(client, "issuing", algorithm)
    held.initialise()
    held.back_up("issuing")
    assert held.restore("issuing", keep=True).kept
    where = signer.options[signer.options.index("--module") :][:2]
    helper = on_the_spare(signer, ("--driver", "pkcs11", *where, "--token", "vault", "--helper"))
    helper.purpose = ""
    tbs = office.tbs(keys.generate("sm2").public)
    try:
        there = helper.start().client()
        assert refusal(there.sign_one, "issuing", "certificate", tbs) == "signer.sealed"
        helper.activate("activate")
        signer.be_active()
        for each in (client, there):
            made = each.sign_one("issuing", "certificate", tbs)
            certificate = certificates.parse(certificates.assemble(tbs, made))
            certificates.verify(certificate, office.certificate)
        labels = [each.self_test()["facts"]["label"] for each in (client, there)]
        assert labels == ["lab", "vault"]
        assert refusal(there.sign_list, "issuing", office.list_tbs()) == "signer.helper"
        client.lock()
        assert there.sign_one("issuing", "certificate", tbs)
        assert refusal(client.sign_one, "issuing", "certificate", tbs) == "signer.sealed"
    finally:
        helper.end()


def test_a_destroyed_key_is_on_neither_token(with_tokens):
    """CPS-6.2.10: key, copy and what the copy is wrapped under."""
    client, held = with_tokens.client(), minutes(with_tokens)
    client.generate("drill-root", "rsa-2048", ["ca-certificate", "crl"])
    held.initialise()
    held.back_up("drill-root")
    held.restore("drill-root", keep=True)
    copies = [*with_tokens.home.parent.glob("*/backups/*/*.json")]
    assert len(copies) == 2

    gone = held.destroy("drill-root", "drill")

    assert gone == {"first": [], "second": []}
    assert not any(place.exists() for place in copies)
    assert held.destroy("drill-root", "drill") == gone
    assert refusal(client.sign_one, "drill-root", "crl", b"") == "signer.destroyed"


def test_a_key_of_which_a_device_still_shows_a_part_is_not_destroyed(with_tokens):
    """CPS-6.2.10: a copy under another name; asked again when it is gone."""
    client, held = with_tokens.client(), minutes(with_tokens)
    client.generate("drill-root", "rsa-2048", ["crl"])
    beside = {Attribute.LABEL: "beside", Attribute.TOKEN: True}
    assert at_lab(with_tokens, {Attribute.LABEL: "drill-root"}, lambda key: key.copy(beside)) == ""

    with pytest.raises(PkiError) as caught:
        held.destroy("drill-root", "drill")

    assert caught.value.rule == "keeping.remains"
    assert "PRIVATE_KEY beside, PUBLIC_KEY beside" in caught.value.reason
    (key,) = client.keys()
    assert key.state == "active"
    assert at_lab(with_tokens, {Attribute.LABEL: "beside"}, lambda key: key.destroy()) == ""
    assert held.destroy("drill-root", "drill") == {"first": []}
    (key,) = client.keys()
    assert key.state == "destroyed"


def test_without_the_officers_pin_no_key_leaves(with_tokens):
    client, held = with_tokens.client(), minutes(with_tokens)
    client.generate("issuing", "rsa-2048", ["certificate", "crl"])
    held.initialise()
    (with_tokens.home / "officers").unlink()

    assert refusal(held.back_up, "issuing") == "signer.secret_file"
    assert refusal(held.restore, "issuing", keep=True) == "keeping.no_copy"
    with_tokens.be_active()
    office = found(client, "other", "rsa-2048")  # the first token goes on
    assert office.certificate


# -- software keys ------------------------------------------------------------------------------


def test_a_software_key_is_copied_restored_and_signs(with_files, tmp_path):
    """CPS-6.2.3/4: for the demo, a second directory; said so by its custody."""
    client, held = with_files.client(), minutes(with_files)
    office = found(client, "issuing")
    assert held.initialise()["custody"]["code"] == "software"
    assert held.back_up("issuing")["how"] == "sealed"
    drill = held.restore("issuing", keep=False)
    assert (drill.kept, drill.remains) == (False, [])
    spare = with_files.home.parent / "spare"
    assert not (spare / "software" / "issuing.key").exists()

    restored = held.restore("issuing", keep=True)

    assert proves(office.key.public_key, restored.statement, restored.signature, tmp_path)
    with_files.kill()
    second = on_the_spare(with_files).start()
    try:
        (key,) = second.client().keys()
        assert (key.label, key.restored, key.certificate) == (
            "issuing",
            True,
            office.certificate.der,
        )
        assert second.client().sign_one("issuing", "crl", office.list_tbs())
    finally:
        second.end()


DOORS = ["initialise", "backup", "restore", "archive", "destroy"]


@pytest.mark.parametrize("door", DOORS)
def test_only_for_the_ceremony_that_the_custodians_agreed_to(with_files, door):
    """CPS-6.2.2"""
    client = with_files.client()
    client.generate("issuing", "sm2", ["certificate", "crl"])
    said = {"op": door, "label": "issuing", "reason": "compromise"}
    assert refusal(client._ask, {**said, "ceremony": ""}) == "signer.ceremony"  # a founding
    agreed(with_files, door, "issuing", ending="compromise")
    for number in ("KC-2026-008", ""):
        assert refusal(client._ask, {**said, "ceremony": number}) == "signer.ceremony"
    activate(client, with_files.custodians[:2], "activate")
    assert refusal(client._ask, {**said, "ceremony": NUMBER}) == "signer.ceremony"
    client.lock()
    assert refusal(client._ask, {**said, "ceremony": NUMBER}) == "signer.sealed"


@pytest.mark.parametrize("door", DOORS)
def test_only_what_the_script_says_and_with_its_key(with_files, door):
    """CPS-6.2.2: whoever asks in the ceremony's name destroys nothing while a copy is made."""
    client = with_files.client()
    client.generate("issuing", "sm2", ["certificate", "crl"])
    client.generate("other", "sm2", ["certificate", "crl"])
    asked = {"op": door, "ceremony": NUMBER, "reason": "compromise"}
    for kind in DOORS:
        agreed(with_files, kind, "issuing", ending="compromise")
        if kind != door:
            assert refusal(client._ask, {**asked, "label": "issuing"}) == "signer.ceremony"
        if door != "initialise":
            assert refusal(client._ask, {**asked, "label": "other"}) == "signer.ceremony"
    assert {key.state for key in client.keys()} == {"active"}  # noqa: SIM118


def test_a_key_ends_for_the_reason_of_the_script_and_stays_not_after_a_drill(with_files):
    """CPS-6.2.5, CPS-6.2.10: compromise is no way round the ten years."""
    client, held = with_files.client(), minutes(with_files)
    client.generate("issuing", "sm2", ["ca-certificate", "crl"])
    held.initialise()
    held.back_up("issuing")
    agreed(with_files, "destroy", "issuing", ending="expired")
    assert refusal(client.destroy, NUMBER, "issuing", "compromise") == "signer.ceremony"
    agreed(with_files, "restore", "issuing", drill="yes")
    assert refusal(client.restore, NUMBER, "issuing", keep=True) == "signer.ceremony"


def test_a_copy_that_cannot_be_made_leaves_the_one_before_good(with_tokens):
    """CPS-6.2.4"""
    client, held = with_tokens.client(), minutes(with_tokens)
    client.generate("issuing", "rsa-2048", ["certificate", "crl"])
    held.initialise()
    first = held.back_up("issuing")
    officers = with_tokens.home / "officers"
    both = officers.read_text()
    officers.write_text(f"vault {OFFICERS_PIN}\n")  # it breaks off between the two devices

    assert refusal(held.back_up, "issuing") == "signer.officer"
    assert not held.restore("issuing", keep=False).kept

    officers.write_text(both)
    second = held.back_up("issuing")
    assert second["kek"] != first["kek"]
    assert not held.restore("issuing", keep=False).kept
    copies = [*with_tokens.home.parent.glob("*/backups/issuing/*.json")]
    assert {one.stem for one in copies} == {second["copy"]}
    assert held.destroy("issuing", "compromise") == {"first": [], "second": []}


def test_a_software_copy_that_cannot_be_written_leaves_the_one_before_good(with_files):
    """CPS-6.2.4"""
    client, held = with_files.client(), minutes(with_files)
    client.generate("issuing", "sm2", ["certificate", "crl"])
    held.initialise()
    held.back_up("issuing")
    place = with_files.home.parent / "spare" / "backups"
    aside = place.rename(place.with_name("aside"))
    place.touch()  # in the way

    assert refusal(held.back_up, "issuing") == "signer.internal"

    place.unlink()
    aside.rename(place)
    assert not held.restore("issuing", keep=False).kept


def test_a_token_with_keys_is_not_taken_over(with_tokens, softhsm):
    """CPS-6.2.1: it is refused before its PIN is changed."""
    assert at_vault(softhsm, lambda token: token.generate("theirs", "ec-p256").hex()) != ""

    assert refusal(minutes(with_tokens).initialise) == "spare.in_use"

    assert at_vault(softhsm, lambda token: " ".join(token.labels())) == "theirs"


def test_an_archived_key_signs_nothing_and_is_kept_for_ten_years(with_files):
    """CPS-6.2.5"""
    client, held = with_files.client(), minutes(with_files)
    key = client.generate("drill-old", "sm2", ["ca-certificate", "crl"])

    kept = held.archive("drill-old", "drill")

    years = int(kept.keep_until[:4]) - key.created_at.year
    assert (kept.state, years) == ("archived", 10)
    assert held.archive("drill-old", "drill") == kept
    assert refusal(client.sign_one, "drill-old", "crl", b"") == "signer.archived"
    assert refusal(client.install_certificate, "drill-old", b"") == "signer.archived"
    assert refusal(held.back_up, "drill-old") == "signer.archived"
    with_files.kill()
    with_files.start()
    assert refusal(with_files.client().sign_one, "drill-old", "crl", b"") == "signer.archived"


def test_a_key_with_a_certificate_in_force_is_neither_archived_nor_destroyed(with_files):
    """CPS-6.2.5, CPS-6.2.10"""
    client, held = with_files.client(), minutes(with_files)
    found(client, "issuing")
    for end in (held.archive, held.destroy):
        assert refusal(end, "issuing", "expired") == "keeping.in_force"
        assert refusal(end, "issuing", "drill") == "keeping.reason"
        assert refusal(end, "issuing", "boredom") == "keeping.reason"


def test_an_expired_key_is_destroyed_after_its_archive_only(with_files):
    """CPS-6.2.10"""
    client, held = with_files.client(), minutes(with_files)
    client.generate("unused", "sm2", ["ca-certificate", "crl"])  # without a certificate
    assert refusal(held.destroy, "unused", "expired") == "keeping.period"
    held.archive("unused", "expired")
    assert refusal(held.destroy, "unused", "expired") == "keeping.period"
    assert held.destroy("unused", "compromise") == {"first": []}


def test_a_label_of_a_destroyed_key_is_never_another_keys(with_files):
    client, held = with_files.client(), minutes(with_files)
    client.generate("drill-a", "sm2", ["crl"])
    held.destroy("drill-a", "drill")
    with_files.be_active()
    assert refusal(client.generate, "drill-a", "sm2", ["crl"]) == "token.label_taken"


def test_a_second_device_is_taken_into_use_before_it_gets_copies(with_files):
    """CPS-6.2.1"""
    client, held = with_files.client(), minutes(with_files)
    client.generate("issuing", "sm2", ["certificate", "crl"])
    assert refusal(held.back_up, "issuing") == "spare.not_initialised"
    held.initialise()
    held.back_up("issuing")
    held.restore("issuing", keep=True)
    assert refusal(held.initialise) == "spare.in_use"


def test_a_copy_that_was_changed_is_not_restored(with_files):
    client, held = with_files.client(), minutes(with_files)
    client.generate("issuing", "sm2", ["certificate", "crl"])
    held.initialise()
    held.back_up("issuing")
    (place,) = (with_files.home / "backups" / "issuing").glob("*.json")
    place.write_bytes(place.read_bytes() + b" ")
    assert refusal(held.restore, "issuing", keep=True) == "keeping.no_copy"
    held.back_up("issuing")
    assert not held.restore("issuing", keep=False).kept


def test_a_signer_without_a_second_device_says_so(new_signer):
    signer = new_signer().start()
    client, held = signer.client(), minutes(signer)
    client.generate("drill-a", "sm2", ["crl"])
    assert refusal(held.back_up, "drill-a") == "spare.none"
    assert held.destroy("drill-a", "drill") == {"first": []}


def test_what_was_done_is_in_the_signers_book(with_files):
    """CPS-5.4.1: chained, with the ceremony's number."""
    client, held = with_files.client(), minutes(with_files)
    client.generate("drill-a", "sm2", ["crl"])
    held.initialise()
    held.back_up("drill-a")
    held.restore("drill-a", keep=True)
    held.archive("drill-a", "drill")
    held.destroy("drill-a", "drill")
    refusal(client.destroy, "KC-2026-008", "drill-a", "drill")  # not the one that was agreed to

    content = (with_files.home / "book.lines").read_bytes()
    book.check(content)
    for event in ("initialised", "backed_up", "restored", "archived", "destroyed"):
        (line,) = [one for one in content.splitlines() if f'"event": "{event}"'.encode() in one]
        assert NUMBER.encode() in line
