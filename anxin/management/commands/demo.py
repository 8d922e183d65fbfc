"""Build the demo: hierarchy, people of every role, a queue of believable applications."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from anxin.demo.custody import guide
from anxin.demo.desk import lay_out
from anxin.demo.house import FOUNDED_BEFORE, furnish
from anxin.demo.money import publish_prices
from anxin.demo.reading import publish_papers
from anxin.demo.story import tell
from people import api as people


class Command(BaseCommand):
    help = "Build the demo (idempotent); refuses in production. --accounts lists who can sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", action="store_true", help="list the demo accounts")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(f"this installation is {settings.ENV}, not a demo")
        if not options["accounts"]:
            at = timezone.now()
            actors = furnish(self.stdout.write, at=at)
            publish_prices(actors, at=at - FOUNDED_BEFORE)
            publish_papers(actors, at=at - FOUNDED_BEFORE)
            tell(actors, self.stdout.write, at=at)
            lay_out(actors, at=at)
            return
        for account in people.demo_accounts():
            roles = ", ".join(account.roles)
            self.stdout.write(f"  {account.login:10} {account.name}  {roles}")
        self.stdout.write("  The sign-in page fills in password and current code at a click.\n\n")
        for line in guide(settings.STAFF_URL):
            self.stdout.write(f"  {line}")
