"""What the running processes hold, and what lies about afterwards: nothing that is not theirs."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from anxin.supervisor import secretfiles
from anxin.supervisor.accounts import GROUPS, Account
from tests.e2e import acts, people
from tests.oracles.refusals import missing
from tests.services.conftest import short_directory
from tests.support.intruder import DONE, attempt, opened_by
from tests.support.product import EVERYBODY, SITES, Product
from tests.support.waiting import until

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
DRIVERS = (b"softhsm", b"pkcs11", b"cryptoki")
ENCODINGS = ("utf-8", "utf-16-le", "gb18030")
WORKERS = ("worker-signing", "worker-default")
GROUP_OF = {
    **{name: name for name in ("staff", "public", "signer", "valkey", "postgres")},
    **dict.fromkeys((*WORKERS, "beat"), "worker"),
    "custodians": "signer",
}
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root has accounts to lend")


@pytest.fixture
def on_a_token() -> Iterator[Product]:
    """A product whose signer keeps its keys in SoftHSM, in a token as it comes from its maker."""
    if not SOFTHSM.exists() or not shutil.which("softhsm2-util"):
        missing("SoftHSM", "softhsm2")
    house = short_directory()
    configuration = house / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {house}/tokens\nlog.level = ERROR\n")
    configuration.chmod(0o644)
    (house / "tokens").mkdir()
    pin = house / "pin"
    pin.touch(0o600)
    pin.write_text("13572468")
    one = Product(
        ANXIN_DEMO_APPLICATIONS="1",
        ANXIN_SIGNER_DRIVER="pkcs11",
        ANXIN_SIGNER_TOKEN="anxin",
        ANXIN_SIGNER_INITIAL_SECRET=str(pin),
        SOFTHSM2_CONF=str(configuration),
    )
    try:
        one.home.prepare()
        secretfiles.ensure(one.home)
        subprocess.run(
            [
                *("softhsm2-util", "--init-token", "--free", "--label", "anxin"),
                *("--so-pin", "86427531", "--pin", pin.read_text()),
            ],
            check=True,
            capture_output=True,
            env=os.environ | {"SOFTHSM2_CONF": str(configuration)},
        )
        give(house / "tokens", one.home.account("signer"))
        one.up()
        yield one
    finally:
        one.close()
        shutil.rmtree(house)


def give(directory: Path, account: Account | None) -> None:
    """The signer's driver writes into its token."""
    if account:
        for path in (directory, *directory.rglob("*")):
            os.chown(path, account.uid, account.gid)


@pytest.mark.slow
def test_only_the_signer_loads_a_token_driver(on_a_token):
    """CPS-6.2.1"""
    loaded = {
        one.program
        for one in on_a_token.processes()
        for driver in DRIVERS
        if driver in one.file("maps")
    }
    custody = {key.label: key.custody for key in on_a_token.signer().keys()}  # noqa: SIM118

    assert loaded == {"signer"}
    assert custody["anxin-rsa"] == "emulated device"
    assert custody["nmg-sm2"] == "software (HSM-wrapped)"


def test_with_software_keys_nobody_loads_one(product):
    everybody = product.processes()

    assert {one.program for one in everybody} == set(EVERYBODY)
    assert not [one for one in everybody for driver in DRIVERS if driver in one.file("maps")]


def test_a_start_that_has_the_signer_activated_does_not_offer_to(product):
    """With --activate-demo, as this one."""
    said = product.said()

    assert "Two clicks activate a sealed one" in said
    assert "Or have it done at each start" not in said


def test_only_workers_talk_to_the_signer(product):
    """The signer writes down who asks. Web processes are not even told where it is."""
    workers = {one.pid for one in product.processes() if one.program in WORKERS}

    def signed() -> set[int]:
        lines = [json.loads(line) for line in product.log("signer").splitlines()]
        return {line["pid"] for line in lines if line.get("event") == "signed"}

    until(lambda: signed() & workers, "a worker to have something signed")
    others = {one.pid for one in product.processes()} - workers
    assert not signed() & others
    for site in SITES:
        assert product.told(site)["ANXIN_SIGNER_SOCKET"] == ""


