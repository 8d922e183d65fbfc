"""After a restore: tell the database of the last list that the signer remembers (CPS 4.9.7).

The signer refuses numbers it has signed before, and lists that forget what was on the last one, so
no list is issued until this was done.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from ca.crl.services import adopt_list
from people.api import staff_matching, staff_names
from pki.errors import PkiError


class Command(BaseCommand):
    help = "Adopt the last list that the signer remembers, after a restore of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("authority", help="its code, for example nmg-sm2")
        parser.add_argument(
            "--operator",
            required=True,
            metavar="LOGIN",
            help="who does this and answers for it: login or staff number, for the journal",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        code, actor = options["authority"], _operator(options["operator"])
        try:
            lost = adopt_list(code, actor=actor, at=timezone.now())
        except (Refusal, PkiError) as error:
            raise CommandError(str(error)) from error
        for serial in lost:
            self.stdout.write(f"on the list, not revoked here: {serial:x}")
        if lost:
            raise CommandError(
                "No list that forgets these is issued: revoke them again, or restore a later state."
            )
        self.stdout.write(f"{code}: the next list follows the adopted one")


def _operator(login: str) -> Actor:
    found = staff_names(staff_matching(login))
    if len(found) != 1:
        raise CommandError(f"--operator {login}: {len(found)} people of this installation")
    ((person_id, name),) = found.items()
    return Actor(person_id, name)
