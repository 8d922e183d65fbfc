"""Ceremonies that copy, restore, archive and destroy keys, with a real signer."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.urls import reverse

from anxin.duties import DUTIES
from anxin.kernel.locks import Work
from anxin.wording import sentence
from audit.journal.models import Entry
from ca.authorities import queries as authorities
from ca.ceremonies import queries, working
from ca.ceremonies.made import told
from ca.ceremonies.models import Ceremony, CeremonyStep
from ca.ceremonies.rules import Draft
from ca.ceremony_sentences import AT_SIGNER
from ca.hierarchy.models import CertificateAuthority
from ca.keeping.models import KeptKey
from ca.keys import services as keys
from people.api import Role
from pki import ceremonies, publickeys
from pki.errors import Refused, TokenError
from pki.keys import generate
from pki.signer import homes
from pki.signer.client import Signer
from pki.signer.protocol import CRL
from tests.rooms.ca.test_ceremony_pages import page, typed
from tests.support import ca
from tests.support.ceremonies import draft
from tests.support.ceremony_rooms import CAST, NOW, House, step_of
from tests.support.races import at_work
from tests.support.refusals import refused_by
from tests.support.signer import SignerProcess, lying, script
from tests.support.voting import pen

_labels = iter(range(1, 1000))


@pytest.fixture(scope="module")
def keeper() -> Iterator[SignerProcess]:
    """A signer of this file's own, with a second directory for copies."""
    with tempfile.TemporaryDirectory(prefix="anxin-keeper-") as folder:
        spare = ("--spare-home", str(Path(folder) / "spare"))
        process = SignerProcess(Path(folder) / "home", spare).prepare().start()
        yield process
        process.terminate()


@pytest.fixture
def signer(keeper: SignerProcess, settings) -> SignerProcess:
    settings.SIGNER_SOCKET = str(keeper.path)
    settings.CELERY_BROKER_URL = ""
    settings.FLOWS = ca.with_own_followers()
    settings.DUTIES = DUTIES
    return keeper


@pytest.fixture
def house(signer, transactional_db) -> House:
    """Three custodians, as backups want them (CPS 6.2.4)."""
    return House(signer, cast={**CAST, "shen": Role.CUSTODIAN}).furnish()


def kept(kind: str, key: str, **said: object) -> Draft:
    return Draft(**({"kind": kind, "drill": False, "device": "备用机 B", "key": key} | said))


def hold(house: House, said: Draft) -> str:
    number = house.opened(said)
    go_on(house, number)
    return number


def go_on(house: House, number: str) -> None:
    for step in queries.script_of(queries.ceremony(number))["steps"]:
        row = step_of(number, step["code"])
        if row.state != "done":
            house.step(number, step["code"])


def made(number: str, code: str) -> dict:
    return json.loads(queries.result(number, code))


@pytest.fixture
def root(house, keeper) -> str:
    """The label of a root in force, made in a ceremony."""
    label = f"kept-{next(_labels)}"
    hold(house, draft(key=label))
    return label


@pytest.fixture
def of_drill(house, keeper) -> str:
    """The label of a drill's key, just made."""
    label = f"old-{next(_labels)}"
    number = house.opened(draft(key=label, drill=True))
    house.step(number, "gather")
    house.step(number, "device")
    house.begin(number, "make_key")
    house.work()
    return f"drill-{label}"


@pytest.fixture
def in_use(keeper: SignerProcess) -> None:
    """The second device, once for this file's signer."""
    if (keeper.home.parent / "spare" / "custody.json").exists():
        return
    keeper.agree(script("initialise", "spare", "KC-2026-000"))
    with closing(Signer(keeper.path)) as client:
        client.initialise("KC-2026-000")


# --- whole ceremonies ------------------------------------------------------------------------


def test_a_device_is_taken_into_use_in_a_ceremony(house, settings):
    """CPS-6.2.1: its self-test is in the record."""
    with tempfile.TemporaryDirectory(prefix="anxin-own-") as folder:
        own = SignerProcess(Path(folder) / "home", ("--spare-home", f"{folder}/spare")).prepare()
        own.start()
        settings.SIGNER_SOCKET = str(own.path)
        number = hold(replace(house, signer=own), kept("initialise", "spare"))
        own.end()

    report = made(number, "initialise")
    assert (report["passed"], report["custody"]["code"]) == (True, "software")
    assert ceremonies.check(queries.record(number)).end == "finished"


