"""A custodian at the command line, from the key to the signer; beside two with browsers."""

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from pki import ceremonies, passphrases, shares, statements
from pki.__main__ import main
from pki.hsm.vaults import SoftwareVault
from pki.passphrases import ARGON2ID, PBKDF2
from pki.signer.custody import Custody
from tests.support.signer import NOW, hand_out, newcomers, script

FIRST, SECOND = "平静 河流 七月 灯塔 木桥", "远山 铜钟 十月 纸船 白墙"


class Desk:
    """A folder with one custodian's files, and a signer to talk to."""

    def __init__(self, folder) -> None:
        self.folder, self.moment = folder, datetime.now(UTC)
        self.custody = Custody(folder, SoftwareVault(folder / "software"), now=lambda: self.moment)
        self.file("first", FIRST)
        self.file("second", SECOND)

    def file(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content + "\n")
        return str(path)

    def page(self, name: str, /, **fields: str) -> str:
        """What a page shows, saved as a file."""
        return self.file(name, json.dumps(fields))

    def path(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def identity(self) -> str:
        return self.custody.report()["identity"]

    def offered(self, purpose: str = "activate", agreed: bytes = b"", **changed: str) -> str:
        said = self.custody.offer(purpose, script=agreed, hours=8, signatures=100)
        digest = ceremonies.digest(agreed) if agreed else ""
        fields = {"identity": self.identity, "newcomers": "", "script": digest, **said} | changed
        return self.page("offer.json", **fields)


def run(capsys, *arguments: str) -> dict:
    assert main(["custodian", *arguments]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def rule_of(capsys, *arguments: str) -> str:
    assert main(["custodian", *arguments]) != 0
    return json.loads(capsys.readouterr().out)["rule"]


@pytest.fixture
def desk(tmp_path, capsys):
    """A set in force whose second share was taken at the command line."""
    desk = Desk(tmp_path)
    made = run(
        capsys, "key", "--out", desk.path("keys"), "--new-passphrase-file", desk.path("first")
    )
    one, two, three = newcomers()
    told = [one.as_header(), two.as_header() | {k: made[k] for k in ("key", "transport")}]
    handed = desk.custody.hand_out([*told, three.as_header()])
    fields = {name: handed[1][name] for name in ("statement", "signature", "sealed")}
    desk.page("handed.json", identity=desk.identity, name=two.name, **fields)
    desk.taken = run(
        capsys,
        *("take", desk.path("handed.json"), "--key", desk.path("keys")),
        *("--out", desk.path("share.json"), "--passphrase-file", desk.path("first")),
        *("--new-passphrase-file", desk.path("second")),
    )
    desk.others = []
    for person, share in ((one, handed[0]), (three, handed[2])):
        said = share["statement"].encode(), bytes.fromhex(share["signature"])
        sealed = bytes.fromhex(share["sealed"])
        owned = person.take(*said, sealed, identity=bytes.fromhex(desk.identity))
        desk.others.append(owned)
        desk.custody.received(owned.set_id, person.number, custodians_receipt(owned))
    receipt = bytes.fromhex(desk.taken["receipt"])
    assert desk.custody.received(desk.taken["set"], 2, receipt) == 0
    return desk


def custodians_receipt(owned: shares.ShareFile) -> bytes:
    check = shares.check_value(owned.share.value, owned.set_id, owned.share.number)
    said = {"signer": owned.signer, "set_id": owned.set_id, "number": owned.share.number}
    return statements.sign(owned.key, shares.received(**said, check=check))


def test_a_share_taken_at_the_command_line_is_brought_to_an_offer(desk, capsys):
    """CPS-6.2.8, CPS-6.4: sealed with Argon2id at the cost that the table names."""
    header = shares.read_file((desk.folder / "share.json").read_text())
    assert (header["kdf"], header["passes"], header["lanes"], header["memory"]) == (
        *(ARGON2ID, "3", "4", "65536"),
    )
    assert stat.S_IMODE((desk.folder / "share.json").stat().st_mode) == 0o600
    opens = ("--passphrase-file", desk.path("second"))
    offer = desk.offered()

    said = run(capsys, "bring", offer, desk.path("share.json"), "--purpose", "activate", *opens)

    assert (said["asked"]["hours"], said["asked"]["purpose"]) == ("8", "activate")
    session = json.loads(json.loads((desk.folder / "offer.json").read_text())["statement"])
    sent = bytes.fromhex(said["share_signature"]), bytes.fromhex(said["sealed"])
    answer = desk.custody.bring(session["session"], 2, *sent)
    assert answer == {"accepted": [2], "active": False}


def test_a_file_is_sealed_anew_under_another_passphrase_also_for_browsers(desk, capsys):
    """CPS-6.4.2: activation data is changed often."""
    was = ("--passphrase-file", desk.path("second"), "--new-passphrase-file", desk.path("first"))
    run(capsys, "seal", desk.path("share.json"), "--out", desk.path("anew"), "--for-browser", *was)

    opens = ("--passphrase-file", desk.path("first"))
    assert run(capsys, "open", desk.path("anew"), *opens)["sealed_with"] == PBKDF2
    assert rule_of(capsys, "open", desk.path("share.json"), *opens) == "shares.passphrase"
    was = ("--out", desk.path("anew"), *was)
    assert rule_of(capsys, "seal", desk.path("share.json"), *was) == "file.exists"
    desk.file("short", "elf zeichen")
    short = ("--passphrase-file", desk.path("second"), "--new-passphrase-file", desk.path("short"))
    refused = rule_of(capsys, "seal", desk.path("share.json"), "--out", desk.path("x"), *short)
    assert refused == "shares.passphrase_short"


def test_nothing_is_brought_to_what_was_not_agreed_or_is_over(desk, capsys):
    opens = ("--passphrase-file", desk.path("second"))
    share = (desk.path("share.json"), *opens, "--purpose")
    assert rule_of(capsys, "bring", desk.offered(), *share, "ceremony") == "shares.purpose"
    forged = desk.offered(newcomers="ab" * 32)
    assert rule_of(capsys, "bring", forged, *share, "activate") == "shares.newcomers"
    forged = desk.offered(script="ab" * 32)
    assert rule_of(capsys, "bring", forged, *share, "activate") == "shares.script"
    forged = desk.offered(identity=shares.public_of(shares.new_key()).hex())
    assert rule_of(capsys, "bring", forged, *share, "activate") == "shares.signer"
    desk.moment = NOW - timedelta(days=1)
    assert rule_of(capsys, "bring", desk.offered(), *share, "activate") == "shares.expired"
    assert rule_of(capsys, "bring", desk.file("x", "{}"), *share, "activate") == "shares.page"


def test_a_share_is_brought_to_the_ceremony_that_was_agreed_to(desk, capsys):
    """CPS-6.2.8: what it is asked for is checked, and shown before the file is opened."""
    wrong = ("--passphrase-file", desk.path("first"))  # of another file: nothing is opened
    bring = (
        "bring",
        desk.offered("ceremony", script("backup", "issuing", "KC-2026-002")),
        desk.path("share.json"),
    )
    agreed = ("--purpose", "ceremony", "--ceremony")
    assert rule_of(capsys, *bring, *agreed, "KC-2026-001", *wrong) == "shares.ceremony"
    assert rule_of(capsys, *bring, *agreed[:2], *wrong) == "shares.ceremony"

    assert main(["custodian", *bring, *agreed, "KC-2026-002", *wrong]) != 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["rule"] == "shares.passphrase"
    assert "KC-2026-002" in shown.err
    assert desk.custody.signer in shown.err


def test_the_offer_of_another_signer_is_refused_before_the_file_is_opened(desk, capsys, tmp_path):
    """CPS-6.2.8: signed as it should be, by a key the file does not name."""
    (tmp_path / "other").mkdir()
    other = Custody(
        tmp_path / "other", SoftwareVault(tmp_path / "other" / "s"), now=lambda: desk.moment
    )
    hand_out(other)
    said = other.offer("activate", hours=8, signatures=100)
    page = desk.page(
        "other.json", identity=other.report()["identity"], newcomers="", script="", **said
    )
    wrong = ("--purpose", "activate", "--passphrase-file", desk.path("first"))

    assert rule_of(capsys, "bring", page, desk.path("share.json"), *wrong) == "shares.signer"


def test_a_drill_is_proved_without_the_share(desk, capsys):
    """CPS-6.4"""
    drill = desk.page("drill.json", drill="5e" * 32, set=desk.taken["set"], number="2")
    opens = ("--passphrase-file", desk.path("second"))

    said = run(capsys, "prove", drill, desk.path("share.json"), *opens)

    stated = shares.drilled(
        signer=said["signer"], set_id=said["set"], number=2, check=said["check"], drill="5e" * 32
    )
    key = desk.custody.report()["custodians"][1]["key"]
    assert statements.holds(bytes.fromhex(key), stated, bytes.fromhex(said["proof"]))
    other = desk.page("drill.json", drill="5e" * 32, set=desk.taken["set"], number="1")
    assert rule_of(capsys, "prove", other, desk.path("share.json"), *opens) == "shares.set"


def test_a_lost_file_is_made_again_from_the_paper(desk, capsys):
    """CPS-6.4: the words alone are one of two shares, with the custodian's key."""
    opens = ("--passphrase-file", desk.path("second"))
    paper = run(capsys, "words", desk.path("share.json"), *opens)
    lengths = [len(paper[name].split()) for name in ("share_words", "key_words")]
    assert lengths == [12, 24]
    typed = paper | {"share_words": paper["share_words"].replace(" ", "")}
    chooses = ("--out", desk.path("again"), "--new-passphrase-file", desk.path("first"))

    run(capsys, "restore", desk.page("paper", **typed), *chooses)

    opened = [
        shares.open_file((desk.folder / name).read_text(), passphrase)
        for name, passphrase in (("share.json", SECOND), ("again", FIRST))
    ]
    assert opened[0].share == opened[1].share
    assert shares.private_of(opened[0].key) == shares.private_of(opened[1].key)


@pytest.mark.parametrize(
    "wrong",
    [
        {"share_words": "的 " * 12},
        {"share_words": "漢 " * 12},
        {"key_words": "的"},
        {"set": "00" * 16},
        {"number": "1"},
        {"number": "9"},
        {"check": "00" * 8},
        {"key_fingerprint": "00" * 32},
    ],
)
def test_a_paper_with_a_slip_of_the_pen_makes_no_file(desk, capsys, wrong):
    opens = ("--passphrase-file", desk.path("second"))
    paper = run(capsys, "words", desk.path("share.json"), *opens) | wrong
    chooses = ("--out", desk.path("again"), "--new-passphrase-file", desk.path("first"))

    assert rule_of(capsys, "restore", desk.page("paper", **paper), *chooses) == "shares.words"
    assert not (desk.folder / "again").exists()


@pytest.mark.parametrize(
    "changed",
    [{"memory": "1024"}, {"memory": str(2**30)}, {"passes": "x"}, {"kdf": PBKDF2}, {"iv": "zz"}],
)
def test_a_file_that_costs_too_little_or_too_much_is_not_opened(desk, changed):
    """RFC 9106 section 4: neither weakened by whoever had it in between, nor a trap."""
    fields = json.loads((desk.folder / "share.json").read_text()) | changed
    with pytest.raises(passphrases.Malformed):
        shares.open_file(json.dumps(fields), SECOND)
