"""What ceremonies do with keys and devices: on two SoftHSM tokens, and with software keys."""

import os
import subprocess
from pathlib import Path

import pytest

from pki import certificates, keys, publickeys
from pki.errors import PkiError
from pki.signer import book
from tests.support.signer import SignerProcess, activate, found

NUMBER = "KC-2026-007"
OFFICERS_PIN, SPARE_PIN = "86427531", "24681357"


def refusal(act, *said, **named) -> str:
    with pytest.raises(PkiError) as caught:
        act(*said, **named)
    return caught.value.rule


def in_ceremony(signer: SignerProcess, number: str = NUMBER) -> SignerProcess:
    activate(signer.client(), signer.custodians[:2], "ceremony", number)
    return signer


@pytest.fixture
def with_files(new_signer) -> SignerProcess:
    """Software keys, and a second directory for their copies."""
    signer = new_signer()
    signer.options = ("--spare-home", str(signer.home.parent / "spare"))
    return in_ceremony(signer.start())


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
    return in_ceremony(signer.start())


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
    signer, client = with_tokens, with_tokens.client()
    office = found(client, "issuing", algorithm)
    report = client.initialise(NUMBER)
    assert report["passed"]
    assert report["facts"]["label"] == "vault"

    copy = client.back_up(NUMBER, "issuing")
    assert (copy["how"], len(copy["kek"])) == (how, 10 if how == "kek" else 0)
    drill = client.restore(NUMBER, "issuing", keep=False)
    assert not drill.kept
    restored = client.restore(NUMBER, "issuing", keep=True)

    assert restored.kept
    assert restored.spare["serial"] != ""
    assert NUMBER.encode() in restored.statement
    assert proves(office.key.public_key, restored.statement, restored.signature, tmp_path)
    assert client.restore(NUMBER, "issuing", keep=True).kept  # asked again after a crash
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


def test_a_destroyed_key_is_on_neither_token(with_tokens):
    """CPS-6.2.10: key, copy and what the copy is wrapped under."""
    client = with_tokens.client()
    client.generate("drill-root", "rsa-2048", ["ca-certificate", "crl"])
    client.initialise(NUMBER)
    client.back_up(NUMBER, "drill-root")
    client.restore(NUMBER, "drill-root", keep=True)
    copies = [*with_tokens.home.parent.glob("*/backups/*.json")]
    assert len(copies) == 2

    gone = client.destroy(NUMBER, "drill-root", "drill")

    assert gone == {"first": [], "second": []}
    assert not any(place.exists() for place in copies)
    assert client.destroy(NUMBER, "drill-root", "drill") == gone
    assert refusal(client.sign_one, "drill-root", "crl", b"") == "signer.destroyed"


def test_without_the_officers_pin_no_key_leaves(with_tokens):
    client = with_tokens.client()
    client.generate("issuing", "rsa-2048", ["certificate", "crl"])
    client.initialise(NUMBER)
    (with_tokens.home / "officers").unlink()

    assert refusal(client.back_up, NUMBER, "issuing") == "signer.secret_file"
    assert refusal(client.restore, NUMBER, "issuing", keep=True) == "keeping.no_copy"
    office = found(client, "other", "rsa-2048")  # the first token goes on
    assert office.certificate


# -- software keys ------------------------------------------------------------------------------


def test_a_software_key_is_copied_restored_and_signs(with_files, tmp_path):
    """CPS-6.2.3/4: for the demo, a second directory; said so by its custody."""
    client = with_files.client()
    office = found(client, "issuing")
    assert client.initialise(NUMBER)["custody"]["code"] == "software"
    assert client.back_up(NUMBER, "issuing")["how"] == "sealed"
    drill = client.restore(NUMBER, "issuing", keep=False)
    assert (drill.kept, drill.remains) == (False, [])
    spare = with_files.home.parent / "spare"
    assert not (spare / "software" / "issuing.key").exists()

    restored = client.restore(NUMBER, "issuing", keep=True)

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


@pytest.mark.parametrize("door", ["initialise", "backup", "restore", "archive", "destroy"])
def test_only_for_the_ceremony_that_the_custodians_agreed_to(with_files, door):
    """CPS-6.2.2"""
    client = with_files.client()
    client.generate("issuing", "sm2", ["certificate", "crl"])
    said = {"op": door, "label": "issuing", "reason": "compromise"}
    for number in ("KC-2026-008", ""):
        assert refusal(client._ask, {**said, "ceremony": number}) == "signer.ceremony"
    activate(client, with_files.custodians[:2], "activate")
    assert refusal(client._ask, {**said, "ceremony": NUMBER}) == "signer.ceremony"
    client.lock()
    assert refusal(client._ask, {**said, "ceremony": NUMBER}) == "signer.sealed"


