"""The signer's answers, asked without a socket."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from pki import certificates, extensions, keys, publickeys, requests, timestamps
from pki.errors import TokenError
from pki.hsm.software import SecretSealer, SoftwareToken
from pki.hsm.vaults import SoftwareVault
from pki.shares import ShareFile
from pki.signer import book, protocol
from pki.signer.custody import ANYBODY, Custody
from pki.signer.daemon import SigningService
from tests.support import signer as made
from tests.support.signer import NOW, Office, activate, hand_out

USER = keys.generate("sm2").public


class FaultyToken(SoftwareToken):
    """A device whose last bit sticks, as some do before they fail altogether."""

    faulty = False

    def sign(self, label: str, message: bytes) -> bytes:
        signature = super().sign(label, message)
        return signature[:-1] + bytes([signature[-1] ^ 1]) if self.faulty else signature


class FaultyVault(SoftwareVault):
    def open(self, secret: bytearray) -> FaultyToken:
        sealer = SecretSealer.for_directory(self._directory, secret)
        self.opened = FaultyToken(self._directory, sealer)
        return self.opened


_HELD: dict[Path, list[ShareFile]] = {}  # by home: custodians keep their shares


NAME_A_CEREMONY = {"generate", "sign", "install_certificate"}


class Desk:
    """A service and a shorter way to ask it."""

    def __init__(self, home) -> None:
        self.now, self.ceremony = NOW, ""
        self.vault = FaultyVault(home / "software")
        custody = Custody(home, self.vault, now=lambda: self.now, first=ANYBODY)
        self.service = SigningService(custody, home, now=lambda: self.now)
        self.custodians = _HELD[home] = _HELD.get(home) or hand_out(custody)
        self.activate("founding")

    def activate(self, purpose: str, script: bytes = b"", **limits: int) -> None:
        activate(self, self.custodians[:2], purpose, script, **limits)
        self.ceremony = json.loads(script)["number"] if script else ""

    def custody(self) -> dict:
        return self.ask("custody")["custody"]

    def offer(self, purpose: str, *, script: bytes, **asked: object) -> dict:
        return self.ask("offer", *[script] * bool(script), purpose=purpose, **asked)["offer"]

    def bring(self, session: str, number: int, signature: bytes, sealed: bytes) -> dict:
        said = {"session": session, "number": number, "signature": signature.hex()}
        return self.ask("bring", sealed, **said)["progress"]

    @property
    def token(self) -> FaultyToken:
        return self.vault.opened

    def ask(self, op: str, *blobs: bytes, **request: object) -> dict:
        named = {"ceremony": self.ceremony} if self.ceremony and op in NAME_A_CEREMONY else {}
        header, self.blobs = self.service.answer(
            {"op": op, **named, **request}, list(blobs), pid=1, uid=2
        )
        return json.loads(json.dumps(header))

    def refused(self, op: str, *blobs: bytes, **request: object) -> str:
        return self.ask(op, *blobs, **request)["error"]["rule"]

    def generate(self, label: str, *kinds: str, algorithm: str = "sm2") -> publickeys.PublicKey:
        request = {"label": label, "algorithm": algorithm, "kinds": kinds, "crl_days": 8}
        key = protocol.Key.from_header(
            self.ask("generate", **request | {"kinds": list(kinds)})["key"]
        )
        return publickeys.parse(key.public_key)

    def found(self, label: str = "issuing") -> Office:
        public, name = (
            self.generate(label, "certificate", "crl", "ca-certificate"),
            made.ca_name(label),
        )
        tbs = certificates.encode(made.ca_plan(public, name))
        assert self.ask("sign", tbs, key=label, kind="ca-certificate")["refused"] == [None]
        certificate = certificates.assemble(tbs, self.blobs[0])
        header = self.ask("install_certificate", certificate, label=label)
        key = protocol.Key.from_header(header["key"])
        return Office(key, name, public, certificates.parse(certificate))


@pytest.fixture
def desk(tmp_path):
    opened = Desk(tmp_path)
    yield opened
    opened.service.close()


def test_good_and_bad_items_of_a_batch_are_answered_each_for_itself(desk):
    office = desk.found()
    good, bad = office.tbs(USER), office.tbs(USER, extensions.basic_constraints(True))

    header = desk.ask("sign", good, bad, b"", good, key="issuing", kind="certificate")

    rules = [refusal and refusal["rule"] for refusal in header["refused"]]
    assert rules == [None, "policy.ca", "der.truncated", None]
    assert desk.blobs[1:3] == [b"", b""]
    for signature in (desk.blobs[0], desk.blobs[3]):
        assert office.public.verify(good, signature, "sm2-sm3")


def test_results_keep_the_order_of_a_large_batch(desk):
    office = desk.found()
    batch = [office.tbs(USER, serial=made.SERIAL + place) for place in range(101)]

    desk.ask("sign", *batch, key="issuing", kind="certificate")

    assert len(desk.blobs) == 101
    for tbs, signature in zip(batch, desk.blobs, strict=True):
        assert office.public.verify(tbs, signature, "sm2-sm3")


def test_a_wrong_signature_never_leaves_the_signer(desk):
    office = desk.found()
    desk.token.faulty = True

    answer = desk.ask("sign", office.tbs(USER), key="issuing", kind="certificate")

    assert answer["error"] == {
        "type": "TokenError",
        "rule": "signer.wrong_signature",
        "reason": "The token made a wrong signature.",
        "permanent": True,
    }
    assert desk.blobs == []
    health = desk.ask("health")["health"]
    assert health["last_error"]["rule"] == "signer.wrong_signature"
    assert "certificate" not in health["counters"]["issuing"]


def test_health_counts_what_was_signed_and_refused(desk):
    office = desk.found()
    desk.ask("sign", office.tbs(USER), b"", key="issuing", kind="certificate")

    health = desk.ask("health")["health"]

    assert health["counters"]["issuing"]["certificate"] == {
        "signed": 1,
        "signed_ever": 1,
        "refused": 1,
        "refused_ever": 1,
    }
    assert health["unlocked"] is True
    assert health["activation"]["purpose"] == "founding"
    assert health["activation"]["signatures_left"] == 1_000_000 - 3
    assert health["uptime_seconds"] == 0
    assert health["custody"]["zh"] == "软件密钥"
    assert health["last_error"] is None


def test_a_locked_signer_signs_no_more(desk):
    office = desk.found()
    desk.ask("lock")

    assert desk.refused("sign", office.tbs(USER), key="issuing", kind="certificate") == (
        "signer.sealed"
    )
    health = desk.ask("health")["health"]
    assert (health["unlocked"], health["custody"]["zh"]) == (False, "未启用")


def test_the_signer_writes_down_what_it_did(desk, tmp_path):
    """CPS-5.4.1: starting, shares, activation, keys, signatures, sealing; the head is reported."""
    office = desk.found()
    desk.ask("sign", office.tbs(USER), key="issuing", kind="certificate")
    desk.refused("sign", b"x", key="none", kind="certificate")
    desk.ask("lock")

    content = (tmp_path / "book.lines").read_bytes()

    assert list(book.check(content)) == desk.ask("health")["health"]["book"]
    events = [json.loads(line[:-67])["event"] for line in content.split(b"\n") if line]
    assert [event for event in events if event != "offered"] == [
        *("started", "share_taken", "share_taken", "activated", "generated", "signed"),
        *("certificate_installed", "signed", "refused", "locked"),
    ]
    last = json.loads(content.split(b"\n")[-3][:-67])
    assert (last["event"], last["signed"], len(last["of"])) == ("signed", 1, 64)


# -- the register -------------------------------------------------------------------------------


def test_a_certificate_for_another_key_is_not_installed(desk):
    office = desk.found()
    desk.generate("other", "certificate")

    rule = desk.refused("install_certificate", office.certificate.der, label="other")

    assert rule == "signer.certificate_key"


def test_an_installed_certificate_is_replaced_in_a_ceremony_only(desk):
    office = desk.found()
    plan = made.ca_plan(office.public, office.name, serial=made.SERIAL + 9)
    tbs = certificates.encode(plan)
    desk.ask("sign", tbs, key="issuing", kind="ca-certificate")
    second = certificates.assemble(tbs, desk.blobs[0])
    desk.activate("activate")

    refused = desk.refused("install_certificate", second, label="issuing")
    assert refused == "signer.certificate_installed"
    assert "key" in desk.ask("install_certificate", office.certificate.der, label="issuing")
    desk.activate("founding")
    installed = desk.ask("install_certificate", second, label="issuing")["key"]
    assert protocol.Key.from_header(installed).certificate == second


def test_a_responder_key_takes_a_responder_certificate_and_answers(desk):
    office = desk.found()
    responder = desk.generate("responder", "ocsp")
    for said, rule in (
        ((extensions.key_usage({"digitalSignature"}),), "signer.certificate_purpose"),
        (made.AS_RESPONDER, None),
    ):
        tbs = office.tbs(responder, *said)
        desk.ask("sign", tbs, key="issuing", kind="certificate")
        certificate = certificates.assemble(tbs, desk.blobs[0])
        answer = desk.ask("install_certificate", certificate, label="responder")
        assert answer.get("error", {}).get("rule") == rule
    tbs = made.answer_tbs(office, responder)

    header = desk.ask("sign", tbs, key="responder", kind="ocsp")

    assert header["refused"] == [None]
    assert responder.verify(tbs, desk.blobs[0], "sm2-sm3")


ONLY_STAMPING = extensions.extended_key_usage(["timeStamping"], critical=True)


@pytest.mark.parametrize(
    "said",
    [
        (extensions.key_usage({"digitalSignature"}),),
        (extensions.extended_key_usage(["timeStamping"]),),
        (extensions.extended_key_usage(["timeStamping", "clientAuth"], critical=True),),
        (extensions.extended_key_usage(["OCSPSigning"], critical=True),),
        (ONLY_STAMPING, extensions.basic_constraints(True)),
    ],
    ids=["no purpose", "not critical", "not alone", "another", "of a CA"],
)
def test_a_key_for_time_stamps_takes_no_certificate_for_anything_else(desk, said):
    """CPS-6.8: RFC 3161 2.3."""
    tbs = desk.found().tbs(desk.generate("tsa", "time-stamp"), *said)
    certificate = certificates.assemble(tbs, b"nobody asks who signed it")

    assert desk.refused("install_certificate", certificate, label="tsa") == (
        "signer.certificate_purpose"
    )


def test_a_key_for_time_stamps_has_one_certificate_in_daily_work(desk):
    """The first; it is named in every token, so that another one would not be this key's work."""
    office, stamper = desk.found(), desk.generate("tsa", "time-stamp")
    first, second = (
        certificates.assemble(office.tbs(stamper, *made.AS_STAMPER, serial=made.SERIAL + n), b"-")
        for n in (1, 2)
    )
    desk.activate("activate")

    assert "key" in desk.ask("install_certificate", first, label="tsa")
    assert "key" in desk.ask("install_certificate", first, label="tsa")
    assert desk.refused("install_certificate", second, label="tsa") == (
        "signer.certificate_installed"
    )


