"""The record of custody that auditors take home: proved without us, and every forgery refused."""

import copy
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import F

from anxin.duties import DUTIES
from anxin.kernel.actors import SYSTEM
from ca.custody import activating, drills, noting, records
from ca.custody.models import CustodySet, Drill, StopOrder
from ca.hierarchy.services import found_demo_hierarchy
from ca.keys.models import CustodyReport
from ca.operators.services import certify
from people.api import Role, vote
from people.operatorkeys.models import OperatorKey
from pki import custodians, custody_records
from pki.__main__ import main
from pki.errors import PkiError
from tests.support import ca, custody
from tests.support.people import hire, signed_in
from tests.support.refusals import refused_by
from tests.support.signer import SignerProcess, activate
from tests.support.voting import enrolled, pen, sign_vote


class Clock:
    """The house's, a minute behind the signer's: what it says happened before the book was read."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(settings):
    with tempfile.TemporaryDirectory(prefix="anxin-box-") as folder:
        process = SignerProcess(Path(folder) / "home", purpose="").prepare().start()
        settings.SIGNER_SOCKET = str(process.path)
        settings.CELERY_BROKER_URL = ""
        settings.DUTIES = DUTIES
        yield process
        process.end()


def tended() -> None:
    """A worker comes by, and reads the signer's book."""
    CustodyReport.objects.update(book_at=None)
    noting.tend(at=datetime.now(UTC))


@pytest.fixture
def room(box, clock, transactional_db):
    """A whole life: handed out, activated, drilled, re-split, activated and sealed."""
    made = custody.room()
    made.put_in_force(at=clock.now)
    made.activate(at=clock.now)
    resplit(made, clock)
    first = made.custodians[0]
    drill(first, clock)
    made.activate(at=clock.now, hours=24)
    activating.stop("演练：封存", actor=first.actor, at=clock.now)
    noting.tend(at=clock.now)
    asked = activating.propose_end("换班", actor=made.custodians[1].actor, at=clock.now)
    vote(asked.id, grants=True, seen=asked.digest, actor=first.actor, at=clock.now)
    made_up = {"how": "emergency", "reason": "编造", "signed": ["no record"]}
    who = first.actor.person_id
    StopOrder.objects.create(state="ordered", ordered_by=who, ordered_at=clock.now, **made_up)
    tended()
    return made


def resplit(made, clock) -> None:
    set_id = made.draft(at=clock.now)
    made.agree(set_id, at=clock.now)
    for one in made.custodians:
        one.enrol(at=clock.now)
    allowed = made.ask(at=clock.now, purpose="resplit", hours=1)
    for one in made.custodians[:2]:
        one.bring(allowed, at=clock.now)
    noting.tend(at=clock.now)
    noting.tend(at=clock.now)
    for one in made.custodians:
        one.receive(at=clock.now)
    noting.tend(at=clock.now)
    assert CustodySet.objects.get(pk=set_id).state == "in_force"


def drill(one, clock) -> None:
    drill_id = drills.begin(one.seat().pk, actor=one.actor, at=clock.now)
    proof = custodians.prove(one.files[-1], Drill.objects.get(pk=drill_id).challenge)
    drills.prove(drill_id, proof.hex(), actor=one.actor, at=clock.now)


def judged(record) -> str:
    """The rule by which it is refused; "" if it holds."""
    try:
        custody_records.check(record)
    except PkiError as refusal:
        return refusal.rule
    return ""


def test_the_record_of_a_whole_life_is_proved_off_the_system(room, box, tmp_path, capsys):
    """CPS-6.2.2, CPS-6.2.8, CPS-6.2.9, CPS-6.4.1"""
    auditor = signed_in(hire("jiangwan", Role.AUDITOR))
    got = auditor.get("/ca/custody/record/")
    assert (got.status_code, got["Content-Type"]) == (200, "application/json")
    assert "下载保管记录" in auditor.get("/ca/custody/").content.decode()
    file, book = tmp_path / "custody.json", box.home / "book.lines"
    file.write_bytes(got.content)

    assert main(["verify", "custody", str(file), "--data", str(book)]) == 0

    said = json.loads(capsys.readouterr().out)
    counted = {"sets": 2, "receipts": 6, "shares": 6, "activations": 3, "drills": 1, "stops": 2}
    assert {name: said[name] for name in counted} == counted
    assert (said["unrecorded"], said["adopted"]) == ([], [])
    assert said["signer"] == CustodySet.objects.first().signer
    assert len(said["holds"]) == 5
    assert len(said["not_checked"]) == 3
    assert main(["verify", "custody", str(file)]) == 0
    left = json.loads(capsys.readouterr().out)["not_checked"]
    assert "give the signer's book with --data" in left[-1]
    shorter = tmp_path / "book.lines"
    shorter.write_bytes(b"\n".join(book.read_bytes().split(b"\n")[:3]))
    assert main(["verify", "custody", str(file), "--data", str(shorter)]) == 1
    assert json.loads(capsys.readouterr().out)["rule"] == "custody.book"


def test_every_forgery_of_it_is_refused(room):
    """CPS-5.4.1"""
    record = json.loads(json.dumps(records.record()))
    assert judged(record) == ""

    found = {}
    for rule, name, forge in FORGERIES:
        forged = copy.deepcopy(record)
        forge(forged)
        found[name] = (judged(forged), rule)

    assert {name: pair for name, pair in found.items() if pair[0] != pair[1]} == {}
    hidden = copy.deepcopy(record)
    del hidden["activations"][0]
    assert len(custody_records.check(hidden).unrecorded) == 3  # two shares, and what they did


