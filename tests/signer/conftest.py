import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pki import shares
from pki.signer import custodyset
from tests.oracles.refusals import missing
from tests.signer import machine as machines
from tests.support.signer import SignerProcess, forked


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A private directory whose path leaves room for a socket's name (107 octets)."""
    directory = Path(tempfile.mkdtemp(prefix="anxin-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def new_signer(short_dir: Path) -> Iterator[Callable[..., SignerProcess]]:
    """new_signer(name, **fields) -> one that is prepared, not started; all are killed at last."""
    made: list[SignerProcess] = []

    def prepare(name: str = "home", **fields: object) -> SignerProcess:
        made.append(SignerProcess(short_dir / name, **fields).prepare())
        return made[-1]

    yield prepare
    for signer in made:
        signer.end()


@pytest.fixture
def signer(new_signer: Callable[..., SignerProcess]) -> SignerProcess:
    """A running signer with software keys, in a ceremony."""
    return new_signer().start()


def compiled(source: Path, folder: Path, *options: str) -> Path:
    """A shared library; libcrypto is linked without its headers."""
    if not shutil.which("cc") or not Path("/usr/include/stdlib.h").exists():
        missing("cc, for the devices of the tests,", "gcc libc6-dev")
    built = folder / f"lib{source.stem}.so"
    command = ("cc", "-shared", "-fPIC", "-O1", *options, str(source), "-o", str(built))
    subprocess.run((*command, "-l:libcrypto.so.3", "-ldl"), check=True)
    return built


@pytest.fixture(scope="session")
def sdf_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdf")
    return compiled(machines.SOURCE, folder, "-Wall", "-Wextra", "-Werror")


@pytest.fixture
def machine(sdf_library: Path, tmp_path: Path) -> Iterator[machines.Machine]:
    """An SDF device without keys, its password in the unlock file; closed at the end."""
    places = [tmp_path / name for name in ("keys", "home")]
    for place in places:
        place.mkdir(mode=0o700)
    own = shutil.copy(sdf_library, tmp_path / "libsdf.so")
    settings = {"indexes": machines.INDEXES, "directory": str(places[0])}
    made = machines.Machine(Path(own), *places, tmp_path / "device.json", settings)
    made.tell()
    made.unlock(machines.PASSWORD)
    yield made
    made.close()


SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, OFFICER = "13572468", "86427531"


@dataclass(frozen=True)
class SoftHsm:
    """A private token store with one token, `lab`."""

    tokens: Path
    environment: dict[str, str]
    pin: str = PIN
    options: tuple[str, ...] = (
        *("--driver", "pkcs11", "--module", str(SOFTHSM)),
        *("--token", "lab"),
    )


@pytest.fixture
def softhsm(tmp_path: Path) -> SoftHsm:
    if not SOFTHSM.exists() or not shutil.which("softhsm2-util"):
        missing("SoftHSM", "softhsm2")
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    made = SoftHsm(tokens, {"SOFTHSM2_CONF": str(configuration)})
    subprocess.run(
        (
            *("softhsm2-util", "--init-token", "--free", "--label", "lab"),
            *("--so-pin", OFFICER, "--pin", PIN),
        ),
        check=True,
        capture_output=True,
        env={**os.environ, **made.environment},
    )
    return made


@pytest.fixture
def hsm_signer(
    softhsm: SoftHsm, new_signer: Callable[..., SignerProcess]
) -> Callable[[str], SignerProcess]:
    """hsm_signer(name) -> a signer that uses the token, prepared but not started."""

    def prepare(name: str = "home") -> SignerProcess:
        one = new_signer(name, environment=softhsm.environment)
        initial = one.home / "initial-pin"
        initial.touch(mode=0o600)
        initial.write_text(softhsm.pin)
        one.options = (*softhsm.options, "--initial-secret-file", str(initial))
        return one

    return prepare


def at_lab(
    signer: SignerProcess, wanted: dict[object, object], act: Callable[[object], object]
) -> str:
    """With objects of the token, opened elsewhere by two custodians' shares; "" when it is done."""
    kept = custodyset.read(signer.home / custodyset.FILE)
    opened = shares.combine(one.share for one in signer.custodians[:2])

    def child() -> str:
        os.environ.update(signer.environment)
        from pki.hsm.cryptoki import Cryptoki

        device = Cryptoki(SOFTHSM, "lab", shares.unwrap(opened, kept.id, kept.wrapped))
        with device.writable() as session:
            for one in list(session.get_objects(wanted)):
                act(one)
        return ""

    return forked(child)()
