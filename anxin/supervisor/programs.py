"""The processes of the product, besides the two services: signer, workers, clock, sites."""

import http.client
import signal
import socket
import sys
from functools import partial
from http import HTTPStatus
from pathlib import Path

from anxin.supervisor.environment import Environment
from anxin.supervisor.processes import Program

SIGNER_TIER, SITE_TIER = 1, 2
CELERY = (sys.executable, "-m", "celery", "-A", "anxin.celery_app")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
SIGNER_OPTIONS = {  # what `python -m pki.signer` has defaults for
    "ANXIN_SIGNER_DRIVER": "--driver",
    "ANXIN_SIGNER_MODULE": "--module",
    "ANXIN_SIGNER_TOKEN": "--token",
    "ANXIN_SIGNER_VENDOR": "--vendor",
}
ANSWER_WITHIN = 2.0  # seconds


def signer(environment: Environment) -> Program:
    """The only process that loads a key."""
    home, where = environment.home, environment.signer_socket
    founding = environment.kind == "demo" and not home.demo_mark.exists()
    options = ["--allow-setup"] if founding else []
    for variable, option in SIGNER_OPTIONS.items():
        if value := environment.caller.get(variable):
            options += [option, value]
    return Program(
        name="signer",
        arguments=(
            *(sys.executable, "-m", "pki.signer", "--home", str(home.path / "signer")),
            *("--socket", str(where), "--unlock-file", str(home.secrets / "signer-unlock")),
            *options,
        ),
        environment=environment.signer(),
        ready=partial(_accepts, where),
        tier=SIGNER_TIER,
    )


def worker(environment: Environment, queue: str, *, processes: int) -> Program:
    """A Celery worker for one queue."""
    return Program(
        name=f"worker-{queue}",
        arguments=(
            *CELERY,
            "worker",
            "-n",
            f"{queue}@%h",
            "-Q",
            queue,
            "-c",
            str(processes),
            *QUIET,
        ),
        environment=environment.site("worker"),
        patience=25.0,
        tier=SITE_TIER,
    )


def beat(environment: Environment) -> Program:
    """The clock of the timetable in `anxin/flows.py`."""
    schedule = environment.home.run / "beat-schedule"
    return Program(
        name="beat",
        arguments=(*CELERY, "beat", "-s", str(schedule), "--pidfile", "", "--loglevel", "WARNING"),
        environment=environment.beat(),
        tier=SITE_TIER,
    )


def site(environment: Environment, name: str, port: int) -> Program:
    """One of the two web sites, on the loopback interface only."""
    return Program(
        name=name,
        arguments=(
            *(sys.executable, "-m", "gunicorn", "anxin.wsgi:application", "--no-control-socket"),
            *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "2"),
            *("--threads", "4", "--graceful-timeout", "8"),
        ),
        environment=environment.site(name),
        ready=partial(_serves, port),
        stop_signal=signal.SIGTERM,
        tier=SITE_TIER,
    )


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
