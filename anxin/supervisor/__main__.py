"""`script/serve`: bring everything up, keep it up, stop it in order.

`python -m anxin.supervisor`               the above; --activate-demo: see docs/running.md
`python -m anxin.supervisor manage ARGS`   manage.py, with the environment of a running home
"""

import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from typing import NoReturn

from anxin.supervisor import accounts, artefacts, programs, secretfiles
from anxin.supervisor.crew import Crew
from anxin.supervisor.environment import Environment
from anxin.supervisor.errors import Stopped, Trouble
from anxin.supervisor.home import CHECKOUT, Home, locate
from anxin.supervisor.processes import Child
from anxin.supervisor.workplace import HERE

ACTIVATE_DEMO = "--activate-demo"


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)


def serve(environment: Environment, *, stay_active: bool = False) -> None:
    """`stay_active`: a demo's custodians activate the signer after each of its starts."""
    home = environment.home
    _check_kind(environment)
    if stay_active and environment.kind != "demo":
        raise Trouble(f"{ACTIVATE_DEMO} is for a demo: elsewhere two custodians come")
    if home.separate:
        os.umask(0o022)  # what is not to be seen has its own mode
        _let_memory_be_locked()
    home.prepare()
    staff, public = environment.staff_port, environment.public_port
    with home.lock(f"http://127.0.0.1:{staff}/ and http://127.0.0.1:{public}/"):
        crew = Crew(home, say)
        crew.obey_signals()
        try:
            secretfiles.ensure(home)
            _bring_up(crew, environment, stay_active=stay_active)
            crew.keep_alive()
        except Stopped:
            say("stopping")
        finally:
            crew.stop()
        say("stopped")


def _bring_up(crew: Crew, environment: Environment, *, stay_active: bool) -> None:
    say(f"state in {environment.home.path}")
    say(_who(environment.home))
    crew.clear()
    _check_cell(environment)
    _say_directory(environment)
    _check_ports(environment)
    _start_services(crew, environment)
    crew.start(programs.signer(environment))
    _prepare_data(crew, environment)
    crew.await_ready("signer")
    _load_demo(crew, environment)
    if stay_active:
        crew.start(programs.custodians(environment))
        crew.await_ready("custodians")
    crew.start(
        programs.worker(environment, "signing", processes=2),
        programs.worker(environment, "default", processes=2),
        programs.beat(environment),
        programs.site(environment, "staff", environment.staff_port),
        programs.site(environment, "public", environment.public_port),
    )
    accounts = _list_accounts(crew, environment)
    crew.await_ready("worker-signing", "worker-default", "staff", "public")
    if accounts:
        crew.finish(accounts)
        _print_demo(accounts, environment.home, stay_active=stay_active)
    say(f"staff   http://127.0.0.1:{environment.staff_port}/")
    say(f"public  http://127.0.0.1:{environment.public_port}/")
    if environment.kind != "demo":
        say("the signer is sealed after every start; who activates it: docs/journeys/activation.md")
    say("Ctrl-C stops everything")


def _who(home: Home) -> str:
    if not home.separate:
        own = accounts.own_name()
        return f"everything runs as {own}; root would give each group of processes its own account"
    names = ", ".join(f"{accounts.PREFIX}{group}" for group in accounts.GROUPS)
    return f"processes run as {names}; PostgreSQL as {home.service_user}"