@as_root
def test_each_group_of_processes_runs_under_its_own_account(product):
    ids = {name: str(product.home.account(group).uid) for name, group in GROUP_OF.items()}

    found = {
        (one.program, fields[1:5])
        for one in product.processes()
        for line in one.file("status").decode().splitlines()
        if (fields := tuple(line.split())) and fields[0] == "Uid:"
    }

    assert found == {(name, (uid,) * 4) for name, uid in ids.items()}
    assert len(set(ids.values())) == 6
    assert "0" not in ids.values()


@as_root
def test_no_account_opens_what_is_anothers(product):
    """Secrets, the signer's keys, sealed evidence, logs: tried by a process of each account."""
    home = product.home
    owners = {
        **{
            home.secrets_of(group): group for group in GROUPS if group not in {"slapd", "signer"}
        },  # no directory is asked for, and the signer is told nothing
        home.secrets: None,
        home.logs: None,
        home.keys: "signer",
        home.work: "worker",
        home.path / "evidence": "staff",
        home.broker: "valkey",
        home.database: "postgres",
        home.demo_accounts: "staff",
        home.demo_shares: "signer",
        home.demo_site_shares: "staff",
    }
    for group in (*GROUPS, "postgres"):
        account = home.account(group)
        for place, owner in owners.items():
            files = {one for one in (place, *place.rglob("*")) if one.is_file()}
            got = opened_by(account, files)
            assert files
            assert got if owner == group else got == set(), (group, place)

    assert opens_as(product, "staff", home.secrets_of("staff") / "kek")
    assert not opens_as(product, "staff", home.keys / "identity.key")
    assert not opens_as(product, "worker", home.secrets_of("staff") / "kek")


def opens_as(product: Product, group: str, path: Path) -> bool:
    assert path.exists()
    return opened_by(product.home.account(group), [path]) == {path}


@as_root
def test_no_account_looks_into_the_memory_of_another(product):
    members = {GROUP_OF[one.program]: one.pid for one in product.processes()}
    for group in GROUPS:
        account = product.home.account(group)
        for other, pid in members.items():
            memory = [Path(f"/proc/{pid}/{name}") for name in ("mem", "environ", "maps")]
            got = opened_by(account, memory)
            if group != other:
                assert got == set(), (group, other)
            elif group in SITES:  # so there was something to be opened
                assert got >= {Path(f"/proc/{pid}/environ"), Path(f"/proc/{pid}/maps")}


@as_root
def test_sockets_let_in_those_whose_business_it_is(product):
    sockets = product.home.sockets
    doors = {
        "postgres": sockets / "postgres/.s.PGSQL.5432",
        "valkey": sockets / "valkey/valkey.sock",
        "signer": sockets / "signer/signer.sock",
    }
    entered = {
        (group, name): attempt(product.home.account(group), partial(connect, door))
        for group in ("staff", "public", "worker")
        for name, door in doors.items()
    }

    assert {pair for pair, outcome in entered.items() if outcome == DONE} == {
        *(("staff", "postgres"), ("staff", "valkey"), ("public", "postgres")),
        *(("worker", "postgres"), ("worker", "valkey"), ("worker", "signer")),
    }
    assert set(entered.values()) == {DONE, "PermissionError"}


def connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(str(path))


@as_root
def test_the_signer_asks_the_kernel_who_is_calling(product):
    """CPS-6.2.1: not even who has got through the door, by way of a group, is answered."""
    home = product.home
    worker, signer = home.account("worker"), home.account("signer")
    intruders = [
        replace(home.account(group), groups=(signer.gid,)) for group in ("staff", "public")
    ]

    def ask() -> str:
        return str(product.signer().health()["unlocked"])

    assert attempt(worker, ask) == "True"
    assert [attempt(one, ask) for one in intruders] == ["Refused", "Refused"]


