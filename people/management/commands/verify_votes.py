"""Prove every vote from what is kept with it (CPS 5.2.2, 5.2.3), here or elsewhere."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.approvals import proofs
from pki import votes
from pki.errors import PkiError


class Command(BaseCommand):
    help = "Prove the signatures of all votes; exit code 1 and the first wrong one when it fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--export",
            metavar="FILE",
            type=Path,
            help="write what `python -m pki verify vote FILE` proves without this system",
        )

    def handle(self, *args: Any, export: Path | None = None, **options: Any) -> None:
        found = list(proofs.records())
        if export:
            _write(export, found)
        try:
            signed = votes.check_all(found)
        except PkiError as problem:
            raise CommandError(f"{problem.rule}: {problem.reason}") from problem
        missing = proofs.done_without_votes()
        if missing:
            raise CommandError(f"approval {missing[0]} was used without the votes it needs")
        self.stdout.write(f"proved: {len(found)} votes, {signed} of them signed")


def _write(path: Path, found: list[dict[str, Any]]) -> None:
    """A new file; nothing is overwritten."""
    try:
        with path.open("x", encoding="utf-8") as file:
            json.dump({"format": votes.FORMAT, "votes": found}, file, ensure_ascii=False, indent=1)
    except FileExistsError as error:
        raise CommandError(f"{path} exists already; nothing is overwritten") from error