def test_a_device_whose_self_test_fails_is_not_taken_into_use(house, settings):
    """CPS-6.2.11"""
    with tempfile.TemporaryDirectory(prefix="anxin-own-") as folder:
        own = SignerProcess(Path(folder) / "home", ("--spare-home", f"{folder}/spare")).prepare()
        own.start()
        settings.SIGNER_SOCKET = str(own.path)
        house = replace(house, signer=own)
        number = house.opened(kept("initialise", "spare"))
        house.step(number, "gather")
        house.step(number, "device")

        with lying(own, "initialise", failed_in_sm3) as path:
            settings.SIGNER_SOCKET = path
            step = tried(house, number, "initialise")

        fault = queries.fault_in(step.fault)
        assert (step.state, fault.rule) == ("waiting", "keeping.device_failed")
        assert "SM3" in sentence(fault)
        settings.SIGNER_SOCKET = str(own.path)
        go_on(house, number)
        own.end()
    assert made(number, "initialise")["passed"]


def failed_in_sm3(answer):
    header, blobs = answer
    (check,) = [one for one in header["report"]["checks"] if one["name"] == "SM3"]
    check["outcome"], header["report"]["passed"] = "failed", False
    return header, blobs


@pytest.mark.usefixtures("in_use")
def test_a_key_that_signs_as_another_was_not_restored(house, keeper, of_drill, settings):
    """CPS-6.2.4: the worker verifies by itself, whatever the signer says of it."""
    hold(house, kept("backup", of_drill, drill=True))
    number = house.opened(kept("restore", of_drill, drill=True))
    house.step(number, "gather")
    house.step(number, "device")

    with lying(keeper, "restore", signed_by_another) as path:
        settings.SIGNER_SOCKET = path
        step = tried(house, number, "restore")

    assert queries.fault_in(step.fault).rule == "keeping.wrong_signature"
    assert not Entry.objects.filter(action="ca.restore_key").exists()
    settings.SIGNER_SOCKET = str(keeper.path)
    go_on(house, number)
    assert Entry.objects.filter(action="ca.restore_key").count() == 1


def signed_by_another(answer):
    header, (statement, _) = answer
    return header, [statement, generate("sm2").sign(statement)]


@pytest.mark.usefixtures("in_use")
def test_a_root_has_a_copy_that_signs_and_ends_before_its_time_only_when_compromised(
    house, keeper, root, tmp_path
):
    """CPS-6.2.3/4, CPS-6.2.6, CPS-6.2.10: three custodians, wrapped only, OpenSSL verifies."""
    for kind in ("archive", "destroy"):
        assert refused_by(house.draft, kept(kind, root, ending="expired")) == "keeping.in_force"
    assert refused_by(house.draft, kept("destroy", root, ending="drill")) == "keeping.ending"
    assert refused_by(house.draft, kept("backup", root, drill=True)) == "keeping.drill_key"
    assert refused_by(house.draft, kept("restore", root)) == "keeping.no_copy"
    assert refused_by(house.draft, kept("backup", "nothing")) == "keeping.unknown_key"
    two = [house.people[one].person_id for one in ("lu", "qin")]
    few = refused_by(house.draft, kept("backup", root), custodians=two)
    assert few == "ceremonies.too_few"

    copied = hold(house, kept("backup", root))
    drill = hold(house, kept("restore", root, drill=True))
    assert KeptKey.objects.get(label=root).restored_at is None  # a drill is in the journal alone
    restored = hold(house, kept("restore", root))

    row = KeptKey.objects.get(label=root)
    assert (row.state, row.copy) == ("active", made(copied, "backup")["copy"])
    assert (made(drill, "restore")["kept"], made(drill, "restore")["remains"]) == (False, [])
    said = made(restored, "restore")
    assert (said["kept"], json.loads(said["statement"])["ceremony"]) == (True, restored)
    assert verified_by_openssl(said, tmp_path)
    assert wrapped_key(keeper, root) not in whole(copied)
    noted = Entry.objects.filter(action__in=["ca.back_up_key", "ca.restore_key"]).order_by("pk")
    assert [json.loads(one.details)["ceremony"] for one in noted] == [copied, drill, restored]

    page = authorities.authority(root, at=house.now())
    assert page.key_state == "在用"
    assert page.kept.restored_at is not None

    number = hold(house, kept("destroy", root, ending="compromise"))
    assert authorities.authority(root, at=house.now()).key_state == "已销毁"
    assert made(number, "destroy")["remains"] == {"first": [], "second": []}
    assert refused_by(keys.sign_one, root, CRL, b"list") == "keeping.signs_nothing"