@as_root
def test_workers_clear_the_store_of_evidence_and_read_nothing_in_it(product):
    """The sweep of files that belong to no document runs in a worker."""
    store = product.home.path / "evidence"
    accounts = {group: product.home.account(group) for group in ("staff", "public", "worker")}
    orphan = next(path for path in store.rglob("*") if path.is_file()).with_name("0" * 32)
    assert attempt(accounts["staff"], lambda: orphan.touch(0o600)) == DONE

    assert attempt(accounts["public"], lambda: list(store.iterdir())) == "PermissionError"
    assert attempt(accounts["worker"], orphan.read_bytes) == "PermissionError"
    assert attempt(accounts["worker"], orphan.unlink) == DONE


def test_no_environment_holds_a_secret(product):
    secrets = [path.read_bytes().strip() for path in product.home.secrets.iterdir()]
    secrets += [secretfiles.password(product.home, role).encode() for role in secretfiles.ROLES]
    everybody = product.processes()

    told = {
        one.program
        for one in everybody
        for secret in secrets
        if len(secret) > 16 and secret in one.file("environ") + one.file("cmdline")
    }

    assert told == set()


def test_nobody_listens_but_the_two_sites_on_this_machine(product):
    owners = {
        found[1]: one.program
        for one in product.processes()
        for handle in one.handles()
        if (found := re.fullmatch(r"socket:\[(\d+)\]", link(handle)))
    }
    listening = {
        (owners[inode], address)
        for family in ("tcp", "tcp6")
        for address, state, inode in sockets(family)
        if state == "0A" and inode in owners
    }

    assert listening == {(site, f"0100007F:{product.ports[site]:04X}") for site in SITES}


def link(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""


def sockets(family: str) -> list[tuple[str, str, str]]:
    """Local address, state and inode of every TCP socket."""
    lines = Path(f"/proc/net/{family}").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return [(field[1], field[3], field[9]) for field in fields]


def test_nothing_personal_lies_in_the_state_directory(product, desk_of, phone, tmp_path):
    """WP-5.3, CPS-9.4: what was typed, scanned, told and searched for, in clear on no disk."""
    page = desk_of("陈越")
    person = people.somebody()
    receipt = acts.enter(page, person, tmp_path)
    page.goto(f"/w/search/?q={person.document_number}")
    page.goto(f"/w/search/?q={person.phone}")
    acts.look_up(phone, receipt)
    passwords = [one["password"] for one in accounts(product)]
    papers = people.papers(person, "sm2")

    secret = [
        *(person.name, person.document_number, person.phone, person.email),
        *(receipt.access_code, receipt.access_code.replace("-", ""), *passwords),
    ]
    needles = {word.encode(how) for word in secret for how in ENCODINGS}
    needles |= {paper[2000:2032] for paper in papers.values()}

    assert found_in(product, {receipt.number.encode()}) != {}  # the search finds what is there
    assert found_in(product, needles) == {}


def test_codes_of_an_issued_certificate_are_kept_as_digests_only(product, desk_of, submitted):
    """CPS-4.3.1; the holder's name stands in the certificate, the number of the card nowhere."""
    operator, reviewer = desk_of("林安"), desk_of("沈佳")
    (receipt,) = submitted()
    acts.review(reviewer, receipt.number)
    codes = acts.issue_codes(operator, receipt.number)
    code = codes.authorisation_code

    assert found_in(product, {codes.reference.encode()}) != {}
    assert found_in(product, {code.encode(), code.replace("-", "").encode()}) == {}


def accounts(product: Product) -> list[dict[str, str]]:
    return json.loads((product.home.path / "demo-accounts.json").read_text())


SHARES = {"demo-shares.json", "demo-site-shares.json", "passphrases.txt"}
TOLD = {"demo-accounts.json", *SHARES, "said"}


def found_in(product: Product, needles: set[bytes]) -> dict[str, list[bytes]]:
    """Files of the home that hold one of these; what a demo tells its people holds passwords."""
    found = {}
    for path in product.home.path.rglob("*"):
        if not path.is_file() or path.name in TOLD:
            continue
        if path.relative_to(product.home.path).parts[0].startswith(("python-", "code-")):
            continue  # copies of the programs
        content = path.read_bytes()
        if hits := [needle for needle in needles if needle in content]:
            found[str(path.relative_to(product.home.path))] = hits
    return found
