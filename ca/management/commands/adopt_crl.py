"""After a restore: tell the database of the last list that relying parties hold (CPS 4.9.7).

The signer refuses numbers it has signed before, so no list is issued until this was done.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from ca.crl.services import adopt_list
from pki.errors import PkiError


class Command(BaseCommand):
    help = "Adopt the last published list of an authority after a restore of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("authority", help="its code, for example nmg-sm2")
        parser.add_argument("list", type=Path, help="the last published list, DER")
        parser.add_argument(
            "--signed",
            type=int,
            default=0,
            metavar="NUMBER",
            help="the last number of the signer, when that list was never published",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        code, der = options["authority"], options["list"].read_bytes()
        at = timezone.now()
        try:
            lost = adopt_list(code, der, signed=options["signed"], actor=SYSTEM, at=at)
        except (Refusal, PkiError) as error:
            raise CommandError(str(error)) from error
        for serial in lost:
            self.stdout.write(f"on the list, not revoked here: {serial:x}")
        if lost:
            raise CommandError(
                "No list that forgets these is issued: revoke them again, or restore a later state."
            )
        self.stdout.write(f"{code}: the next list follows the adopted one")
