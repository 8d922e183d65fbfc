"""`python -m tests.benchmarks [NAME…]`; without a name, all of them."""

import importlib
import sys

from tests.benchmarks.harness import machine

ALL = ("requests", "status")


def main(names: list[str]) -> int:
    """Run the named ones in order."""
    unknown = set(names) - set(ALL)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(ALL)}")
        return 2
    print(machine())
    for name in names or ALL:
        print(f"\n{name}")
        importlib.import_module(f"tests.benchmarks.{name}").measure()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
