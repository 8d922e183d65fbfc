"""What the signer does in a ceremony is what its script says, whoever asks (CPS 6.1.1, 6.2.2)."""

import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from pki import certificates, extensions, names, requests
from pki.errors import Malformed
from pki.extensions import Extension
from pki.publickeys import PublicKey
from pki.signer import offers
from tests.support import signer as made
from tests.support.signer import Office
from tests.unit.signer.test_service import USER, Desk

AS_CA = (
    extensions.basic_constraints(True),
    extensions.key_usage({"keyCertSign", "cRLSign"}),
)


@pytest.fixture
def desk(tmp_path):
    opened = Desk(tmp_path)
    yield opened
    opened.service.close()


def agree(desk: Desk, kind: str, key: str, **plan: str) -> None:
    desk.activate("ceremony", script=made.script(kind, key, **plan))


def making(desk: Desk, label: str, *kinds: str) -> str:
    """ "" or the rule by which a new key is refused; without kinds, of those that go with it."""
    fit = list(kinds) or ["ocsp" if label.endswith("-ocsp") else "crl"]
    said = {"label": label, "algorithm": "sm2", "kinds": fit, "crl_days": 8}
    return desk.ask("generate", **said).get("error", {}).get("rule", "")


def certifying(desk: Desk, office: Office, subject: PublicKey, *said: Extension) -> str:
    """ "" or the rule by which the certificate of a CA is refused."""
    tbs = office.tbs(subject, *(said or AS_CA))
    header = desk.ask("sign", tbs, key=office.label, kind="ca-certificate")
    refusal = header.get("error") or header["refused"][0] or {}
    return refusal.get("rule", "")


def test_only_the_scripts_keys_are_made(desk):
    """CPS-6.1.1a"""
    agree(desk, "generate_root", "root")
    assert [making(desk, one) for one in ("root", "root-ocsp")] == ["", ""]
    assert making(desk, "mine") == "signer.ceremony"
    agree(desk, "backup", "other")
    assert making(desk, "other") == "signer.ceremony"
    agree(desk, "import_certificate", "root", drill="yes")
    assert [making(desk, one) for one in ("drill-root-ocsp", "drill-x-ocsp")] == [
        "",
        "signer.ceremony",
    ]
    desk.activate("activate")
    assert making(desk, "root-2") == "signer.ceremony"


def test_what_a_key_signs_is_what_the_script_needs_it_for(desk):
    """CPS-6.1.1a, CPS-6.8: no ceremony makes a key for time stamps, or a second key of a CA, and
    one with CAs below it signs for no person.
    """
    agree(desk, "generate_root", "root")
    for kind in ("crl", "certificate", "ca-certificate", "request", "time-stamp"):
        assert making(desk, "root-ocsp", kind) == "signer.ceremony"
    for kind in ("ocsp", "time-stamp"):
        assert making(desk, "root", kind) == "signer.ceremony"
    assert making(desk, "root-ocsp", "ocsp") == ""
    for length in ("1", "none"):
        agree(desk, "generate_root", "top", path_length=length)
        assert making(desk, "top", "ca-certificate", "certificate", "crl") == "signer.ceremony"
    assert making(desk, "top", "ca-certificate", "crl") == ""
    agree(desk, "generate_root", "one", path_length="0")
    assert making(desk, "one", "ca-certificate", "certificate", "crl") == ""


def test_a_superior_certifies_the_scripts_key_and_no_other(desk):
    """CPS-6.1.1a, CPS-7.4: a worker in other hands gets no CA of its own below ours."""
    superior, other = desk.found("superior"), desk.found("other")
    agree(desk, "generate_subordinate", "below", superior="superior")
    new = desk.generate("below", "certificate", "crl")

    assert certifying(desk, superior, USER) == "policy.subject"
    assert certifying(desk, superior, other.public) == "policy.subject"
    assert certifying(desk, other, new) == "signer.ceremony"
    assert certifying(desk, superior, new) == ""
    agree(desk, "backup", "below")
    assert certifying(desk, superior, new) == "signer.ceremony"
    agree(desk, "generate_subordinate", "below", superior="superior", drill="yes")
    assert certifying(desk, superior, new) == "signer.ceremony"


