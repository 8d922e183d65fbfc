"""Keeping the dashboard told about the signers."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from audit.log import record
from ca.devices.services import tell_of_trouble
from ca.keys import services as keys
from ca.overview import rules
from ca.overview.models import SignerReport
from pki.errors import PkiError

log = logging.getLogger(__name__)


def note_signer(*, at: datetime) -> None:
    """Ask each signer how it is and write the answer down; silence is an answer too."""
    for place in keys.places():
        report: dict[str, Any] = {}
        fault = ""
        try:
            report = keys.health(place)
        except PkiError as error:
            fault = str(error)
        _store(place, report, fault, at=at)
    SignerReport.objects.filter(pk__gt=len(keys.places())).delete()  # not configured any more


@transaction.atomic
def _store(place: int, report: dict[str, Any], fault: str, *, at: datetime) -> None:
    """The journal is told of changes only: a report every 15 seconds is no event (CPS 5.4.1)."""
    number = SignerReport.HOME + place
    before = SignerReport.objects.select_for_update().filter(pk=number).first()
    said = rules.condition(before.reachable, before.report) if before else None
    now = rules.condition(not fault, report)
    for verb in rules.changes(said, now):
        failing = sorted(report.get("failing", ()))
        subject = f"ca.signer:{place}" if place else "ca.signer"
        record(f"ca.signer_{verb}", subject, actor=SYSTEM, at=at, fault=fault, failing=failing)
        good = verb in {"back", "healed"}
        log.log(logging.INFO if good else logging.ERROR, "signer %s %s %s", place, verb, fault)
        if verb == "degraded":  # CPS 6.2.11
            tell_of_trouble(f"degraded {place} {at:%Y-%m-%dT%H:%M:%S}", at=at)
    SignerReport.objects.update_or_create(
        pk=number,
        defaults={"at": at, "reachable": not fault, "report": report, "fault": fault},
    )
