"""An authority as its page shows it: certificate, key, who stands above and below, its life."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from anxin.kernel.errors import Kind, Refusal
from ca import wording
from ca.ceremonies.models import Ceremony
from ca.ceremonies.wording import KEY_STATES
from ca.crl.queries import latest
from ca.hierarchy import life, queries, rules
from ca.hierarchy.life import KeyAge, Phase
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.rules import State
from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING
from ca.keeping.models import KeptKey
from ca.keeping.queries import kept
from ca.profiles.naming import NAMES
from ca.profiles.queries import issued_by
from pki import certificates


@dataclass(frozen=True, slots=True)
class Line:
    """One authority of a list; times None before its certificate is there."""

    code: str
    subject: str
    algorithm: str
    demo: bool
    phase: str
    label: str
    generation: int
    not_after: datetime
    stops: datetime | None


@dataclass(frozen=True, slots=True)
class ListLine:
    """The latest revocation list."""

    number: int
    entries: int
    this_update: datetime
    next_update: datetime


@dataclass(frozen=True, slots=True)
class ResponderLine:
    label: str
    not_after: datetime
    signed: bool


@dataclass(frozen=True, slots=True)
class CeremonyLine:
    number: str
    kind: str
    drill: bool
    state: str
    drafted_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One of its life; `at` None: not known, or not yet."""

    label: str
    at: datetime | None
    past: bool


@dataclass(frozen=True, slots=True)
class Page:
    """All that its page says. `longest`: days of the longest term it offers, 0: none."""

    line: Line
    certificate: certificates.Certificate | None
    serial: str
    algorithm: str
    is_self_issued: bool
    addresses: rules.Addresses
    key_label: str
    age: KeyAge | None
    path_length: int | None
    superior: Line | None
    subordinates: tuple[Line, ...]
    generations: tuple[Line, ...]
    stopped_at: datetime | None  # since when it issues nothing, because of its end
    revoked_at: datetime | None  # by its superior
    links: tuple[str, ...]  # addresses of link certificates
    profiles: tuple[str, ...]
    longest: int
    urgency: str
    last_list: ListLine | None
    responders: tuple[ResponderLine, ...]
    ceremonies: tuple[CeremonyLine, ...]
    events: tuple[Event, ...]
    key_state: str
    kept: KeptKey | None  # None: the key has only signed


def authorities(*, at: datetime) -> tuple[Line, ...]:
    """All of them, superiors first."""
    rows = list(CertificateAuthority.objects.order_by("pk"))
    newest = _newest()
    return tuple(_line(row, newest, at=at) for row in rows)


def authority(code: str, *, at: datetime) -> Page:
    """Refuses `hierarchy.unknown`."""
    row = CertificateAuthority.objects.select_related("parent").filter(code=code).first()
    if row is None:
        raise Refusal(Kind.NOT_FOUND, "hierarchy.unknown", f"no authority {code}")
    certificate = queries.parsed(bytes(row.certificate)) if row.certificate else None
    newest = _newest()
    line, key = _line(row, newest, at=at), kept(row.key_label)
    generations = CertificateAuthority.objects.filter(lineage=row.lineage).order_by("generation")
    return Page(
        line=line,
        certificate=certificate,
        serial=f"{certificate.serial:x}" if certificate else "",
        algorithm=queries.signed_by(certificate) if certificate else "",
        is_self_issued=bool(certificate and certificate.body.issuer == certificate.body.subject),
        addresses=queries.addresses(row.code),
        key_label=row.key_label,
        age=life.key_age(certificate, row.key_since, at=at) if certificate else None,
        path_length=certificate.basic_constraints.path_length if certificate else None,
        superior=_line(row.parent, newest, at=at) if row.parent else None,
        subordinates=tuple(_line(one, newest, at=at) for one in row.subordinates.order_by("pk")),
        generations=tuple(_line(one, newest, at=at) for one in generations),
        stopped_at=row.stopped_at,
        revoked_at=queries.revoked_at().get(row.pk),
        links=tuple(
            queries.addresses(link.code).certificate
            for link in queries.links_there().filter(ca=row).order_by("pk")
        ),
        profiles=tuple(str(NAMES[one]) for one in issued_by(row.lineage)),
        longest=queries.longest_term(row) if certificate else 0,
        urgency=_urgency(line, at=at),
        last_list=_last_list(row),
        responders=tuple(
            ResponderLine(one.key_label, one.not_after, one.certificate is not None)
            for one in row.responders.order_by("-pk")
        ),
        ceremonies=_ceremonies(row),
        events=_events(row, line),
        key_state=str(KEY_STATES[key.state if key else "active"]),
        kept=key,
    )