def verified_by_openssl(said: dict, folder: Path) -> bool:
    files = {"key": bytes.fromhex(said["public_key"]), "words": said["statement"].encode()}
    for name, content in (files | {"signature": bytes.fromhex(said["signature"])}).items():
        (folder / name).write_bytes(content)
    sm2 = ("-sm3", "-sigopt", "distid:1234567812345678", "-keyform", "DER", "-verify", "key")
    openssl = ("openssl", "dgst", *sm2, "-signature", "signature", "words")
    return subprocess.run(openssl, cwd=folder, check=False).returncode == 0


def wrapped_key(keeper: SignerProcess, label: str) -> str:
    (place,) = (keeper.home / "backups" / label).glob("*.json")
    copy = json.loads(place.read_bytes())
    return json.loads(copy["file"])["sealed"]


def whole(number: str) -> str:
    """Everything that a record says."""
    record = queries.record(number)
    results = [bytes.fromhex(one).decode() for one in record["results"].values()]
    return json.dumps([record, *results])


@pytest.mark.usefixtures("in_use")
def test_an_archived_key_signs_nothing_and_a_destroyed_one_is_in_no_device(house, keeper, of_drill):
    """CPS-6.2.5, CPS-6.2.10: the house refuses, and so does the signer; ten years."""
    ending = {"drill": True, "ending": "drill"}
    hold(house, kept("backup", of_drill, drill=True))

    archived = hold(house, kept("archive", of_drill, **ending))

    row = KeptKey.objects.get(label=of_drill)
    assert (row.state, made(archived, "archive")["keep_until"]) == (
        "archived",
        row.keep_until.isoformat(),
    )
    assert timedelta(days=3651) <= row.keep_until - NOW <= timedelta(days=3654)
    for sign in (keys.sign_one, keys.sign_list):
        arguments = (of_drill, CRL, b"list") if sign is keys.sign_one else (of_drill, b"list")
        assert refused_by(sign, *arguments) == "keeping.signs_nothing"
    assert (
        refused_by(keys.sign, of_drill, CRL, [b"list"], by=publickeys.parse(pen(1).public))
        == "keeping.signs_nothing"
    )
    with closing(Signer(keeper.path)) as client, pytest.raises(Refused) as caught:
        client.sign_one(of_drill, CRL, b"list")
    assert caught.value.rule == "signer.archived"
    assert refused_by(house.draft, kept("archive", of_drill, **ending)) == "keeping.over"

    destroyed = hold(house, kept("destroy", of_drill, **ending))

    assert made(destroyed, "destroy")["remains"] == {"first": [], "second": []}
    assert KeptKey.objects.get(label=of_drill).state == "destroyed"
    assert not [*keeper.home.parent.glob(f"**/{of_drill}.*")]
    assert refused_by(house.draft, kept("restore", of_drill, drill=True)) == "keeping.over"


@pytest.fixture
def helper(keeper: SignerProcess, of_drill: str, settings) -> Iterator[SignerProcess]:
    """A second signer, with the key in a device of its own."""
    with tempfile.TemporaryDirectory(prefix="anxin-helper-") as folder:
        one = keeper.help_with(Path(folder) / "home").start()
        settings.HELPER_SOCKETS = (str(one.path),)
        yield one
        one.end()


def tried(house: House, number: str, code: str) -> CeremonyStep:
    """The step is begun and worked on, once more if it was before."""
    house.begin(number, code)
    house.work()
    return step_of(number, code)