def test_an_archived_key_signs_nothing_and_is_kept_for_ten_years(with_files):
    """CPS-6.2.5"""
    client = with_files.client()
    key = client.generate("drill-old", "sm2", ["ca-certificate", "crl"])

    kept = client.archive(NUMBER, "drill-old", "drill")

    years = int(kept.keep_until[:4]) - key.created_at.year
    assert (kept.state, years) == ("archived", 10)
    assert client.archive(NUMBER, "drill-old", "drill") == kept
    assert refusal(client.sign_one, "drill-old", "crl", b"") == "signer.archived"
    assert refusal(client.install_certificate, "drill-old", b"") == "signer.archived"
    assert refusal(client.back_up, NUMBER, "drill-old") == "signer.archived"
    with_files.kill()
    in_ceremony(with_files.start())
    assert refusal(with_files.client().sign_one, "drill-old", "crl", b"") == "signer.archived"


def test_a_key_with_a_certificate_in_force_is_neither_archived_nor_destroyed(with_files):
    """CPS-6.2.5, CPS-6.2.10"""
    client = with_files.client()
    found(client, "issuing")
    for end in (client.archive, client.destroy):
        assert refusal(end, NUMBER, "issuing", "expired") == "keeping.in_force"
        assert refusal(end, NUMBER, "issuing", "drill") == "keeping.reason"
        assert refusal(end, NUMBER, "issuing", "boredom") == "keeping.reason"


def test_an_expired_key_is_destroyed_after_its_archive_only(with_files):
    """CPS-6.2.10"""
    client = with_files.client()
    client.generate("unused", "sm2", ["ca-certificate", "crl"])  # without a certificate
    assert refusal(client.destroy, NUMBER, "unused", "expired") == "keeping.period"
    client.archive(NUMBER, "unused", "expired")
    assert refusal(client.destroy, NUMBER, "unused", "expired") == "keeping.period"
    assert client.destroy(NUMBER, "unused", "compromise") == {"first": []}


def test_a_label_of_a_destroyed_key_is_never_another_keys(with_files):
    client = with_files.client()
    client.generate("drill-a", "sm2", ["crl"])
    client.destroy(NUMBER, "drill-a", "drill")
    assert refusal(client.generate, "drill-a", "sm2", ["crl"]) == "token.label_taken"


def test_a_second_device_is_taken_into_use_before_it_gets_copies(with_files):
    """CPS-6.2.1"""
    client = with_files.client()
    client.generate("issuing", "sm2", ["certificate", "crl"])
    assert refusal(client.back_up, NUMBER, "issuing") == "spare.not_initialised"
    client.initialise(NUMBER)
    client.back_up(NUMBER, "issuing")
    client.restore(NUMBER, "issuing", keep=True)
    assert refusal(client.initialise, NUMBER) == "spare.in_use"


def test_a_copy_that_was_changed_is_not_restored(with_files):
    client = with_files.client()
    client.generate("issuing", "sm2", ["certificate", "crl"])
    client.initialise(NUMBER)
    client.back_up(NUMBER, "issuing")
    place = with_files.home / "backups" / "issuing.json"
    place.write_bytes(place.read_bytes() + b" ")
    assert refusal(client.restore, NUMBER, "issuing", keep=True) == "keeping.no_copy"


def test_a_signer_without_a_second_device_says_so(new_signer):
    signer = in_ceremony(new_signer().start())
    client = signer.client()
    client.generate("drill-a", "sm2", ["crl"])
    assert refusal(client.back_up, NUMBER, "drill-a") == "spare.none"
    assert client.destroy(NUMBER, "drill-a", "drill") == {"first": []}


def test_what_was_done_is_in_the_signers_book(with_files):
    """CPS-5.4.1: chained, with the ceremony's number."""
    client = with_files.client()
    client.generate("drill-a", "sm2", ["crl"])
    client.initialise(NUMBER)
    client.back_up(NUMBER, "drill-a")
    client.restore(NUMBER, "drill-a", keep=True)
    client.archive(NUMBER, "drill-a", "drill")
    client.destroy(NUMBER, "drill-a", "drill")
    refusal(client.destroy, "KC-2026-008", "drill-a", "drill")

    content = (with_files.home / "book.lines").read_bytes()
    book.check(content)
    for event in ("initialised", "backed_up", "restored", "archived", "destroyed"):
        (line,) = [one for one in content.splitlines() if f'"event": "{event}"'.encode() in one]
        assert NUMBER.encode() in line
