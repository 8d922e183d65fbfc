"""The support desk's command line, as somebody at the desk uses it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import cms, crls, inspection, keys, ocsp, pem, requests, verification
from pki.__main__ import main
from pki.crls import Entry
from pki.errors import PkiError
from pki.ocsp import Single
from pki.verification import Question
from tests.support.pki import (
    ALGORITHMS,
    AT,
    CRL_PLACE,
    DAY,
    hierarchy,
    ocsp_response,
    revocation_list,
)

TREE = hierarchy("sm2")
MOMENT = ["--at", AT.isoformat()]
NONCE = b"n" * 16


def contents() -> dict[str, bytes]:
    """One object of every kind."""
    serial, ca = TREE.signing.certificate.serial, TREE.ca.certificate
    cert_id = ocsp.cert_id_for(ca, serial)
    good = Single(cert_id, "good", AT, AT + DAY)
    return {
        "certificate": TREE.signing.certificate.der,
        "request": requests.build(TREE.signing.name, TREE.signing.key),
        "crl": revocation_list(TREE.ca, [Entry(5, AT - DAY, "keyCompromise")]),
        "ocsp-request": ocsp.encode_request([cert_id], NONCE),
        "ocsp-response": ocsp_response(TREE.responder, [good], nonce=NONCE),
        "key": keys.private_key_to_pkcs8(TREE.signing.key),
        "encrypted-key": keys.private_key_to_pkcs8(TREE.signing.key, b"secret", iterations=10),
        "public-key": TREE.signing.key.public.spki,
        "cms": cms.build(
            requests.build(TREE.signing.name, TREE.signing.key),
            TREE.signing.key,
            TREE.signing.certificate,
            at=AT,
        ),
        "ca": ca.der,
        "root": TREE.root.certificate.der,
        "revoking": revocation_list(TREE.ca, [Entry(serial, AT - DAY, "keyCompromise")]),
    }


CONTENTS = contents()
LABELS = {
    "certificate": "CERTIFICATE",
    "request": "CERTIFICATE REQUEST",
    "crl": "X509 CRL",
    "key": "PRIVATE KEY",
    "encrypted-key": "ENCRYPTED PRIVATE KEY",
    "public-key": "PUBLIC KEY",
    "cms": "CMS",
}
KINDS = [*LABELS, "ocsp-request", "ocsp-response"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The desk's folder, with every object in a file of its name."""
    for name, content in CONTENTS.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def desk(files, capsys):
    """Runs a command in that folder; gives its status, the JSON and what stood on stderr."""

    def run(*arguments: str):
        status = main(arguments)
        printed = capsys.readouterr()
        return SimpleNamespace(status=status, answer=json.loads(printed.out), said=printed.err)

    return run


# -- inspect ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_recognised_in_der(desk, kind):
    found = desk("inspect", kind)
    assert (found.status, found.answer["kind"], found.answer["form"]) == (0, kind, "DER")
    assert found.said == ""


@pytest.mark.parametrize("kind", LABELS)
def test_every_kind_is_recognised_in_pem(desk, files, kind):
    (files / "armoured").write_bytes(b"some text\n" + pem.write(LABELS[kind], CONTENTS[kind]))
    found = desk("inspect", "armoured")
    assert (found.status, found.answer["kind"], found.answer["form"]) == (0, kind, "PEM")


def test_a_certificate_is_shown_in_full(desk):
    shown = desk("inspect", "certificate").answer
    assert shown["subject"]["text"] == "CN=王小明, O=安信测试, C=CN"
    assert shown["issuer"]["text"] == "CN=测试 CA, O=安信测试, C=CN"
    assert shown["public_key"]["algorithm"] == "sm2"
    assert [each["name"] for each in shown["extensions"]][:3] == [
        "authorityKeyIdentifier",
        "subjectKeyIdentifier",
        "keyUsage",
    ]