def test_the_attributes_of_a_time_stamp_are_the_signers_own(desk):
    """CPS-6.8: it signs what it says about the TSTInfo, and attributes of nobody else."""
    office, stamper = desk.found(), desk.generate("tsa", "time-stamp")
    certificate = certificates.assemble(office.tbs(stamper, *made.AS_STAMPER), b"-")
    desk.ask("install_certificate", certificate, label="tsa")
    stamp = timestamps.encode(made.stamp())
    attributes = timestamps.signed_attributes(stamp, certificate, "sm2-sm3")

    header = desk.ask("sign", stamp, attributes, key="tsa", kind="time-stamp")

    assert [refusal and refusal["rule"] for refusal in header["refused"]] == [
        None,
        "der.unexpected",
    ]
    assert header["of"] == [protocol.digest(stamp), None]
    assert stamper.verify(attributes, desk.blobs[0], "sm2-sm3")
    assert not stamper.verify(stamp, desk.blobs[0], "sm2-sm3")
    assert desk.service._counters.report()["tsa"]["time-stamp"]["refused"] == 1


def test_a_ca_key_takes_no_certificate_of_a_person(desk):
    office = desk.found()
    other = desk.generate("other", "crl")
    tbs = office.tbs(other)
    desk.ask("sign", tbs, key="issuing", kind="certificate")
    certificate = certificates.assemble(tbs, desk.blobs[0])

    assert desk.refused("install_certificate", certificate, label="other") == (
        "signer.certificate_purpose"
    )
    assert desk.refused("install_certificate", certificate + b"\x00", label="other") == (
        "certificate.trailing_bytes"
    )


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kinds": []}, "signer.kinds"),
        ({"kinds": ["firmware"]}, "signer.kinds"),
        ({"kinds": ["crl", "crl"]}, "signer.kinds"),
        ({"kinds": ["ocsp", "certificate"]}, "signer.kinds"),
        ({"kinds": ["time-stamp", "certificate"]}, "signer.kinds"),
        ({"kinds": ["request", "time-stamp"]}, "signer.kinds"),
        ({"kinds": ["ocsp", "time-stamp"]}, "signer.kinds"),
        ({"kinds": [["crl"]]}, "signer.kinds"),
        ({"kinds": "crl"}, "signer.request"),
        ({"crl_days": 0}, "signer.crl_days"),
        ({"crl_days": 401}, "signer.crl_days"),
        ({"crl_days": "8"}, "signer.request"),
        ({"crl_days": None}, "signer.request"),
        ({"label": 1}, "signer.request"),
        ({"label": "../x"}, "token.label"),
        ({"algorithm": "rsa-1024"}, "token.algorithm"),
    ],
)
def test_what_cannot_be_made_is_told(desk, changes, rule):
    request = {"label": "k", "algorithm": "sm2", "kinds": ["crl"], "crl_days": 8} | changes

    assert desk.refused("generate", **request) == rule
    assert desk.ask("keys")["keys"] == []


