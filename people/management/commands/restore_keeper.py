"""At the server: an administrator again, where nobody of that role is left who could agree.

Two others of different duties type their passwords and one-time codes here.
"""

from argparse import ArgumentParser
from datetime import datetime
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from people.accounts import services as accounts
from people.accounts.devices import check_code
from people.accounts.queries import staff_names
from people.personnel import queries, services
from people.trust.queries import roles_of
from people.trust.roles import Role
from people.trust.rules import KEEPERS

HERE = "server"


class Command(BaseCommand):
    help = "Give an administrator's role back when nobody is left who could agree to it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="staff number of whoever is to have the role")
        parser.add_argument("role", choices=sorted(map(str, KEEPERS)))
        parser.add_argument(
            "--by", nargs=2, required=True, metavar="LOGIN", help="the two who vouch for it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        try:
            vouchers = [_proven(login, at=at) for login in options["by"]]
            person_id = queries.id_of(options["number"])
            services.restore_keeper(person_id, Role(options["role"]), vouchers=vouchers, at=at)
        except Refusal as refusal:
            raise CommandError(f"{refusal.rule}: {refusal}") from refusal
        self.stdout.write(f"{options['number']} is {options['role']}")


def _proven(login: str, *, at: datetime) -> Actor:
    """Who shows both factors. Refuses `sign_in.refused`."""
    person_id = accounts.check_password(
        login, getpass(f"password of {login}: "), address=HERE, at=at
    )
    check_code(person_id, getpass(f"one-time code of {login}: ").strip(), address=HERE, at=at)
    name = staff_names([person_id])[person_id]
    return Actor(person_id, name, roles_of(person_id, at=at), HERE)