def test_a_list_is_summed_up(desk):
    shown = desk("inspect", "crl").answer
    assert (shown["number"], shown["entry_count"], shown["reasons"]) == (7, 1, {"keyCompromise": 1})
    assert shown["first_entries"][0]["serial"] == "5"
    assert [each["name"] for each in shown["extensions"]] == ["authorityKeyIdentifier", "cRLNumber"]


def test_a_long_list_shows_its_first_entries_only(desk, files):
    many = [Entry(serial, AT) for serial in range(1, 100)]
    (files / "long").write_bytes(revocation_list(TREE.ca, many))
    shown = desk("inspect", "long").answer
    assert (shown["entry_count"], len(shown["first_entries"])) == (99, 20)


def test_an_ocsp_exchange_is_shown(desk):
    asked, answered = (
        desk("inspect", "ocsp-request").answer,
        desk("inspect", "ocsp-response").answer,
    )
    serial = f"{TREE.signing.certificate.serial:X}"
    assert [each["serial"] for each in asked["asks_about"]] == [serial]
    assert asked["nonce"] == answered["nonce"] == NONCE.hex()
    assert [each["status"] for each in answered["answers"]] == ["good"]
    assert answered["certificates"][0]["subject"]["text"].startswith("CN=OCSP")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("passphrase", [None, b"secret"])
def test_nothing_secret_of_a_key_is_shown(desk, files, algorithm, passphrase):
    key = hierarchy(algorithm).signing.key
    content = keys.private_key_to_pkcs8(key, passphrase, iterations=10)
    (files / "own").write_bytes(content)
    shown = json.dumps(desk("inspect", "own").answer)
    secret = pieces(keys.private_key_to_pkcs8(key)) - pieces(key.public.spki)
    assert len(secret) >= 25
    assert not [piece for piece in secret if piece in shown]


def pieces(content: bytes) -> set[str]:
    return {content[at : at + 8].hex() for at in range(len(content) - 7)}