def test_a_list_lives_as_long_as_its_key_was_told(desk):
    office = desk.found()
    too_long = office.list_tbs(next_update=NOW + timedelta(days=8, seconds=1))

    header = desk.ask("sign", office.list_tbs(), too_long, key="issuing", kind="crl")

    assert [r and r["rule"] for r in header["refused"]] == [None, "policy.next_update"]


def test_the_first_certificate_is_installed_in_a_ceremony_too(desk):
    """CPS-6.1.1a: no other way puts an authority's key to use."""
    public = desk.generate("issuing", "certificate", "crl", "ca-certificate")
    tbs = certificates.encode(made.ca_plan(public, made.ca_name("issuing")))
    desk.ask("sign", tbs, key="issuing", kind="ca-certificate")
    certificate = certificates.assemble(tbs, desk.blobs[0])
    for purpose in ("activate", ""):
        if purpose:
            desk.activate(purpose)
        else:
            desk.ask("lock")
        refused = desk.refused("install_certificate", certificate, label="issuing")
        assert refused == "signer.ceremony"
    assert protocol.Key.from_header(desk.ask("keys")["keys"][0]).certificate is None


def test_what_is_for_one_ceremony_is_done_in_no_other(desk):
    """CPS-6.1.1a, CPS-6.2.8: keys, certificates and requests, each for the number agreed to."""
    public = desk.generate("issuing", "request", "certificate", "crl", "ca-certificate")
    name = made.ca_name("issuing")
    tbs = certificates.encode(made.ca_plan(public, name))
    wish = requests.encode_body(name, public)
    script = made.script("generate_root", "issuing", "KC-2026-007")
    activate(desk, desk.custodians[:2], "ceremony", script)

    for number in ("", "KC-2026-008"):
        asked = {"label": "k", "algorithm": "sm2", "kinds": ["crl"], "crl_days": 8}
        assert desk.refused("generate", **asked, ceremony=number) == "signer.ceremony"
        for kind, content in (("ca-certificate", tbs), ("request", wish)):
            answer = desk.ask("sign", content, key="issuing", kind=kind, ceremony=number)
            assert answer["refused"][0]["rule"] == "policy.ceremony"
    named = {"key": "issuing", "kind": "ca-certificate", "ceremony": "KC-2026-007"}
    assert desk.ask("sign", tbs, **named)["refused"] == [None]
    certificate, to = certificates.assemble(tbs, desk.blobs[0]), {"label": "issuing"}
    assert desk.refused("install_certificate", certificate, **to) == "signer.ceremony"
    assert "key" in desk.ask("install_certificate", certificate, **to, ceremony="KC-2026-007")