def _newest() -> dict[str, int]:
    """The newest active generation of each name."""
    rows = CertificateAuthority.objects.filter(state=State.ACTIVE).order_by()
    return dict(rows.values_list("lineage").annotate(last=Max("generation")))


def _line(row: CertificateAuthority, newest: Mapping[str, int], *, at: datetime) -> Line:
    stops = queries.stops(row) if row.certificate else None
    succeeded = newest.get(row.lineage, 0) > row.generation
    found = life.phase(row.state, stops or row.not_after, succeeded=succeeded, at=at)
    return Line(
        code=row.code,
        subject=row.subject,
        algorithm=row.key_algorithm,
        demo=row.demo,
        phase=found,
        label=str(wording.PHASES[found]),
        generation=row.generation,
        not_after=row.not_after,
        stops=stops,
    )


def _urgency(line: Line, *, at: datetime) -> str:
    """What is to be done about its end, in words; "" while there is time, or nothing to do."""
    if line.phase not in (Phase.ISSUING, Phase.ENDED) or line.stops is None:
        return ""
    if line.phase == Phase.ENDED and at < line.stops:
        return ""  # its successor issues
    code = life.urgency(line.stops, at=at)
    return str(wording.ALARMS[code]) % _told(line.code, line.stops) if code else ""


def _told(code: str, stops: datetime) -> dict[str, object]:
    return {"authority": code, "day": f"{stops:%Y-%m-%d}"}


def _last_list(row: CertificateAuthority) -> ListLine | None:
    last = latest(row.pk)
    if last is None:
        return None
    return ListLine(last.number, last.entries, last.this_update, last.next_update)


def _ceremonies(row: CertificateAuthority) -> tuple[CeremonyLine, ...]:
    rows = Ceremony.objects.filter(key_label=row.code).order_by("-pk")
    return tuple(
        CeremonyLine(one.number, one.kind, one.drill, one.state, one.drafted_at) for one in rows
    )


def _events(row: CertificateAuthority, line: Line) -> tuple[Event, ...]:
    ended = line.phase in (Phase.ENDED, Phase.RETIRED)
    return (
        Event(str(wording.PHASES["planned"]), row.planned_at, past=True),
        Event(str(wording.PHASES["issuing"]), row.active_at, row.active_at is not None),
        Event(str(wording.PHASES["ended"]), line.stops, ended),
        Event(str(wording.PHASES["retired"]), row.retired_at, row.retired_at is not None),
    )


def may_retire(row: CertificateAuthority, *, at: datetime) -> bool:
    """Whether nothing is left that its key has to sign (CPS 5.6)."""
    orders = Certificate.objects.filter(ca=row)
    if orders.filter(state__in=WAITING).exists():
        return at > row.not_after
    ends = [
        orders.aggregate(last=Max("not_after"))["last"],
        row.subordinates.aggregate(last=Max("not_after"))["last"],
        *queries.ends_of_links(row),
    ]
    listed = latest(row.pk)
    return life.may_retire(
        at=at,
        ends=row.not_after,
        succeeded=_newest().get(row.lineage, 0) > row.generation,
        last=max((end for end in ends if end), default=None),
        listed=listed.this_update if listed else None,
    )


def active() -> list[CertificateAuthority]:
    """Those that may be due to retire, superiors last: what is below them counts."""
    return list(CertificateAuthority.objects.filter(state=State.ACTIVE).order_by("-pk"))
