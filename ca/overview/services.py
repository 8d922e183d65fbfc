"""Keeping the dashboard told about the signer."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from audit.log import record
from ca.keys import services as keys
from ca.overview.models import SignerReport
from pki.errors import PkiError

log = logging.getLogger(__name__)


def note_signer(*, at: datetime) -> None:
    """Ask the signer how it is and write the answer down; silence is an answer too."""
    report: dict[str, Any] = {}
    fault = ""
    try:
        report = keys.health()
    except PkiError as error:
        fault = str(error)
    _store(report, fault, at=at)


@transaction.atomic
def _store(report: dict[str, Any], fault: str, *, at: datetime) -> None:
    """The journal is told of changes only: a report every 15 seconds is no event (CPS 5.4.1)."""
    before = SignerReport.objects.select_for_update().filter(pk=SignerReport.ONLY).first()
    reachable = not fault
    if before is None or before.reachable != reachable:
        verb = "back" if reachable else "lost"
        record(f"ca.signer_{verb}", "ca.signer", actor=SYSTEM, at=at, fault=fault)
        log.log(logging.INFO if reachable else logging.ERROR, "signer %s %s", verb, fault)
    SignerReport.objects.update_or_create(
        pk=SignerReport.ONLY,
        defaults={"at": at, "reachable": reachable, "report": report, "fault": fault},
    )