def test_what_remains_is_asked_of_labels_and_of_no_other_file(desk, tmp_path):
    """CPS-6.2.10: the signer's own key is no key of the token, whatever path leads to it."""
    assert (tmp_path / "identity.key").exists()

    assert desk.refused("remains", b"", label="../identity") == "token.label"
    assert desk.ask("remains", b"", label="identity")["remains"] == []


def test_no_keys_are_made_outside_a_ceremony(desk):
    """CPS-6.1.1a"""
    desk.activate("activate")
    request = {"label": "k", "algorithm": "sm2", "kinds": ["crl"], "crl_days": 8}

    assert desk.refused("generate", **request) == "signer.ceremony"


def test_a_key_that_the_token_lost_is_reported_and_the_others_work(tmp_path):
    first = Desk(tmp_path)
    office = first.found("kept")
    first.generate("lost", "crl")
    first.token.destroy("lost")
    first.service.close()
    second = Desk(tmp_path)

    last_error = second.ask("health")["health"]["last_error"]
    assert last_error["rule"] == "signer.key_missing"
    assert "lost" in last_error["reason"]
    header = second.ask("sign", office.tbs(USER), key="kept", kind="certificate")
    assert header["refused"] == [None]
    second.service.close()


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        ({}, "signer.request"),
        ({"op": 1}, "signer.request"),
        ({"op": "export"}, "signer.operation"),
        ({"op": "sign"}, "signer.request"),
        ({"op": "sign", "key": "none", "kind": "certificate"}, "signer.unknown_key"),
        ({"op": "sign", "key": "none", "kind": "firmware"}, "policy.kind"),
        ({"op": "install_certificate", "label": "none"}, "signer.request"),
    ],
)
def test_requests_that_make_no_sense_are_answered(desk, request_, rule):
    header, blobs = desk.service.answer(request_, [])

    assert header["error"]["rule"] == rule
    assert blobs == []