@pytest.mark.usefixtures("in_use")
def test_a_key_is_destroyed_when_no_helper_has_it_any_more(house, keeper, of_drill, helper):
    """CPS-6.2.10: the device of a helper is asked as well, and an answer is needed."""
    number = house.opened(kept("destroy", of_drill, drill=True, ending="drill"))
    house.step(number, "gather")
    house.step(number, "device")

    for state in ("it signs", "it is sealed", "it is away"):
        step = tried(house, number, "destroy")
        assert queries.fault_in(step.fault).rule == "keeping.helper_has_it", state
        assert not KeptKey.objects.filter(label=of_drill, state="destroyed").exists()
        helper.client().lock() if state == "it signs" else helper.kill()
    helper.start()
    helper.terminate()
    (helper.home / "software" / f"{of_drill}.key").unlink()
    helper.copy_keys(keeper)
    helper.start()
    assert helper.client().remains("kept", b"") == []
    go_on(house, number)

    assert made(number, "destroy")["helpers"] == {"1": []}
    assert KeptKey.objects.get(label=of_drill).state == "destroyed"
    shown = [value for what, value in told("destroy", queries.result(number, "destroy"))]
    assert shown == ["按标签和公钥都查不到"] * 3  # first, second, helper


def test_a_key_is_archived_when_no_helper_signs_with_it_any_more(house, keeper, of_drill, helper):
    """CPS-6.2.5"""
    number = house.opened(kept("archive", of_drill, drill=True, ending="drill"))
    house.step(number, "gather")
    house.step(number, "device")
    step = tried(house, number, "archive")
    assert queries.fault_in(step.fault).details["places"] == "1"

    helper.terminate()
    helper.copy_keys(keeper)
    helper.start()
    go_on(house, number)

    assert made(number, "archive")["helpers"] == {"1": []}
    with pytest.raises(Refused) as caught:
        helper.client().sign_one(of_drill, CRL, b"list")
    assert caught.value.rule in {"signer.archived", "signer.helper"}


@pytest.mark.usefixtures("in_use")
def test_a_key_that_only_a_device_knew_of_is_destroyed_after_all(house, keeper):
    """CPS-6.2.10: the signer could write nothing down any more, and the ceremony was broken off."""
    label = f"begun-{next(_labels)}"
    number = house.opened(draft(key=label, drill=True))
    house.step(number, "gather")
    house.step(number, "device")
    full = keeper.home / ".keys.json.new"
    full.mkdir()
    house.begin(number, "make_key")
    house.work()
    house.at += timedelta(hours=1)
    house.work()  # its time is over
    full.rmdir()
    house.end_early(number, "lu", "签名服务的磁盘满了")
    house.end_early(number, "qin")
    place = keeper.home / "software" / f"drill-{label}.key"
    assert (place.exists(), keys.key_of(f"drill-{label}")) == (True, None)

    hold(house, kept("destroy", f"drill-{label}", drill=True, ending="drill"))

    assert not place.exists()
    assert KeptKey.objects.get(label=f"drill-{label}").state == "destroyed"


@pytest.mark.usefixtures("in_use")
@pytest.mark.parametrize("drill", [True, False], ids=["drill", "earnest"])
def test_a_responders_key_of_a_ceremony_that_was_broken_off_is_destroyed(house, keeper, drill):
    """CPS-6.2.10: nobody else would ever have it, and no other key is taken for it."""
    label = f"vain-{next(_labels)}"
    number = house.opened(draft(key=label, drill=drill, path_length=0))
    house.steps(number, "gather", "device", "make_key")
    key = f"{'drill-' if drill else ''}{label}-ocsp"
    said = kept("destroy", key, drill=drill, ending="drill" if drill else "compromise")
    assert refused_by(queries.check_free, said, at=house.now()) == "keeping.unknown_key"
    house.begin(number, "make_responder")
    house.work()
    house.end_early(number, "lu", "封条破损，停止仪式")
    house.end_early(number, "qin")
    place = keeper.home / "software" / f"{key}.key"
    assert (place.exists(), queries.algorithm_of(key)) == (True, "sm2")

    hold(house, said)

    assert not place.exists()
    assert KeptKey.objects.get(label=key).state == "destroyed"


def test_a_responders_key_goes_with_its_authority(house):
    """CPS-4.9.9: of one in force no key is taken away that answers for it; no other follows."""
    label = f"kept-{next(_labels)}"
    hold(house, draft(key=label, path_length=0))
    said = kept("destroy", f"{label}-ocsp", ending="compromise")

    assert refused_by(queries.check_free, said, at=house.now()) == "keeping.unknown_key"


