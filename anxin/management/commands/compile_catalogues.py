"""Compile `locale/*/LC_MESSAGES/django.po` without needing gettext on the machine."""

import os
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile the translation catalogues."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for source in sorted(settings.LOCALE_PATHS[0].glob("*/LC_MESSAGES/django.po")):
            target = source.with_suffix(".mo")
            if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
                half = target.with_suffix(f".{os.getpid()}")  # two may start at once
                polib.pofile(str(source)).save_as_mofile(str(half))
                half.replace(target)
                self.stdout.write(f"compiled {source.parent.parent.name}")