def test_a_damaged_register_stops_the_start(tmp_path):
    Desk(tmp_path).service.close()
    (tmp_path / "keys.json").write_text('{"keys": [{}]}')

    with pytest.raises(TokenError) as refused:
        Desk(tmp_path)

    assert refused.value.rule == "signer.register"


def test_an_empty_batch_has_an_empty_answer(desk):
    desk.found()

    answer = desk.ask("sign", key="issuing", kind="certificate")

    assert answer == {"ok": True, "refused": [], "of": []}


def test_every_signature_says_of_which_bytes_it_is(desk):
    office = desk.found()
    batch = [office.tbs(USER, serial=made.SERIAL + place) for place in range(10)]
    batch[3] = b"no certificate"

    answer = desk.ask("sign", *batch, key="issuing", kind="certificate")

    assert answer["of"] == [
        None if place == 3 else protocol.digest(tbs) for place, tbs in enumerate(batch)
    ]


def test_the_log_names_no_content(desk, capfd):
    office = desk.found()
    desk.ask("sign", office.tbs(USER), b"\x00" * 9, key="issuing", kind="certificate")

    last = json.loads(capfd.readouterr().err.splitlines()[-1])

    assert last.pop("at")
    assert len(last.pop("of")) == 64
    assert last == {
        "event": "signed",
        "op": "sign",
        "key": "issuing",
        "kind": "certificate",
        "signed": 1,
        "refused": 1,
        "rules": ["der.unexpected"],
        "pid": 1,
        "uid": 2,
    }