def test_in_a_rollover_old_and_new_certify_each_other_and_nobody_else(desk):
    """CPS-5.6"""
    old, other = desk.found("old"), desk.found("other")
    agree(desk, "rollover", "new", succeeds="old", superior="")
    new = desk.found("new")

    assert [certifying(desk, *pair) for pair in ((old, new.public), (new, old.public))] == ["", ""]
    assert certifying(desk, old, other.public) == "policy.subject"
    assert certifying(desk, other, new.public) == "signer.ceremony"


def test_a_request_is_signed_by_the_scripts_key_alone(desk):
    """CPS-6.1.1a"""
    agree(desk, "generate", "asking")
    public = desk.generate("asking", "request", "crl")
    body = requests.encode_body(names.build([("C", "CN"), ("CN", "Asking")]), public)
    said = {"key": "asking", "kind": "request"}
    assert desk.ask("sign", body, **said)["refused"] == [None]

    agree(desk, "export_request", "another")

    assert desk.refused("sign", body, **said) == "signer.ceremony"


def test_the_first_certificate_of_a_ca_is_installed_in_its_ceremony_only(desk):
    """CPS-6.1.1a"""
    agree(desk, "generate_root", "root")
    public = desk.generate("root", "ca-certificate", "crl")
    tbs = certificates.encode(made.ca_plan(public, made.ca_name("root")))
    desk.ask("sign", tbs, key="root", kind="ca-certificate")
    certificate = certificates.assemble(tbs, desk.blobs[0])
    for instead in ("other", "activate"):
        if instead == "other":
            agree(desk, "generate_root", "other")
        else:
            desk.activate("activate")
        refused = desk.refused("install_certificate", certificate, label="root")
        assert refused == "signer.ceremony"

    agree(desk, "generate_root", "root")

    assert "key" in desk.ask("install_certificate", certificate, label="root")


@pytest.mark.parametrize(
    "script",
    [
        b"",
        b"[]",
        b"{}",
        made.script("resplit", "issuing"),
        made.script("backup", "issuing", drill="perhaps"),
        made.script("backup", "issuing").replace(b"anxin ceremony", b"somebody's"),
        made.script("backup", "issuing").replace(b'"issuing"', b"7"),
        made.script("backup", "issuing").replace(b'"issuing"', rb'"\ud800"'),
        made.script("backup", "x" * 1000),
        b"[" * 100_000,
    ],
)
def test_what_is_no_script_is_no_mandate(script):
    with pytest.raises(Malformed) as refused:
        offers.mandate_of(script)
    assert refused.value.rule == "custody.script"


GRANTED = """
import ctypes, resource, runpy, sys
sys.argv = ["it", "--help"]
try:
    runpy.run_module({module!r}, run_name="__main__")
except SystemExit:
    pass
dumpable, privileges = 3, 39  # PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS
libc = ctypes.CDLL(None)
print("is", libc.prctl(dumpable, 0, 0, 0, 0), libc.prctl(privileges, 0, 0, 0, 0))
print(*resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.parametrize("module", ["pki.hsm.officer", "pki.hsm"])
def test_whoever_reads_a_pin_leaves_nothing_of_its_memory_behind(module):
    """CPS-6.4.2: as the signer: no dump, nobody may look in."""
    command = (sys.executable, "-c", GRANTED.format(module=module))
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.endswith("is 0 1\n0 0\n")


def test_an_expired_key_is_destroyed_when_its_ten_years_are_over(desk):
    """CPS-6.2.5, CPS-6.2.10: a second before it is kept."""
    desk.generate("unused", "crl")
    agree(desk, "archive", "unused", ending="expired")
    asked = {"label": "unused", "ceremony": desk.ceremony, "reason": "expired"}
    until = datetime.fromisoformat(desk.ask("archive", **asked)["key"]["keep_until"])
    assert until.year == desk.now.year + 10

    desk.now = until - timedelta(seconds=1)
    agree(desk, "destroy", "unused", ending="expired")
    assert desk.refused("destroy", **asked) == "keeping.period"
    assert "unused" in desk.token.labels()

    desk.now = until
    assert desk.ask("destroy", **asked)["remains"] == {"first": []}
    assert "unused" not in desk.token.labels()
