"""Bring `locale/en` up to date with the code, and say what still wants translating."""

from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand

from anxin.catalogue import merge, untranslated


class Command(BaseCommand):
    help = "Merge the code's messages into locale/en; translations are kept."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.LOCALE_PATHS[0] / "en" / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = polib.pofile(str(path)) if path.exists() else polib.POFile()
        catalogue.metadata = {
            "Language": "en",
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": "nplurals=2; plural=(n != 1);",
        }
        merge(catalogue)
        catalogue.sort(key=lambda entry: (entry.occurrences[:1], entry.msgid))
        catalogue.save(str(path))
        missing = untranslated(catalogue)
        self.stdout.write(f"{len(catalogue)} messages, {len(missing)} without English")
        for msgid in missing:
            self.stdout.write(f"  {msgid}")
