"""Make a register for a source on this machine; what is readable stays in the pipe."""

import csv
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ra.lookups.file_source import sealed_lines


class Command(BaseCommand):
    help = (
        "Read records as CSV from standard input (kind: person with name, document_type,"
        " document_number; organization with legal_name, credit_code), write the register."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in sealed_lines(csv.DictReader(sys.stdin)):
                self.stdout.write(line)
        except (ValueError, csv.Error) as error:
            raise CommandError(str(error)) from error
