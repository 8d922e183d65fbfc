"""`python -m tests.benchmarks [--short] [--report] [--keep FOLDER] [NAME…]`; no name: all of them.

Each runs in a process of its own, so that none warms up another or counts its memory.
"""

import argparse
import importlib
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

from tests.benchmarks import harness, report
from tests.benchmarks.house import House, installation

# Whether it wants a database, and Django set up, before its module can be imported.
BENCHMARKS = {
    "requests": False,
    "status": False,
    "signing": False,
    "issuing": True,
    "signers": True,
    "kills": True,
    "uploads": True,
    "pages": True,
    "million": True,
    "imports": True,
    "reviewers": True,
    "serve": False,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the named ones in order, then write the report if asked."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="few runs: does the code work?")
    parser.add_argument("--keep", type=Path, help="where a house is kept for another run")
    parser.add_argument("--report", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    names = options.names or ([] if options.report else list(BENCHMARKS))
    if len(names) == 1:
        _measure(names[0], short=options.short, kept=options.keep)
    failed = [name for name in names if len(names) > 1 and not _apart(name, short=options.short)]
    if options.report:
        report.write()
    if failed:
        print(f"failed: {', '.join(failed)}")
    return bool(failed)


def _apart(name: str, *, short: bool) -> bool:
    options = ["--short"] if short else []
    command = [sys.executable, "-m", "tests.benchmarks", *options, name]
    return subprocess.run(command, check=False).returncode == 0


def _measure(name: str, *, short: bool, kept: Path | None) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is taken down
    print(f"\n{name}: {harness.machine()}, load {os.getloadavg()[0]:.1f}")
    harness.begin(name, short=short)
    with installation(kept) if BENCHMARKS[name] else nullcontext() as house:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        if isinstance(house, House):
            module.measure(house)
        else:
            module.measure()


if __name__ == "__main__":
    sys.exit(main())