@pytest.mark.usefixtures("in_use")
def test_a_destruction_that_breaks_off_says_what_is_done_and_goes_on(house, keeper, of_drill):
    """CPS-6.2.10: the first device has lost the key by then, and nobody reads that nothing was."""
    number = house.opened(kept("destroy", of_drill, drill=True, ending="drill"))
    house.step(number, "gather")
    house.step(number, "device")
    at_work = homes.take(keeper.home.parent / "spare")

    fault = queries.fault_in(tried(house, number, "destroy").fault)

    os.close(at_work)
    assert not (keeper.home / "software" / f"{of_drill}.key").exists()
    assert "请停下那个签名服务" in sentence(fault)
    shown = page(house, "tang", reverse("ceremony", args=[number])).content.decode()
    assert sentence(fault) in shown
    go_on(house, number)
    assert made(number, "destroy")["remains"] == {"first": [], "second": []}


def test_what_a_signer_refuses_is_told_in_words():
    """Its own rules by name only where nobody meets them; nowhere that nothing was changed."""
    for rule in (*AT_SIGNER, "policy.kind"):
        fault = queries.fault_in(working.fault_of(TokenError(rule, "why", permanent=True)))
        told_as = sentence(fault)
        assert (rule in told_as) == (rule == "policy.kind")
        assert "没有任何改动" not in told_as
        assert "重新开始这一步" in told_as


def test_a_signer_activated_for_another_ceremony_does_nothing(house, keeper, of_drill):
    """CPS-6.2.2: the signer asks for this ceremony itself, whatever the house has checked."""
    number = house.opened(kept("backup", of_drill, drill=True), active=False)
    house.step(number, "gather")
    house.begin(number, "device")
    house.work()

    row = step_of(number, "device")
    assert queries.fault_in(row.fault).rule == "ceremonies.other_ceremony"
    with pytest.raises(Refused) as caught:
        keys.back_up(number, of_drill)
    assert caught.value.rule == "signer.ceremony"


# --- on the page -----------------------------------------------------------------------------


def test_a_script_about_a_key_is_drafted_on_the_page(house, of_drill):
    """CPS-5.2.2"""
    path, custodians = reverse("ceremony-draft"), ("lu", "qin", "shen")
    said = {"custodians": [house.people[one].person_id for one in custodians], "drill": "on"}
    said |= {"kind": "archive", "key": of_drill, "organization": "", "name": ""}

    asked = page(house, "tang", path, **typed(house, **said))
    assert asked.status_code == 422
    assert "请选择归档或销毁的原因" in asked.content.decode()
    assert page(house, "tang", path, **typed(house, **said, ending="drill")).status_code == 302
    script = queries.script_of(Ceremony.objects.latest("pk"))
    assert (script["key"], script["plan"]["ending"]) == (of_drill, "drill")
    device = said | {"kind": "initialise", "key": ""}
    refused = page(house, "tang", path, **typed(house, **device))
    assert (refused.status_code, "不能演练" in refused.content.decode()) == (422, True)
    device = typed(house, **device | {"drill": "false"})
    assert page(house, "tang", path, **device).status_code == 302
    assert queries.script_of(Ceremony.objects.latest("pk"))["key"] == "spare"


@pytest.mark.usefixtures("in_use")
def test_whoever_attests_sees_what_was_made(house, keeper, of_drill):
    """CPS-5.2.2, CPS-6.2.5"""
    ending = {"drill": True, "ending": "drill"}
    number = house.opened(kept("archive", of_drill, **ending))
    house.step(number, "gather")
    house.step(number, "device")
    house.begin(number, "archive")
    house.work()

    shown = page(house, "lu", reverse("ceremony", args=[number])).content.decode()
    row = KeptKey.objects.get(label=of_drill)
    assert "保存到" in shown
    assert row.keep_until.isoformat()[:10] in shown


@pytest.mark.parametrize(
    ("code", "result", "said"),
    [
        (
            "device",
            {
                "custody": {"zh": "密码设备密钥"},
                "device": {"model": "M", "serial": "07"},
                "started_at": "2026-11-02T01:00:00+00:00",
            },
            ["密码设备密钥", "M 07", "2026-11-02 09:00:00"],
        ),
        (
            "backup",
            {
                "spare": {"serial": "07"},
                "kek": "ab",
                "copy": "cd",
                "guard": {"NEVER_EXTRACTABLE": False},
            },
            ["07", "ab", "cd", "FALSE"],
        ),
        (
            "restore",
            {
                "device": {"model": "software"},
                "statement": "s",
                "algorithm": "sm2-sm3",
                "kept": False,
            },
            ["软件", "s", "已用公钥验证（SM2 + SM3）", "密钥已从备用设备删除"],
        ),
        (
            "destroy",
            {"remains": {"first": [], "second": ["PUBLIC_KEY a"]}},
            ["按标签和公钥都查不到", "PUBLIC_KEY a"],
        ),
        (
            "initialise",
            {"facts": {"label": "vault"}, "checks": [{"outcome": "passed"}]},
            ["vault", "1 项通过，没有失败"],
        ),
    ],
)
def test_what_devices_made_is_told_in_words(code, result, said):
    """CPS-6.2.3/4, CPS-6.2.10"""
    assert [value for _what, value in told(code, json.dumps(result).encode())] == said


