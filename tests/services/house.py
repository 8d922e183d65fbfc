"""A small house to be mistreated by tests: both services, and a program with a helper of its own.

`python -m tests.services.house DIRECTORY [SERVICE-USER]` runs it until it is told to stop.
"""

import sys
from pathlib import Path

from anxin.supervisor import secretfiles
from anxin.supervisor.crew import Crew
from anxin.supervisor.errors import Stopped, Trouble
from anxin.supervisor.home import Home
from anxin.supervisor.postgres import Postgres
from anxin.supervisor.processes import Program
from anxin.supervisor.valkey import Valkey

HELPER = (
    "import signal, subprocess; helper = subprocess.Popen(['/bin/sleep', '600']); signal.pause()"
)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(home: Home) -> None:
    home.prepare()
    postgres, valkey = Postgres(home), Valkey(home)
    site = Program("site", (sys.executable, "-c", HELPER), {"PATH": "/usr/bin:/bin"})
    with home.lock("a house for tests"):
        crew = Crew(home, say)
        crew.obey_signals()
        try:
            secretfiles.ensure(home)
            crew.clear()
            postgres.create()
            crew.start(postgres.program(), valkey.program(), site)
            crew.await_ready("postgres", "valkey", "site")
            say("up")
            crew.keep_alive()
        except Stopped:
            pass
        finally:
            crew.stop()


if __name__ == "__main__":
    try:
        run(Home(Path(sys.argv[1]), *sys.argv[2:]))
    except Trouble as trouble:
        sys.exit(str(trouble))