def _let_memory_be_locked() -> None:
    """The signer does it under an account that has no right to, but for this limit."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY,) * 2)


def _check_kind(environment: Environment) -> None:
    home = environment.home
    if environment.kind == "production" and (home.demo_mark.exists() or home.demo_shares.exists()):
        raise Trouble(
            f"{environment.home.path} holds a demo, with everybody's password in a file:"
            " production begins in another ANXIN_HOME"
        )
    given = environment.caller.get(programs.FIRST_CUSTODIANS)
    if environment.kind == "production" and given == programs.ANYBODY:
        raise Trouble(
            f"{programs.FIRST_CUSTODIANS}={given} is for a demo: name the three who receive the"
            " first shares over keys that are there (docs/running.md); if none are, leave it out"
        )


def _check_cell(environment: Environment) -> None:
    """Said once: what keeps the decoder of documents from being locked in."""
    probe = (sys.executable, "-m", "ra.evidence.sandbox")
    lacking = subprocess.run(probe, cwd=CHECKOUT, check=False, capture_output=True, text=True)
    if lacking.stdout:
        then = "none" if environment.kind == "production" else "this being a demo, all"
        say(f"no {lacking.stdout} to lock the decoder in: of documents, {then} will be taken")


def _say_directory(environment: Environment) -> None:
    """Where certificates are published by LDAP (CPS 4.4.2), or what would make it so."""
    if environment.slapd or environment.caller.get("ANXIN_LDAP_URL"):
        where = environment.site("worker")["ANXIN_LDAP_URL"]
        say(f"directory {where}/")
    elif environment.caller.get("ANXIN_LDAP_PORT"):
        say("no directory: ANXIN_LDAP_PORT is for a demo with slapd (apt-get install slapd)")
    else:
        say("no directory, so nothing is published by LDAP: docs/running.md")


def _check_ports(environment: Environment) -> None:
    ports = [
        ("ANXIN_STAFF_PORT", environment.staff_port),
        ("ANXIN_PUBLIC_PORT", environment.public_port),
    ]
    if environment.slapd:
        ports.append(("ANXIN_LDAP_PORT", environment.slapd.port))
    for variable, port in ports:
        if not programs.is_free(port):
            raise Trouble(f"port {port} is in use: choose another one with {variable}=...")


def _start_services(crew: Crew, environment: Environment) -> None:
    postgres, valkey = environment.postgres, environment.valkey
    services = []
    if postgres:
        postgres.create()
        services.append(postgres.program())
    if valkey:
        services.append(valkey.program())
    if environment.slapd:
        services.append(environment.slapd.program())
    crew.start(*services)
    crew.await_ready(*(service.name for service in services))


def _prepare_data(crew: Crew, environment: Environment) -> None:
    """Tables and rights as the owner; catalogues and static files beside it."""
    command, manage = environment.site("command"), environment.workplace.manage
    static, tables = artefacts.static_files(environment.home), artefacts.tables(environment.home)
    beside = []
    if not artefacts.catalogues_are_compiled(environment.workplace.code):
        beside.append(crew.launch("compile_catalogues", (*manage, "compile_catalogues"), command))
    if not static.holds():
        collect = (*manage, "collectstatic", "--noinput", "--verbosity", "0")
        beside.append(crew.launch("collectstatic", collect, command))
    if not (environment.postgres and tables.holds()):
        crew.run("migrate", (*manage, "migrate", "--noinput"), command)
        crew.run("grant", (*manage, "grant"), command)
        crew.run("publish_inbox_key", (*manage, "publish_inbox_key"), command)
        tables.set()
    for running in beside:
        crew.finish(running)
    static.set()


def _load_demo(crew: Crew, environment: Environment) -> None:
    loaded = environment.home.demo_mark
    if environment.kind == "demo" and not loaded.exists():
        say("filling the demo, this once")
        crew.run("demo", (*environment.workplace.manage, "demo"), environment.site("command"))
        loaded.touch()


def _list_accounts(crew: Crew, environment: Environment) -> Child | None:
    """Who can sign in, told while the sites come up."""
    if environment.kind != "demo":
        return None
    command = (*environment.workplace.manage, "demo", "--accounts")
    return crew.launch("accounts", command, environment.site("command"))


def _print_demo(accounts: Child, home: Home, *, stay_active: bool) -> None:
    """Passphrases are printed and not logged: no process may log what opens a share file."""
    print(accounts.tail(lines=100), flush=True)
    if home.demo_passphrases.exists():
        lines = home.demo_passphrases.read_text().splitlines()
        if not stay_active:
            lines.append(f"Or have it done at each start: script/serve {ACTIVATE_DEMO}")
        print("\n".join(f"           {line}" for line in lines), flush=True)


def _manage(environment: Environment, arguments: list[str]) -> NoReturn:
    if not environment.home.secrets.exists():
        raise Trouble(f"nothing is set up in {environment.home.path}: run script/serve first")
    os.chdir(CHECKOUT)
    os.execve(HERE.python, (*HERE.manage, *arguments), environment.site("command"))  # noqa: S606


def _check_arguments(arguments: list[str]) -> None:
    if unknown := [one for one in arguments if one != ACTIVATE_DEMO]:
        raise Trouble(f"{unknown[0]}: the only option is {ACTIVATE_DEMO}")


def main(arguments: list[str]) -> int:
    try:
        environment = Environment(locate(os.environ), dict(os.environ))
        if arguments[:1] == ["manage"]:
            _manage(environment, arguments[1:])
        _check_arguments(arguments)
        serve(environment, stay_active=ACTIVATE_DEMO in arguments)
    except Trouble as trouble:
        print(f"anxin: {trouble}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"anxin: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
