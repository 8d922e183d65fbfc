"""python -m pki.hsm: the self-test of a device, with the options of the signer.

Exit status: 0 everything holds, 1 something does not, 2 the device cannot be opened.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import PkiError
from pki.hardening import harden
from pki.hsm import drivers
from pki.hsm.examination import examine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.hsm.examination import Report

HOLDS, FAILED, UNOPENED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    harden()
    parser = argparse.ArgumentParser(prog="python -m pki.hsm", description=__doc__)
    drivers.add_options(parser)
    parser.add_argument("--secret-file", type=Path, required=True, help="PIN, for us alone")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    options = parser.parse_args(arguments)
    try:
        token = drivers.open_token(options, drivers.read_secret(options.secret_file))
    except PkiError as error:
        print(f"{error.rule}: {error.reason}", file=sys.stderr)
        return UNOPENED
    try:
        report = examine(token)
    finally:
        token.lock()
    if options.json:
        print(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        _show(report)
    return HOLDS if report.passed else FAILED


def _show(report: Report) -> None:
    print(f"{'custody':12} {report.custody.en}")
    for name, value in report.facts.items():
        print(f"{name:12} {value}")
    print(f"{'abilities':12} {', '.join(report.abilities)}")
    for check in report.checks:
        print(f"{check.outcome:8} {check.about:8} {check.name}")
        if check.reason:
            print(f"{'':8} {'':8} {check.rule}: {check.reason}")
    print("everything holds" if report.passed else "something does not hold")


if __name__ == "__main__":
    sys.exit(main())