def test_foreign_text_does_not_steer_the_terminal(files, capsys):
    main(["inspect", "evil\x1b[2J\u202e"])
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        assert "\\u001b[2J\\u202e" in text
        assert not {"\x1b", "\u202e"}.intersection(text)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file.not_pem_or_der"),
        (b"hello", "file.not_pem_or_der"),
        (CONTENTS["certificate"] + b"\n", "file.not_pem_or_der"),
        (b"\x30\x03\x02\x01\x00", "file.unknown"),
        (pem.write("RSA PRIVATE KEY", b"abc"), "file.label"),
        (pem.write("CERTIFICATE", b"abc") * 2, "pem.armour"),
        (pem.write("CERTIFICATE", b"abc"), "certificate.not_pem_or_der"),
        (CONTENTS["certificate"].replace(b"\x55\x1d\x0f", b"\x55\x1d\x8f"), "certificate.not_der"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(desk, files, content, rule):
    (files / "broken").write_bytes(content)
    found = desk("inspect", "broken")
    assert (found.status, found.answer["verdict"], found.answer["rule"]) == (2, "unreadable", rule)
    assert found.said == f"pki: {found.answer['reason']}\n"


def test_a_missing_file_is_told_in_one_sentence(desk):
    found = desk("inspect", "nowhere.cer")
    assert (found.status, found.answer["rule"]) == (2, "file.access")
    assert found.said == "pki: nowhere.cer: No such file or directory.\n"


@given(st.binary(max_size=300))
def test_any_bytes_are_described_or_refused(data):
    described_or_refused(data)


KIND_OF = st.sampled_from(sorted(set(KINDS) - {"encrypted-key"}))


@given(KIND_OF, st.data())
def test_damaged_objects_are_described_or_refused(kind, data):
    damaged = bytearray(CONTENTS[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    described_or_refused(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))


def described_or_refused(data: bytes) -> None:
    question = Question(data, AT, issuer=CONTENTS["ca"], data=CONTENTS["certificate"])
    try:
        described = inspection.inspect(data)
        assert json.dumps(described)
        if described["kind"] in verification.KINDS:
            verification.verify(described["kind"], question)
    except PkiError:
        return
    assert described["octets"] == len(data)


# -- verify -------------------------------------------------------------------------------------

HOLDING = [
    ("certificate", "certificate", "--issuer", "ca"),
    ("certificate", "ca", "--issuer", "root"),
    ("certificate", "root"),
    ("certificate", "certificate", "--issuer", "ca", "--key", "key"),
    ("certificate", "certificate", "--issuer", "ca", "--key", "request"),
    ("request", "request"),
    ("request", "request", "--key", "public-key"),
    ("cms", "cms", "--data", "certificate"),
    ("crl", "crl", "--issuer", "ca"),
    ("crl", "crl", "--issuer", "ca", "--data", "certificate"),
    ("ocsp-request", "ocsp-request"),
    ("ocsp-request", "ocsp-request", "--issuer", "ca"),
    ("ocsp-response", "ocsp-response", "--issuer", "ca"),
    ("ocsp-response", "ocsp-response", "--issuer", "ca", "--data", "ocsp-request"),
    ("key", "key"),
    ("key", "key", "--data", "certificate"),
]


@pytest.mark.parametrize("arguments", HOLDING, ids=" ".join)
def test_what_holds_is_said(desk, arguments):
    found = desk("verify", *arguments, *MOMENT)
    assert (found.status, found.answer["verdict"], found.said) == (0, "holds", "")
    assert len(found.answer["holds"]) >= len(arguments) // 2


@pytest.mark.parametrize(
    ("nonce", "told"), [(NONCE, "was made for this request"), (None, "was not answered")]
)
def test_whether_the_nonce_came_back_is_said(desk, files, nonce, told):
    cert_id = ocsp.cert_id_for(TREE.ca.certificate, TREE.signing.certificate.serial)
    good = Single(cert_id, "good", AT, AT + DAY)
    (files / "answer").write_bytes(ocsp_response(TREE.responder, [good], nonce=nonce))
    asked = ("--issuer", "ca", "--data", "ocsp-request")
    found = desk("verify", "ocsp-response", "answer", *asked, *MOMENT)
    assert (found.status, told in found.answer["holds"][-1]) == (0, True)


REFUSED = [
    ("certificate.wrong_issuer", "certificate", "certificate", "--issuer", "root"),
    ("certificate.expired", "certificate", "certificate", "--issuer", "ca", "--at", "2040-01-01"),
    ("certificate.not_yet_valid", "certificate", "root", "--at", "2020-01-01T00:00:00+08:00"),
    ("key.other", "certificate", "certificate", "--issuer", "ca", "--key", "ca"),
    ("crl.wrong_issuer", "crl", "crl", "--issuer", "root"),
    ("crl.stale", "crl", "crl", "--issuer", "ca", "--at", "2026-06-03"),
    ("crl.revoked", "crl", "revoking", "--issuer", "ca", "--data", "certificate"),
    ("certificate.wrong_issuer", "crl", "crl", "--issuer", "ca", "--data", "ca"),
    ("ocsp.other_issuer", "ocsp-request", "ocsp-request", "--issuer", "root"),
    ("certificate.wrong_issuer", "ocsp-response", "ocsp-response", "--issuer", "root"),
    ("key.other", "key", "key", "--data", "ca"),
]


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_what_is_refused_names_its_rule(desk, arguments):
    rule, *rest = arguments
    found = desk("verify", *rest, *([] if "--at" in rest else MOMENT))
    assert (found.status, found.answer["verdict"], found.answer["rule"]) == (1, "refused", rule)
    assert found.said == f"pki: {found.answer['reason']}\n"


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ([crls.issuing_distribution_point(CRL_PLACE)], None),
        ([crls.issuing_distribution_point(CRL_PLACE, only_users=True)], None),
        ([crls.issuing_distribution_point(CRL_PLACE, only_cas=True)], "crl.other_scope"),
        ([crls.issuing_distribution_point(CRL_PLACE.replace("1", "2"))], "crl.other_scope"),
        ([crls.delta_indicator(6)], "crl.delta"),
    ],
)
def test_silence_counts_in_the_right_list_only(desk, files, more, rule):
    (files / "partial").write_bytes(revocation_list(TREE.ca, more=more))
    found = desk("verify", "crl", "partial", "--issuer", "ca", "--data", "certificate", *MOMENT)
    assert (found.status, found.answer.get("rule")) == (0 if rule is None else 1, rule)


