"""A demo's custodians as people: their files to choose, and what the start says about them."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils.html import escape

from anxin.demo import custody
from anxin.demo import shares as demo
from anxin.duties import DUTIES
from anxin.kernel.workdays import SHANGHAI
from ca.custody import noting
from ca.custody.models import Activation
from people.accounts.demo import new_account, write_accounts
from pki import shares
from pki.shares import Share, ShareFile
from tests.support import custody as support
from tests.support.people import signed_in
from tests.support.signer import SignerProcess

NOW = datetime.now(UTC).replace(microsecond=0)
URL = "http://127.0.0.1:8000"


@pytest.fixture
def home(settings, tmp_path):
    settings.HOME = tmp_path
    held = []
    for number, login in enumerate(("luchen", "baizhou"), 1):
        opens = f"what {login} types"
        held.append(demo.Held(login, shares.seal_file(share_file(number, login), opens), opens))
    demo.write(custody.file(), held)
    return tmp_path


def share_file(number: int, name: str) -> ShareFile:
    share = Share(number, bytes([number]) * 16)
    return ShareFile("ab" * 16, "cd" * 32, str(number), name, share, shares.new_key())


@pytest.fixture
def box(settings, tmp_path):
    process = SignerProcess(tmp_path / "box", purpose="").prepare().start()
    settings.SIGNER_SOCKET = str(process.path)
    yield process
    process.end()


@pytest.mark.django_db(transaction=True)
def test_what_the_start_lists_is_there_opens_and_is_for_nobody_else(box, home):
    """CPS-6.2.8: a person can choose these files in a browser."""
    said = "\n".join(custody.guide(URL))

    assert f"{URL}/ca/custody/" in said
    assert "Two clicks activate a sealed one" in said
    assert "带来我的演示份额" in said
    assert "signs nothing until two custodians come" in said
    listed = (home / "demo-shares/passphrases.txt").read_text().splitlines()
    for line, login in zip(listed, ("luchen", "baizhou"), strict=True):
        name, path, passphrase = line.split("  ")
        assert name == login
        assert shares.open_file(Path(path).read_text(), passphrase).name == login
        assert passphrase not in said  # what is said is logged
    modes = {stat.S_IMODE(one.stat().st_mode) for one in (home / "demo-shares").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((home / "demo-shares").stat().st_mode) == 0o700


@pytest.fixture
def room(box, settings, transactional_db):
    """A set in force whose share files the demo keeps for its custodians' pages."""
    settings.CELERY_BROKER_URL = ""
    settings.DUTIES = DUTIES
    made = support.room()
    made.put_in_force(at=NOW)
    return made


@pytest.fixture
def kept(room, settings, tmp_path):
    settings.HOME, settings.DEMO = tmp_path, True
    held = [
        demo.Held("", shares.seal_file(one.files[-1], f"of {one.person_id}"), f"of {one.person_id}")
        for one in room.custodians
    ]
    demo.write(tmp_path / "demo-site-shares.json", held)
    return held


def press(actor) -> str:
    """What the button on the page of custody does; where it leads."""
    answer = signed_in(actor).post("/ca/custody/activations/demo/")
    assert answer.status_code == 302
    return answer.url


def page(actor, address: str = "/ca/custody/") -> str:
    return signed_in(actor).get(address).content.decode()


def test_each_custodians_own_page_has_their_share_and_the_first_press_asks(room, kept):
    """CPS-6.2.8: one press each; the share is brought by the browser, to the signer's own offer."""
    first, second, third = room.custodians
    assert "data-demo-begin" in page(first.actor)

    address = press(first.actor)

    noting.tend(at=datetime.now(UTC))
    row = Activation.objects.get()
    assert (row.state, row.purpose, row.asked_by) == ("offered", "activate", first.person_id)
    assert press(second.actor) == address
    for one, other in ((first, second), (second, third)):
        said = page(one.actor, address)
        assert f'data-passphrase="of {one.person_id}"' in said
        assert f"of {other.person_id}" not in said
        assert escape(kept[room.custodians.index(one)].file) in said
    for one in (room.host, room.admin):
        assert "data-demo" not in page(one, address)
        assert signed_in(one).post("/ca/custody/activations/demo/").status_code == 403


def test_outside_a_demo_nobody_is_served_a_share_whatever_lies_about(room, kept, settings):
    first = room.custodians[0]
    settings.DEMO = False

    assert "data-demo" not in page(first.actor)
    refused = signed_in(first.actor).post("/ca/custody/activations/demo/")
    assert refused.status_code == 403
    assert "只有演示环境代为保存的份额" in refused.content.decode()
    assert not Activation.objects.exists()
    activation_id = room.ask(at=datetime.now(UTC))
    said = page(first.actor, f"/ca/custody/activations/{activation_id}/")
    assert "加密并提交份额" in said
    assert "data-demo" not in said
    assert "data-passphrase" not in said


def test_a_share_of_another_set_is_not_offered(room, kept, tmp_path):
    first = room.custodians[0]
    other = demo.Held("", shares.seal_file(share_file(1, "x"), "of nobody"), "of nobody")
    demo.write(tmp_path / "demo-site-shares.json", [other])

    assert "data-demo" not in page(first.actor)
    assert signed_in(first.actor).post("/ca/custody/activations/demo/").status_code == 403


def test_the_passphrase_is_explained_in_words_that_hold_also_after_a_wrong_one(room, kept):
    luchen = room.custodians[0].actor
    write_accounts([new_account("luchen", "陆辰", ["custodian"])])
    activation_id = room.ask(at=datetime.now(UTC))

    said = page(luchen, f"/ca/custody/activations/{activation_id}/")

    assert "口令已填好" not in said
    assert "预填的口令只能打开启动时列出的份额文件" in said


def test_the_start_says_until_when_with_the_time_zone(room, kept):
    room.activate(at=NOW)

    until = datetime.fromisoformat(custody.ca.custody()["until"]).astimezone(SHANGHAI)
    assert f"active until {until:%Y-%m-%d %H:%M} (UTC+0800)" in custody.guide(URL)[0]
