"""What an application in another certificate's place changes, and what speaks against it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.errors import Refusal
from ca import api as ca
from pki import certificates as x509
from pki import cms, names, oids, requests
from pki.certificates import Certificate
from pki.errors import PkiError
from pki.extension_values import subject_alternative_name
from ra.applicants.hosts import of_server
from ra.applications import queries
from ra.applications.models import Application
from ra.applications.procedures import Way, differences, way_of
from ra.applications.queries import Content
from ra.applications.rules import ENDED, State

OPEN_OR_DONE = tuple(state for state in State if state not in ENDED)


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the certificate: `what` is subject, names, key or days."""

    what: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Succession:
    """`signed`: the old key has signed the request, which stands for the documents."""

    way: Way
    predecessor: ca.CertificateView
    signed: bool
    changes: tuple[Change, ...]


def succession(row: Application, content: Content) -> Succession | None:
    """None for an application that stands in nobody's place."""
    if row.predecessor_id is None:
        return None
    before = ca.certificate(row.predecessor_id)
    old = x509.parse(before.der)
    changes = (
        Change("subject", before.subject, _subject(row, content)),
        Change("names", _names(old), "\n".join(sorted(of_server(content.fields)))),
        Change("key", old.public_key.fingerprint, row.key_fingerprint),
        Change("days", str(before.days), str(row.days)),
    )
    return Succession(way_of(row.procedure, row.occasion), before, row.signed, changes)


def successor_of(certificate_id: int, states: Collection[State] = OPEN_OR_DONE) -> str:
    """The number of the latest application for a certificate's place, "" if there is none."""
    rows = Application.objects.filter(predecessor_id=certificate_id, state__in=states)
    return rows.order_by("-pk").values_list("number", flat=True).first() or ""


def hindrances(row: Application, content: Content, *, at: datetime) -> list[Refusal]:
    """Why this cannot be handed in as what it was begun as; empty: it can, or it is a new one."""
    found = succession(row, content)
    if found is None:
        return []
    subject, names_of_it, key, _ = found.changes
    holder = queries.holder_of(row.subscriber_id)
    wrong = differences(
        found.way,
        same_words=not (subject.changed or names_of_it.changed),
        same_key=not key.changed if key.after else None,
        same_holder=holder == found.predecessor.holder,
        same_request=not row.signed or _was_signed(content),
    )
    return wrong + ca.hindrances_to_succeed(
        found.predecessor.id,
        holder=found.predecessor.holder,
        keeps_key=not key.changed,
        days=row.days,
        at=at,
    )


def _was_signed(content: Content) -> bool:
    """Whether the request at hand is the one inside the old key's signature (CPS 3.3.1)."""
    return requests.parse(cms.parse(content.proof).content).der == content.request


def _names(certificate: Certificate) -> str:
    found = certificate.body.extension(oids.SUBJECT_ALT_NAME)
    names_of_it = subject_alternative_name(found.value) if found else ()
    return "\n".join(sorted(name.text for name in names_of_it))


def _subject(row: Application, content: Content) -> str:
    try:
        return names.build(queries.order_of(row, content).subject).text
    except PkiError:
        return ""  # what is missing is told field by field