UNREADABLE = [
    ("file.issuer_needed", "certificate", "certificate"),
    ("file.issuer_needed", "crl", "crl"),
    ("file.issuer_needed", "ocsp-response", "ocsp-response"),
    ("file.other_kind", "certificate", "request"),
    ("file.other_kind", "crl", "crl", "--issuer", "request"),
    ("file.other_kind", "request", "request", "--key", "crl"),
    ("key.passphrase_needed", "key", "encrypted-key"),
    ("file.access", "certificate", "certificate", "--issuer", "nowhere.cer"),
]


@pytest.mark.parametrize("arguments", UNREADABLE, ids=" ".join)
def test_a_question_without_its_files_is_not_answered(desk, arguments):
    rule, *rest = arguments
    found = desk("verify", *rest)
    assert (found.status, found.answer["verdict"], found.answer["rule"]) == (2, "unreadable", rule)


def test_an_encrypted_key_opens_with_its_passphrase(desk, files):
    for name, text in (("right", "secret\n"), ("wrong", "guess"), ("empty", "\n")):
        (files / name).write_text(text)
    right = desk("verify", "key", "encrypted-key", "--passphrase-file", "right")
    assert right.status == 0
    assert right.answer["fingerprint_sm3"] == TREE.signing.key.public.fingerprint
    wrong = desk("verify", "key", "encrypted-key", "--passphrase-file", "wrong")
    assert (wrong.status, wrong.answer["rule"]) == (2, "key.passphrase")
    empty = desk("verify", "key", "encrypted-key", "--passphrase-file", "empty")
    assert (empty.status, empty.answer["rule"]) == (1, "key.passphrase_empty")


def test_without_a_moment_it_is_now(desk):
    assert desk("verify", "crl", "crl", "--issuer", "ca").answer["rule"] in {
        "crl.stale",
        "crl.not_yet_valid",
    }


# -- request ------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sm2", "rsa-2048", "p-256"])
def test_a_request_is_made_and_others_accept_it(desk, files, bouncycastle, openssl, algorithm):
    key_out, out = Path("new.key"), Path("new.csr")
    made = desk(
        *("request", "--algorithm", algorithm, "--subject", "CN=王小明\\, 先生, O=安信测试, C=CN"),
        *("--key-out", "new.key", "--out", "new.csr"),
    )
    assert made.status == 0
    assert key_out.stat().st_mode & 0o777 == 0o600
    checked = desk("verify", "request", "new.csr", "--key", "new.key")
    assert checked.answer["holds"][-1] == "The key has the same public key."
    request = pem.to_der(out.read_bytes(), "CERTIFICATE REQUEST", area="request")
    assert requests.parse(request).subject.get("CN") == "王小明, 先生"
    assert "王小明" in bouncycastle.verify_request(request)["subject"]
    openssl.verify_request(request)
    assert "valid" in openssl.run("pkey", "-in", str(key_out), "-check", "-noout")


