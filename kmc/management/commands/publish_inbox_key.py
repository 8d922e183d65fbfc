"""Let the public site seal to this installation's inbox key; after `migrate` and `grant`."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from kmc.api import publish_inbox_key


class Command(BaseCommand):
    help = "Publish the public half of the secret inbox-key; again, it does nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        publish_inbox_key(actor=SYSTEM, at=timezone.now())
