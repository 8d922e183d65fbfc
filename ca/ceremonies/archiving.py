"""Each ceremony that is over gets its document: drawn and signed by workers, kept for good.

Between two transactions, and done again where a worker died; while the signer is away it waits.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.jobs import each
from audit.log import record, subject_of
from ca.ceremonies import paper, queries, sealing
from ca.ceremonies.models import CeremonyPaper
from ca.keys import services as keys
from ca.operators import proving as operators
from people.api import staff_names
from pki import ceremonies
from pki.errors import PkiError, Refused

log = logging.getLogger(__name__)


def run(*, at: datetime) -> int:
    """How many new documents there are."""
    return each(partial(_archive, at=at), queries.without_paper())


def _archive(number: str, *, at: datetime) -> bool:
    """Nothing is signed that people have not, with keys that are certified by now."""
    kept = queries.record(number)
    try:
        if not ceremonies.so_far(kept, operators.issuers(), early=True).end:
            raise Refused("ceremony.line_missing", "its record ends before it does")
        certificate = keys.record_certificate()
        drawn = paper.draw(paper.Paper(kept, _names(kept)))
        content = sealing.seal(drawn, certificate, keys.sign_record())
    except PkiError as why:
        log.warning("%s: its document waits: %s", number, why.rule)
        return False
    return _keep(number, content, at=at)


@transaction.atomic
def _keep(number: str, content: bytes, *, at: datetime) -> bool:
    row = queries.locked(number)
    if CeremonyPaper.objects.filter(ceremony=row).exists():
        return False
    digest = hashlib.sha256(content).hexdigest()
    CeremonyPaper.objects.create(ceremony=row, content=content, digest=digest, at=at)
    record("ca.ceremony_paper", subject_of(row), actor=SYSTEM, at=at, digest=digest)
    return True


def _names(kept: Mapping[str, Any]) -> Mapping[int, str]:
    """As the script calls them, and whoever else voted."""
    present = {int(one["person"]): one["name"] for one in json.loads(kept["script"])["people"]}
    return staff_names([one["voter"] for one in kept["votes"]]) | present
