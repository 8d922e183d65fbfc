"""Proofs of control for the pages, for reviewers' decisions, and for the worker that checks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Exists, OuterRef, QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal, Refusals
from ra.applicants.hosts import NameKind, ServerName, claimed, parse
from ra.applications import queries as applications
from ra.domains import rules
from ra.domains.checking import PATH, Question
from ra.domains.models import NameProof
from ra.domains.resolving import CHALLENGE
from ra.domains.rules import Method, State

# `anxin/grants.py` gives the public site these columns and no others.
PUBLIC_COLUMNS = (
    "id",
    "application_id",
    "name",
    "kind",
    "current",
    "state",
    "token",
    "ask_until",
    "checked_at",
    "findings",
    "reason",
    "method",
    "valid_until",
    "caa",
    "caa_at",
)


@dataclass(frozen=True, slots=True)
class VantageView:
    """What one vantage point saw last: (method, outcome) pairs."""

    name: str
    seen: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, repr=False)
class ProofView:
    """`methods` is what may prove it, `method` what did; `reason` the rule that hinders, or "".

    What to publish: `value` as TXT at `txt_name`, or as the whole file at `url`.
    """

    id: int
    name: str
    kind: str
    state: str
    methods: tuple[str, ...]
    method: str
    txt_name: str
    url: str
    value: str
    ask_until: datetime
    checked_at: datetime | None
    valid_until: datetime | None
    reason: str
    caa: str
    caa_at: datetime | None
    vantages: tuple[VantageView, ...]


def unknown(what: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "domains.unknown", f"no name proof {what}", cps="1.4.2")


def proofs(application_id: int) -> dict[str, ProofView]:
    """Of the names the application has now, in their order. No check of who asks."""
    rows = NameProof.objects.filter(application_id=application_id, current=True)
    return {row.name: row for row in _views(rows.select_related("application"))}


def proofs_of(number: str, actor: Actor) -> list[ProofView]:
    """The same for a page. Refuses `applications.unknown`."""
    return list(proofs(applications.id_of(number, actor)).values())


def told_to_applicant(number: str) -> list[ProofView]:
    """For whoever has shown the access code: what to publish, and how it stands."""
    rows = NameProof.objects.filter(application__number=number, current=True)
    return _views(
        rows.select_related("application").only(*PUBLIC_COLUMNS, "application__number"),
    )


def hindrances(application_id: int, names: Iterable[str], *, at: datetime) -> list[Refusal]:
    """Why no certificate with these names may be issued now; empty: nothing is in the way.

    Names may be spelled as the applicant did. Whoever approves asks for this (CPS 3.2.4).
    """
    return _hindrances(proofs(application_id), names, at=at)


def in_the_way(
    application_id: int, fields: Mapping[str, str], *, asked: bool = True, at: datetime
) -> list[Refusal]:
    """The same for all names an application has: those asked for, and what its fields declare.

    `asked` False: it is known (`have_names`) that none were, which spares a query.
    """
    held = proofs(application_id) if asked else {}
    try:
        return _hindrances(held, dict.fromkeys([*held, *claimed(fields)]), at=at)
    except Refusal as refusal:
        return [refusal]


def unproved(application_id: int, names: Iterable[str], *, at: datetime) -> list[Refusal]:
    """As `hindrances`, without what CAA says: that is asked again before it is issued."""
    found = hindrances(application_id, names, at=at)
    return [one for one in found if one.rule == "domains.not_proved"]


def have_names() -> Exists:
    """For an application's row: whether names were asked for."""
    return Exists(NameProof.objects.filter(application=OuterRef("pk"), current=True))


def _hindrances(
    held: Mapping[str, ProofView], names: Iterable[str], *, at: datetime
) -> list[Refusal]:
    found: list[Refusal] = []
    for text in names:
        name = parse(text, wildcards=True).text
        view = held.get(name)
        state, until = (view.state, view.valid_until) if view else ("", None)
        refusal = rules.hindrance(name, state, until, at=at)
        if refusal is None and view is not None:
            refusal = rules.caa_hindrance(name, view.caa, view.caa_at, at=at)
        if refusal is not None:
            found.append(refusal)
    return found


def check_proved(application_id: int, names: Iterable[str], *, at: datetime) -> None:
    """Refuses with all of `hindrances`: `domains.not_proved`, `caa`, `caa_unknown`, `caa_old`."""
    found = hindrances(application_id, names, at=at)
    if found:
        raise Refusals(found)


def due(*, at: datetime, limit: int) -> list[int]:
    """Ids of those to be looked at now, the longest waiting first."""
    rows = NameProof.objects.filter(due_at__lte=at, current=True).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def over(*, at: datetime, limit: int) -> QuerySet[NameProof]:
    """Proved ones whose days are over."""
    rows = NameProof.objects.filter(state=State.PROVED, valid_until__lte=at)
    return rows.order_by("valid_until")[:limit]


def waiting(ids: Iterable[int], *, at: datetime) -> list[NameProof]:
    """Those that are still to be looked at."""
    rows = NameProof.objects.filter(pk__in=ids, current=True, due_at__lte=at)
    return list(rows.select_related("application").order_by("pk"))


def question(row: NameProof) -> Question:
    """What the vantage points are asked about it."""
    return Question(
        id=row.pk,
        kind=NameKind(row.kind),
        base=ServerName(NameKind(row.kind), row.name).base,
        token=row.token,
        expected=rules.published(row.token, row.application.number),
        proof=row.state == State.ASKED,
    )


def _views(rows: QuerySet[NameProof]) -> list[ProofView]:
    return [_view(row) for row in rows.order_by("pk")]


def _view(row: NameProof) -> ProofView:
    base = ServerName(NameKind(row.kind), row.name).base
    host = f"[{base}]" if ":" in base else base
    methods = rules.METHODS[NameKind(row.kind)]
    return ProofView(
        id=row.pk,
        name=row.name,
        kind=row.kind,
        state=row.state,
        methods=tuple(map(str, methods)),
        method=row.method,
        txt_name=CHALLENGE + base if Method.DNS in methods else "",
        url=f"http://{host}{PATH}{row.token}" if Method.HTTP in methods else "",
        value=rules.published(row.token, row.application.number),
        ask_until=row.ask_until,
        checked_at=row.checked_at,
        valid_until=row.valid_until,
        reason=row.reason,
        caa=row.caa,
        caa_at=row.caa_at,
        vantages=_vantages(row.findings),
    )


def _vantages(findings: list[list[str]]) -> tuple[VantageView, ...]:
    grouped = groupby(sorted(findings, key=lambda one: one[0]), key=lambda one: one[0])
    return tuple(
        VantageView(name, tuple((method, outcome) for _, method, outcome in rows))
        for name, rows in grouped
    )