def seat(record, number=0, of=0):
    return record["sets"][of]["seats"][number]


def twice(record) -> None:
    """A second use that nobody made, with what was signed for the first."""
    record["activations"].append({**record["activations"][0], "id": 99})


FORGERIES = (
    ("custody.receipt_missing", "no receipt", lambda r: seat(r).update(state="handed_out")),
    (
        "custody.signature",
        "another's receipt",
        lambda r: seat(r).update(receipt=seat(r, 1)["receipt"]),
    ),
    ("custody.votes", "another person", lambda r: seat(r).update(person=4711)),
    ("custody.statement", "another share", lambda r: seat(r).update(check="00" * 8)),
    ("custody.signer", "not handed out", lambda r: seat(r).update(signature="00" * 64)),
    ("custody.votes", "nobody agreed", lambda r: r["votes"].clear()),
    ("custody.resplit", "nobody allowed it", lambda r: r["activations"].pop(1)),
    ("custody.statement", "longer", lambda r: r["activations"][0].update(hours=2000)),
    ("custody.too_few", "one share", lambda r: r["activations"][0]["shares"].pop()),
    (
        "custody.signature",
        "other bytes",
        lambda r: r["activations"][0]["shares"][0].update(digest="00" * 32),
    ),
    ("custody.not_in_book", "used twice", twice),
    ("custody.signature", "no drill", lambda r: r["drills"][0].update(signature="00" * 64)),
    ("custody.votes", "alone", lambda r: r["stops"][1].update(reason="别的原因")),
    ("custody.book", "a line less", lambda r: r["book"]["lines"].pop(2)),
    ("custody.signer", "no book", lambda r: r["book"].update(signature="00" * 64)),
)


def test_others_do_not_take_it_and_without_the_book_there_is_none(room):
    """CPS-5.4.1"""
    for actor in (room.custodians[0].actor, hire("weilan", Role.CA_OPERATOR)):
        assert signed_in(actor).get("/ca/custody/record/").status_code == 403
        assert "下载保管记录" not in signed_in(actor).get("/ca/custody/").content.decode()
    CustodyReport.objects.update(book={})

    assert refused_by(records.record) == "custody.no_book"


def test_web_processes_may_read_it_and_workers_write_the_book(room, in_role):
    with in_role("worker"):
        tended()
    with in_role("staff"):
        assert judged(records.record()) == ""


def test_what_the_signer_knows_from_elsewhere_is_named_and_not_proved(settings, transactional_db):
    """A restored database, or a demo: shares were handed out and brought without it."""
    with tempfile.TemporaryDirectory(prefix="anxin-box-") as folder:
        process = SignerProcess(Path(folder) / "home", purpose="activate").prepare().start()
        settings.SIGNER_SOCKET = str(process.path)
        try:
            noting.note(at=datetime.now(UTC))
        finally:
            process.end()

    found = custody_records.check(json.loads(json.dumps(records.record())))

    assert found.adopted == [CustodySet.objects.get().code]
    assert len(found.unrecorded) == 7  # handed out, three receipts, two shares, activated
    assert found.counts == {}


def test_with_the_operators_ca_it_says_who_agreed_with_a_key_of_theirs(
    box, clock, transactional_db, tmp_path, capsys
):
    """CPS-5.2.3, CPS-5.4.1: since when keys are in use is not asked then; one UPDATE is enough."""
    made = custody.room()
    others = hire("fang", Role.SECURITY_ADMIN), hire("bao", Role.CA_ADMIN)
    enrolled(pen(1), made.admin, *others, at=clock.now)
    enrolled(pen(2), others[1], made.host, made.admin, at=clock.now)
    set_id = made.draft(at=clock.now)
    sign_vote(pen(1), CustodySet.objects.get(pk=set_id).approval_id, made.admin, at=clock.now)
    for one in made.custodians:
        one.enrol(at=clock.now)
    noting.tend(at=clock.now)
    for one in made.custodians:
        one.receive(at=clock.now)
    noting.tend(at=clock.now)
    made.activate(at=clock.now)
    first, second = (one.actor for one in made.custodians[:2])  # who have no keys yet
    asked = activating.propose_end("换班", actor=first, at=clock.now)
    vote(asked.id, grants=True, seen=asked.digest, actor=second, at=clock.now)
    activate(box.client(), [one.files[-1] for one in made.custodians[:2]], "founding")
    found_demo_hierarchy(actor=SYSTEM, at=ca.FOUNDED, entropy=ca.entropy)
    certify(at=clock.now)
    ca.sign_all("anxin-rsa", at=clock.now)
    tended()
    OperatorKey.objects.update(active_from=F("active_from") - timedelta(days=365))
    record = records.record()
    stop = f"Stop {StopOrder.objects.get().pk}"
    file, issuer = tmp_path / "custody.json", tmp_path / "ca.cer"
    file.write_text(json.dumps(record))
    issuer.write_bytes(ca.authority("anxin-rsa").certificate.der)

    assert main(["verify", "custody", str(file)]) == 1
    assert json.loads(capsys.readouterr().out)["rule"] == "vote.unsigned"
    assert main(["verify", "custody", str(file), "--issuer", str(issuer)]) == 0

    assert json.loads(capsys.readouterr().out)["uncertified"] == [stop]
    own = ca.authority("anxin-rsa").certificate
    record["votes"][0]["certificate"] = ""
    assert custody_records.check(record, own).uncertified == [f"Set {set_id}", stop]
    record["votes"][0]["signature"] = "00" * 64
    with pytest.raises(PkiError, match="does not belong to the statement"):
        custody_records.check(record, own)
