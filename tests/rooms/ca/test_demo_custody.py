"""A demo's custodians as people: their files to choose, and what the start says about them."""

import stat
from pathlib import Path

import pytest

from anxin.demo import custody
from anxin.demo import shares as demo
from pki import shares
from pki.shares import Share, ShareFile
from tests.support.signer import SignerProcess

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


def test_what_the_start_lists_is_there_opens_and_is_for_nobody_else(box, home):
    """CPS-6.2.8: a person can choose these files in a browser."""
    said = "\n".join(custody.guide(URL))

    assert f"{URL}/ca/custody/" in said
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
