"""Move everything to the newest key-encryption key (docs/running.md says when and how)."""

from argparse import ArgumentParser
from collections.abc import Collection
from typing import Any
from uuid import UUID

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
            damaged = self._renew(batch)
            devices = reseal_devices(actor=SYSTEM, at=timezone.now())
            self.stdout.write(f"{devices} one-time devices sealed anew")
            self._conclude(api.wrapping(), damaged)
        except Refusal as refusal:
            raise CommandError(f"{refusal.reason}; nothing that it wraps was changed") from refusal

    def _renew(self, batch: int) -> frozenset[UUID]:
        """Every data key that opens; the others."""
        damaged: frozenset[UUID] = frozenset()
        while done := api.renew_wrapping(batch, passing=damaged, actor=SYSTEM, at=timezone.now()):
            self.stdout.write(f"{done.keys} data keys wrapped anew")
            for key_id in sorted(done.damaged):
                self.stdout.write(f"data key {key_id} is damaged and was passed by")
            self.stdout.flush()
            damaged |= done.damaged
        return damaged

    def _tell(self, state: api.Wrapping) -> None:
        self.stdout.write(f"current key {state.current}: {state.waiting} data keys wait for it")

    def _conclude(self, state: api.Wrapping, damaged: Collection[UUID]) -> None:
        if busy := state.waiting - len(damaged):
            raise CommandError(f"{busy} data keys are in use just now: run this again")
        if damaged:
            raise CommandError(
                f"{len(damaged)} data keys are damaged (named above): restore their rows from a"
                " backup and run this again; what they seal cannot be read, the old key stays"
            )
        for kek_id in state.older:
            self.stdout.write(f"key {kek_id} wraps nothing here any more")
