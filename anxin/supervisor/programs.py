"""The processes of the product, besides the two services: signer, workers, clock, sites."""

import http.client
import os
import socket
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path

from anxin.supervisor import secretfiles
from anxin.supervisor.environment import Environment
from anxin.supervisor.processes import Program

SIGNER_TIER, SITE_TIER = 1, 2
CELERY = ("-m", "celery", "-A", "anxin.celery_app")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
FIRST_CUSTODIANS, ANYBODY = "ANXIN_SIGNER_FIRST_CUSTODIANS", "anybody"
SIGNER_OPTIONS = {  # what `python -m pki.signer` has defaults for
    "ANXIN_SIGNER_DRIVER": "--driver",
    "ANXIN_SIGNER_MODULE": "--module",
    "ANXIN_SIGNER_TOKEN": "--token",
    "ANXIN_SIGNER_VENDOR": "--vendor",
    FIRST_CUSTODIANS: "--first-custodians",
    "ANXIN_SIGNER_DEVICE": "--device",
    "ANXIN_SIGNER_SPARE_TOKEN": "--spare-token",
    "ANXIN_SIGNER_SPARE_INITIAL_SECRET": "--spare-initial-secret-file",
    "ANXIN_SIGNER_OFFICERS_SECRET": "--officers-secret-file",
}
ANSWER_WITHIN = 2.0  # seconds


def signer(environment: Environment) -> Program:
    """The only process that loads a key."""
    home, where = environment.home, environment.signer_socket
    spare = environment.caller.get("ANXIN_SIGNER_SPARE_HOME") or str(home.keys / "spare")
    options = [*_initial_secret(environment), "--spare-home", spare]
    if environment.kind == "demo":
        options += ["--first-custodians", ANYBODY]
    for variable, option in SIGNER_OPTIONS.items():
        if value := environment.caller.get(variable):
            options += [option, value]
    if worker := home.account("worker"):
        # Ourselves, too: commands are run by who runs the supervisor.
        options += ["--allow-uid", str(worker.uid), str(os.getuid())]
    return _program(
        environment,
        "signer",
        *("-m", "pki.signer", "--home", str(home.keys)),
        *("--socket", str(where)),
        *options,
        group="signer",
        told=environment.signer(),
        ready=partial(_accepts, where),
        tier=SIGNER_TIER,
    )


def _initial_secret(environment: Environment) -> list[str]:
    """The PIN a token came with, in a file of the caller's."""
    given = environment.own_files.get(secretfiles.INITIAL_SECRET)
    if given is None:
        return []
    home = environment.home
    copy = home.secrets_of("signer") / secretfiles.INITIAL_SECRET
    return ["--initial-secret-file", str(copy if home.account("signer") else given)]


def custodians(environment: Environment) -> Program:
    """A demo's, who never leave: the signer is activated after each of its starts."""
    home, account = environment.home, environment.home.account("signer")
    ready = home.keys / "custodians.ready"
    where = (environment.signer_socket, home.demo_shares, ready)

    def prepare() -> None:
        ready.unlink(missing_ok=True)
        if account:  # who is told the shares anyway
            os.chown(home.demo_shares, account.uid, account.gid)

    return _program(
        environment,
        "custodians",
        *("-m", "anxin.demo.shares", *map(str, where)),
        group="signer",
        told=environment.signer(),
        before=prepare,
        ready=ready.exists,
        tier=SIGNER_TIER,
    )


def worker(environment: Environment, queue: str, *, processes: int) -> Program:
    """A Celery worker for one queue; ready when it takes what waits there."""
    ready = environment.ready_file(queue)
    return _program(
        environment,
        f"worker-{queue}",
        *(*CELERY, "worker", "-n", f"{queue}@%h", "-Q", queue, "-c", str(processes), *QUIET),
        group="worker",
        told=environment.worker(queue),
        before=lambda: ready.unlink(missing_ok=True),
        ready=ready.exists,
        patience=25.0,
    )


def beat(environment: Environment) -> Program:
    """The clock of the timetable in `anxin/flows.py`."""
    schedule = environment.home.work / "beat-schedule"
    return _program(
        environment,
        "beat",
        *(*CELERY, "beat", "-s", str(schedule), "--pidfile", "", "--loglevel", "WARNING"),
        group="worker",
        told=environment.beat(),
    )


def site(environment: Environment, name: str, port: int) -> Program:
    """One of the two web sites, on the loopback interface only."""
    return _program(
        environment,
        name,
        *("-m", "gunicorn", "anxin.wsgi:application", "--no-control-socket"),
        *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "2"),
        *("--threads", "4", "--graceful-timeout", "8"),
        group=name,
        told=environment.site(name),
        before=partial(_show_demo, environment, name),
        ready=partial(_serves, port),
    )


def _program(
    environment: Environment,
    name: str,
    *arguments: str,
    group: str,
    told: Mapping[str, str],
    ready: Callable[[], bool] = lambda: True,
    before: Callable[[], None] = lambda: None,
    patience: float = 10.0,
    tier: int = SITE_TIER,
) -> Program:
    """Python, run by the account of this group, which is handed its secrets before."""
    home, place = environment.home, environment.workplace

    def prepare() -> None:
        instead = {
            name: file
            for name, file in environment.own_files.items()
            if name in (*secretfiles.TOLD[group], *secretfiles.BROUGHT.get(group, ()))
        }
        secretfiles.hand_out(home, group, instead)
        before()

    return Program(
        name=name,
        arguments=(place.python, *arguments),
        environment={**told, **place.environment},
        directory=place.code,
        account=home.account(group),
        prepare=prepare,
        ready=ready,
        patience=patience,
        tier=tier,
    )


def _show_demo(environment: Environment, site: str) -> None:
    """Accounts and shares that the staff site's pages fill in; a command, run by ourselves, has
    made the files.
    """
    home = environment.home
    if site != "staff" or environment.kind != "demo":
        return
    if home.demo_shares.exists():
        home.demo_site_shares.touch(0o600)
        home.demo_site_shares.write_bytes(home.demo_shares.read_bytes())
    account = home.account(site)
    for file in (home.demo_accounts, home.demo_site_shares):
        if account and file.exists():
            os.chown(file, account.uid, account.gid)


def is_free(port: int) -> bool:
    """Whether this port of the loopback interface can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _serves(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
