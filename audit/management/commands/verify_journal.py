"""Recompute the whole chain, compare it with the heads that the signer keeps (CPS 5.4.4)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.journal import queries, rules, witness
from pki.errors import PkiError


class Command(BaseCommand):
    help = "Recompute the journal's chain; exit code 1 and the first broken entry when it fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            metavar="SEQ:DIGEST",
            help="a head noted earlier; fails when the chain no longer contains it",
        )

        parser.add_argument(
            "--without-signer",
            action="store_true",
            help="only the walk: it does not notice that everything was chained anew",
        )

    def handle(self, *args: Any, head: str | None = None, **options: Any) -> None:
        broken = queries.first_break()
        if broken:
            raise CommandError(_sentence(broken))
        if head:
            _check_noted(head)
        end = queries.head()
        noted = "not compared" if options["without_signer"] else _compared()
        self.stdout.write(
            f"intact: {end.seq} entries, head {end.digest}, heads kept by the signer: {noted}"
        )
        self._report_waiting()

    def _report_waiting(self) -> None:
        waiting = queries.waiting()
        if waiting.oldest and timezone.now() - waiting.oldest > rules.UNSEALED_TOO_LONG:
            self.stderr.write(
                f"warning: {waiting.count} entries unsealed, the oldest since {waiting.oldest}"
            )


def _compared() -> str:
    try:
        testimony = witness.compare()
    except PkiError as error:
        raise CommandError(
            f"the links hold, but the signer's heads were not compared: {error}", returncode=2
        ) from error
    if testimony.broken:
        raise CommandError(_sentence(testimony.broken))
    return f"{testimony.heads}, all in the chain"


def _check_noted(noted: str) -> None:
    seq, _, digest = noted.partition(":")
    found = queries.digest_of(int(seq))
    if found != digest:
        raise CommandError(f"broken: link {seq} was {digest}, is now {found or 'gone'}")


def _sentence(broken: rules.Break) -> str:
    return (
        f"broken at #{broken.seq}, entry {broken.entry or '?'}: {broken.fault}"
        f" (expected {broken.expected}, found {broken.found})"
    )