# --- crashes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["backup", "archive", "destroy"])
@pytest.mark.usefixtures("in_use")
def test_a_worker_that_dies_after_the_act_does_it_once(house, keeper, of_drill, kind):
    """What the signer has done, and what was written of it, is found again."""
    ending = "" if kind == "backup" else "drill"
    number = house.opened(kept(kind, of_drill, drill=True, ending=ending))
    house.step(number, "gather")
    house.step(number, "device")
    house.begin(number, kind)

    house.die_at_work()
    go_on_from(house, number, kind)

    states = {"backup": "active", "archive": "archived", "destroy": "destroyed"}
    assert KeptKey.objects.get(label=of_drill).state == states[kind]
    assert ceremonies.check(queries.record(number)).end == "finished"


@pytest.mark.usefixtures("in_use")
def test_nobody_ends_a_ceremony_while_an_act_runs(house, keeper, of_drill):
    """CPS-5.2.2, CPS-6.2.10: nor calls it broken off without saying what nobody knows."""
    number = house.opened(kept("destroy", of_drill, drill=True, ending="drill"))
    house.step(number, "gather")
    house.step(number, "device")
    house.begin(number, "destroy")
    end = partial(house.end_early, number, "qin", "拿错了设备，停止销毁")
    assert refused_by(end) == "ceremonies.entering"
    house.die_at_work()
    assert KeptKey.objects.get(label=of_drill).state == "destroyed"
    assert refused_by(end) == "ceremonies.entering"

    house.at += timedelta(minutes=10)
    with at_work(Work.RUN_CEREMONY, step_of(number, "destroy").pk):  # a worker that goes on
        house.work()
        assert refused_by(end) == "ceremonies.entering"
    assert step_of(number, "destroy").state == "acting"
    house.work()  # the step waits for its host again
    end()
    house.end_early(number, "gao")

    record = queries.record(number)
    assert ceremonies.check(record).end == "aborted"
    last = ceremonies.line_of(record["lines"][-1]["text"])
    assert (last.what, last.step, dict(last.details)) == (
        *("aborted", "destroy"),
        {"unknown": "destroy"},
    )
    shown = page(house, "jiang", reverse("ceremony", args=[number])).content.decode()
    assert "是否做完没有记录" in shown


@pytest.mark.usefixtures("in_use")
def test_what_is_answered_is_not_called_unknown(house, keeper, of_drill):
    """A refusal stands in the record with its reason."""
    number = house.opened(kept("destroy", of_drill, drill=True, ending="drill"), active=False)
    house.step(number, "gather")
    house.begin(number, "device")
    house.work()
    house.end_early(number, "qin", "没有启用签名服务")
    house.end_early(number, "gao")

    last = ceremonies.line_of(queries.record(number)["lines"][-1]["text"])
    assert (last.what, last.step, dict(last.details)) == ("aborted", "", {})


def go_on_from(house: House, number: str, code: str) -> None:
    """Another worker finds the step, and the people attest it."""
    assert house.work() == 1
    for login in ("lu", "qin", "shen", "gao", "jiang"):
        house.attest(number, code, login)
    go_on(house, number)


def test_a_signer_that_was_killed_goes_on_when_it_is_activated_again(house, keeper, of_drill):
    """The step waits while nobody can be asked, and is done afterwards."""
    number = house.opened(kept("archive", of_drill, drill=True, ending="drill"))
    house.step(number, "gather")
    house.step(number, "device")
    keeper.kill()
    house.begin(number, "archive")
    assert house.work() == 0

    keeper.start()
    house.activate(number)
    go_on_from(house, number, "archive")

    assert KeptKey.objects.get(label=of_drill).state == "archived"
    assert not CertificateAuthority.objects.exists()