@pytest.mark.parametrize("phrase", [None, b"correct horse"])
def test_a_request_is_signed_with_the_key_of_the_old_certificate(desk, files, phrase):
    """CPS-3.3.1: the commands of docs/journeys/renewal.md."""
    label = "ENCRYPTED PRIVATE KEY" if phrase else "PRIVATE KEY"
    key = keys.private_key_to_pkcs8(TREE.signing.key, phrase, iterations=10)
    (files / "old.key").write_bytes(pem.write(label, key))
    (files / "phrase").write_bytes(phrase or b"")
    more = ("--passphrase-file", "phrase") if phrase else ()
    sign = ("sign", "request", "--key", "old.key", "--certificate", "certificate", *more)

    made = desk(*sign, "--out", "renewal.p7m")
    checked = desk("verify", "cms", "renewal.p7m", "--data", "certificate")

    assert (made.status, made.answer["signed"]) == (0, "renewal.p7m")
    assert checked.answer["holds"][-1] == "It asks for the same key."
    assert checked.answer["signed_at"] == made.answer["at"]
    assert desk(*sign, "--out", "renewal.p7m").answer["rule"] == "file.exists"
    assert desk("verify", "cms", "renewal.p7m").answer["rule"] == "file.signer_needed"
    assert desk("verify", "cms", "renewal.p7m", "--data", "ca").answer["rule"] == "cms.other_signer"


def test_a_key_is_locked_with_a_passphrase(desk, files):
    (files / "phrase").write_text("correct horse\n")
    arguments = (
        "--subject",
        "CN=Test,C=CN",
        "--key-out",
        "k",
        "--out",
        "r",
    )
    made = desk("request", *arguments, "--passphrase-file", "phrase")
    assert made.answer["encrypted"] is True
    assert (files / "k").read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    opened = desk("verify", "key", "k", "--passphrase-file", "phrase", "--data", "r")
    assert (opened.status, opened.answer["algorithm"]) == (0, "sm2")


@pytest.mark.parametrize("there", ["k", "r"])
def test_nothing_is_overwritten(desk, files, there):
    (files / there).write_bytes(b"precious")
    arguments = (
        "--subject",
        "CN=Test,C=CN",
        "--key-out",
        "k",
        "--out",
        "r",
    )
    refused = desk("request", *arguments)
    assert (refused.status, refused.answer["rule"]) == (1, "file.exists")
    assert (files / there).read_bytes() == b"precious"
    assert not (files / {"k": "r", "r": "k"}[there]).exists()


@pytest.mark.parametrize(
    ("subject", "rule"),
    [
        ("Wang", "name.form"),
        ("CN=A,,C=CN", "name.form"),
        ("CN=A,C=China", "name.too_long"),
        ("XX=A", "name.unknown_attribute"),
    ],
)
def test_a_bad_subject_is_refused_and_no_key_is_made(desk, files, subject, rule):
    refused = desk(
        *("request", "--subject", subject),
        *("--key-out", "k", "--out", "r"),
    )
    assert (refused.status, refused.answer["rule"]) == (1, rule)
    assert not (files / "k").exists()


# -- as a program -------------------------------------------------------------------------------


def program(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *arguments],
        input=given,
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        timeout=60,
    )


def test_help_shows_how_and_the_exit_status():
    shown = program("-m", "pki", "--help")
    assert shown.returncode == 0
    for word in (b"inspect", b"verify", b"request", b"exit status: 0 it holds"):
        assert word in shown.stdout


def test_a_file_comes_in_by_pipe():
    shown = program("-m", "pki", "inspect", "-", given=CONTENTS["certificate"])
    assert json.loads(shown.stdout)["subject"]["text"] == "CN=王小明, O=安信测试, C=CN"
    assert shown.stderr == b""


def test_a_wrong_moment_is_told_by_the_program():
    refused = program("-m", "pki", "verify", "crl", "x", "--at", "yesterday")
    assert refused.returncode == 2
    assert b"invalid iso_8601_time value: 'yesterday'" in refused.stderr


def test_the_command_line_needs_neither_django_nor_a_driver():
    code = "import sys, pki.__main__; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = program("-c", code).stdout.decode()
    assert "'pki'" in loaded
    assert "django" not in loaded
    assert "pkcs11" not in loaded
