"""Ends of authorities as services, workers and the house above see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from anxin.kernel.workdays import day_of
from audit.log import subject_of
from ca.ceremonies.models import Ceremony
from ca.endings import kinds, rules
from ca.endings.kinds import Kind
from ca.endings.models import Ending, EndingNotice, EndingStep
from ca.endings.rules import Declaration, State, StepState
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.queries import below, parsed
from ca.hierarchy.rules import State as AuthorityState
from ca.issuing.models import Certificate
from ca.issuing.rules import ISSUED, STANDING
from ca.issuing.rules import State as CertificateState
from people.api import spent

STANDS = [state.value for state in STANDING]


def unknown(number: str) -> Refusal:
    return Refusal(Why.NOT_FOUND, "endings.unknown", f"no ending {number}", cps="5.8")


def ending(number: str) -> Ending:
    """Refuses `endings.unknown`."""
    row = Ending.objects.select_related("ca").filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def locked(number: str) -> Ending:
    """The same for a change, until the transaction ends."""
    rows = Ending.objects.select_related("ca").select_for_update(of=("self",))
    row = rows.filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def step_of(row: Ending, code: str) -> EndingStep:
    """For a change. Refuses `endings.unknown`."""
    step = EndingStep.objects.select_for_update().filter(ending=row, code=code).first()
    if step is None:
        raise unknown(f"{row.number} {code}")
    return step


def states(row: Ending) -> dict[str, str]:
    """How its steps stand, in their order."""
    steps = EndingStep.objects.filter(ending=row).order_by("position")
    return dict(steps.values_list("code", "state"))


def next_number(*, at: datetime) -> str:
    """CE-2026-001; the caller holds the lock for numbers."""
    head = f"CE-{day_of(at).year}-"
    return f"{head}{Ending.objects.filter(number__startswith=head).count() + 1:03}"


def authority(code: str) -> CertificateAuthority:
    """An active one. Refuses `endings.authority`."""
    row = CertificateAuthority.objects.filter(code=code, state=AuthorityState.ACTIVE).first()
    if row is None:
        raise rules.refused("authority", f"no {code}", cps="5.8", field="authority")
    return row


def authorities() -> list[CertificateAuthority]:
    rows = CertificateAuthority.objects.filter(state=AuthorityState.ACTIVE)
    return list(rows.order_by("pk"))


def is_external(row: CertificateAuthority) -> bool:
    """Whether a CA elsewhere has signed its certificate."""
    own = parsed(bytes(row.certificate or b""))
    return row.parent_id is None and own.issuer.key != own.subject.key


def said_in(row: Ending) -> Declaration:
    return Declaration(
        kind=row.kind,
        authority=row.ca.code,
        known=row.known,
        notice=row.notice,
        since=row.since,
        ends_on=row.ends_on,
        drill=row.drill,
    )


def digest_of(row: Ending) -> str:
    """Of the row as it stands."""
    certificate = parsed(bytes(row.ca.certificate or b""))
    return rules.digest(row.number, said_in(row), certificate.fingerprint_sm3)


def check_agreed(row: Ending) -> None:
    """Once more, by the process that revokes: a row alone ends nothing.

    Refuses (FORBIDDEN) `endings.not_agreed`.
    """
    found = spent([row.approval_id]).get(row.approval_id) if row.approval_id else None
    agreed = found is not None and (found.action, found.subject) == (rules.END, subject_of(row))
    if not agreed or row.digest != digest_of(row):
        raise Refusal(
            Why.FORBIDDEN,
            "endings.not_agreed",
            "the committee did not",
            cps=kinds.CPS[Kind(row.kind)],
        )


def scope(row: Ending) -> list[CertificateAuthority]:
    """The authority and those below it: who does not believe the one cannot believe the others."""
    return below(row.ca_id)


def standing(row: Ending, *, at: datetime) -> QuerySet[Certificate]:
    """What is still to be revoked: valid or held and not expired, on order, or perhaps signed."""
    ids = [one.pk for one in scope(row)]
    rows = Certificate.objects.filter(ca_id__in=ids, state__in=STANDS)
    return rows.filter(Q(not_after__gte=at) | Q(not_after__isnull=True)).order_by("pk")


def unanswered(row: Ending, *, at: datetime) -> int:
    """Revoked certificates about which no answer says so yet (RFC 6960)."""
    ids = [one.pk for one in scope(row)]
    revoked = Certificate.objects.filter(
        ca_id__in=ids, state=CertificateState.REVOKED, not_after__gte=at
    )
    return revoked.filter(answers_until__isnull=True).count()


def ceremony(number: str) -> Ceremony | None:
    return Ceremony.objects.filter(number=number).first()


# --- the house above ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom to tell of an end: the next certificates, by id; `place`: of the notice everybody
    reads, below the public site's address. No ids: everybody was told.
    """

    step_id: int
    number: str
    kind: str
    authority: str
    place: str
    ends_on: str
    certificate_ids: tuple[int, ...]


def audiences() -> list[Audience]:
    """Of every end that subscribers are to be told of, the next batch."""
    rows = EndingStep.objects.filter(
        code=kinds.TELL_SUBSCRIBERS,
        state=StepState.ACTING,
        ending__state=State.RUNNING,
        ending__drill=False,
    )
    return [_audience(step) for step in rows.select_related("ending__ca").order_by("pk")]


def _audience(step: EndingStep) -> Audience:
    row = step.ending
    issued = to_tell(row).filter(pk__gt=step.last)
    return Audience(
        step_id=step.pk,
        number=row.number,
        kind=row.kind,
        authority=row.ca.code,
        place=f"/certificates/notices/{row.number}/",
        ends_on=row.ends_on.isoformat() if row.ends_on else "",
        certificate_ids=tuple(issued.values_list("pk", flat=True)[: rules.BATCH]),
    )


def to_tell(row: Ending) -> QuerySet[Certificate]:
    """Certificates whose holders are told: those that had not expired when it was agreed to."""
    ids = [one.pk for one in scope(row)]
    issued = Certificate.objects.filter(ca_id__in=ids, state__in=[one.value for one in ISSUED])
    return issued.filter(not_after__gte=row.agreed_at or row.declared_at).order_by("pk")


# --- everybody ---------------------------------------------------------------------------------


def notices() -> list[EndingNotice]:
    """What the public site shows, newest first."""
    return list(EndingNotice.objects.order_by("-published_at"))


def notice(number: str) -> EndingNotice:
    """Refuses `endings.unknown`."""
    row = EndingNotice.objects.filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def counts(row: Ending) -> Mapping[str, int]:
    """How many certificates of the authorities concerned stand in which state."""
    ids = [one.pk for one in scope(row)]
    found = Certificate.objects.filter(ca_id__in=ids).order_by().values_list("state")
    return dict(found.annotate(n=Count("pk")))
