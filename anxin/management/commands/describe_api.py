"""Write docs/api/openapi.yaml anew, as the code has it; a test fails while they differ."""

from typing import Any

from django.core.management.base import BaseCommand

from ra.api.views import DESCRIPTION


class Command(BaseCommand):
    help = "Write the description of the interface for partners to docs/api/openapi.yaml."

    def handle(self, *args: Any, **options: Any) -> None:
        from ra.api import description  # noqa: PLC0415 -- needs requirements-dev.txt

        DESCRIPTION.write_bytes(description.written())
        self.stdout.write(f"written: {DESCRIPTION}")
