"""Compare the directory (LDAP) with the database, certificate by certificate (CPS 4.4.2)."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from ca.directory import comparing, ldap, services

SHOWN = 10


class Command(BaseCommand):
    help = "Compare the directory with the database; exit code 1 while they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="have workers publish what is missing or different, and remove what must not be"
            " there; serial numbers that the database does not know are named and left",
        )

    def handle(self, *args: Any, repair: bool = False, **options: Any) -> None:
        if not settings.LDAP_URL:
            raise CommandError("no directory is set up (ANXIN_LDAP_URL)")
        try:
            with ldap.connect(services.place()) as directory:
                found = comparing.compare(directory)
                self._tell(found)
                if repair:
                    comparing.repair(directory, found, actor=SYSTEM, at=timezone.now())
        except (ldap.Unreachable, ldap.NotTaken) as problem:
            raise CommandError(f"{settings.LDAP_URL}: {problem}") from problem
        if repair and not found.unknown:
            self.stdout.write("workers publish the rest within a minute; run this again then")
        elif not found.is_right:
            raise CommandError("the directory differs from the database")

    def _tell(self, found: comparing.Comparison) -> None:
        self.stdout.write(f"equal: {found.equal}, waiting to be published: {found.waiting}")
        for word, which in (
            ("missing certificates", found.missing),
            ("certificates that differ", found.different),
            ("entries of authorities or lists that differ", found.authorities),
            ("not to be published", list(found.withheld.values())),
            ("unknown here", found.unknown),
        ):
            if which:
                named = ", ".join(map(str, which[:SHOWN])) + (" …" if len(which) > SHOWN else "")
                self.stdout.write(f"{word}: {len(which)} ({named})")
