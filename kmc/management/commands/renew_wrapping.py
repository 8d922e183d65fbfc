"""Move everything to the newest key-encryption key (docs/running.md says when and how)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from kmc import api
from people.api import reseal_devices


class Command(BaseCommand):
    help = "Wrap every data key by the newest key-encryption key; may be broken off and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=1000, help="data keys per transaction")

    def handle(self, *args: Any, batch: int, **options: Any) -> None:
        try:
            self._tell(api.wrapping())
            while done := api.renew_wrapping(batch, actor=SYSTEM, at=timezone.now()):
                self.stdout.write(f"{done} data keys wrapped anew")
                self.stdout.flush()
            devices = reseal_devices(actor=SYSTEM, at=timezone.now())
            self.stdout.write(f"{devices} one-time devices sealed anew")
            self._conclude(api.wrapping())
        except Refusal as refusal:
            raise CommandError(f"{refusal.reason}; nothing that it wraps was changed") from refusal

    def _tell(self, state: api.Wrapping) -> None:
        self.stdout.write(f"current key {state.current}: {state.waiting} data keys wait for it")

    def _conclude(self, state: api.Wrapping) -> None:
        if state.waiting:
            raise CommandError(f"{state.waiting} data keys are in use just now: run this again")
        for kek_id in state.older:
            self.stdout.write(f"key {kek_id} wraps nothing here any more")
