"""Ends of authorities as services, workers and the house above see them."""

import json
import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import override

from anxin.kernel import canonical
from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from anxin.kernel.workdays import SHANGHAI, day_of
from ca.ceremonies import proving as ceremonies
from ca.ceremonies.models import Ceremony
from ca.crl.queries import unlisted
from ca.directory.queries import there_or_behind
from ca.endings import kinds, proving, rules
from ca.endings.kinds import Doer, Kind
from ca.endings.models import Ending, EndingNotice, EndingStep, Stop
from ca.endings.rules import Declaration, Ended, Held, Left, Progress, State, StepState, Texts
from ca.endings.wording import LETTERS
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.queries import below, parsed
from ca.hierarchy.rules import State as AuthorityState
from ca.issuing.models import Certificate
from ca.issuing.rules import ISSUED, STANDING
from ca.issuing.rules import State as CertificateState
from ca.revocation.models import AuthorityRevocation, LinkRevocation, Revocation

log = logging.getLogger(__name__)
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


def texts_for(row: Ending) -> Texts:
    """What goes out about it, and the authorities that end: as they are now."""
    ends = {one.code: _sm3(one) for one in below(row.ca_id)}
    since = row.since.astimezone(SHANGHAI) if row.since else None
    blanks = {
        "number": row.number,
        "subject": row.ca.subject,
        "sm3": ends[row.ca.code],
        "known": row.known,
        "since": f"{since:%Y-%m-%d %H:%M}" if since else "",
        "ends_on": row.ends_on or "",
        "count": issued_by(ends, at=row.declared_at).count(),
    }
    with override("zh-hans"):
        letter = str(LETTERS[row.kind]) % blanks
    return Texts(letter, message_for(row), canonical.encode(ends).decode())


def message_for(row: Ending) -> str:
    """What the house above will write to subscribers."""
    place, ends_on = place_of(row), row.ends_on.isoformat() if row.ends_on else ""
    write = import_string(settings.ENDING_MESSAGE)
    return str(write(row.kind, authority=row.ca.code, ends_on=ends_on, place=place))


def place_of(row: Ending) -> str:
    """Of the notice everybody reads, below the public site's address."""
    return f"/certificates/notices/{row.number}/"


def _sm3(row: CertificateAuthority) -> str:
    return parsed(bytes(row.certificate or b"")).fingerprint_sm3


def digest_of(row: Ending) -> str:
    """Of the row as it stands."""
    return rules.digest(row.number, said_in(row), Texts(row.letter, row.message, row.authorities))


def payload(row: Ending) -> dict[str, str]:
    """What the committee votes for."""
    return {"ending": row.number, "digest": row.digest}


def check_agreed(row: Ending) -> None:
    """Once more, by the process that revokes: a row alone ends nothing. Whoever loses the key that
    agreed stops nothing that was proved before.

    Refuses (FORBIDDEN) `endings.not_agreed`, `endings.unproved`.
    """
    if row.digest != digest_of(row):
        clause = kinds.CPS[Kind(row.kind)]
        raise Refusal(Why.FORBIDDEN, "endings.not_agreed", "not to this", cps=clause)
    proved = has_revoked(row)
    proving.check(row.approval_id, rules.END, payload(row), grants=True, even_lost=proved)


def has_revoked(row: Ending) -> bool:
    """Whether a worker has: no other process writes a revocation by an end (triggers)."""
    tables = (Revocation, AuthorityRevocation, LinkRevocation)
    return any(table.objects.filter(ending=row).exists() for table in tables)


def stays(row: Ending) -> bool:
    """Whether something is revoked, or revoking is over; not in a drill."""
    over = EndingStep.objects.filter(ending=row, code=kinds.REVOKE, state=StepState.DONE)
    return has_revoked(row) or (not row.drill and over.exists())


def check_given_up(row: Ending) -> None:
    """The same before an authority goes on: the committee said no, or had the run aborted; of this
    run, or of a later one of the same authority, if the key that signed the first is lost and
    nothing was revoked for it.

    Refuses (FORBIDDEN) `endings.unproved`.
    """
    later = Ending.objects.filter(ca=row.ca_id, drill=row.drill, state__in=rules.GIVEN_UP)
    others = [] if has_revoked(row) else later.filter(pk__gt=row.pk).order_by("pk")
    *firsts, last = row, *others
    for one in firsts:
        with suppress(Refusal):
            return _check_given_up(one)
    return _check_given_up(last)


def _check_given_up(row: Ending) -> None:
    if row.state == State.REFUSED:
        proving.check(row.end_warrant, rules.END, payload(row), grants=False)
    else:
        said = {"ending": row.number, "reason": row.abort_reason}
        proving.check(row.end_warrant, rules.ABORT, said, grants=True)


def agreed_codes(row: Ending) -> dict[str, str]:
    """The authorities that end, and their certificates (SM3), as it was declared."""
    return dict(json.loads(row.authorities))


def scope(row: Ending) -> list[CertificateAuthority]:
    """The authority and those below it: who does not believe the one cannot believe the others."""
    ends = agreed_codes(row)
    rows = CertificateAuthority.objects.filter(code__in=ends, state=AuthorityState.ACTIVE)
    return [one for one in rows.order_by("pk") if _sm3(one) == ends[one.code]]


def check_nothing_new(row: Ending) -> None:
    """Refuses `endings.grown`."""
    rules.check_nothing_new([one.code for one in below(row.ca_id)], agreed_codes(row))


def stopped_by(row: Ending) -> list[str]:
    """Codes of authorities that issue nothing because of it."""
    rows = Stop.objects.filter(ending=row, lifted_at__isnull=True).order_by("ca")
    return list(rows.values_list("ca__code", flat=True))


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


def progress(row: Ending) -> Progress:
    steps = list(EndingStep.objects.filter(ending=row).order_by("position"))
    days = {one.code: one.on_day or day_of(one.done_at) for one in steps if one.done_at}
    return Progress(row.kind, {one.code: one.state for one in steps}, days, row.ends_on)


def ceremony(row: Ending, code: str, number: str) -> Held:
    """The one in which a step was done, by what everybody present has signed.

    Refuses (INVALID) `endings.ceremony`, `endings.ceremony_unproved`: rows alone are none.
    """
    spec, found = kinds.step_of(row.kind, code), Ceremony.objects.filter(number=number).first()
    held = _held(found) if found else None
    held = rules.check_ceremony(spec, held, ended(row), since=row.declared_at, drill=row.drill)
    try:
        ceremonies.check_finished(number)
    except Refusal as why:
        where = {"cps": spec.cps, "field": "ceremony"}
        raise rules.refused("ceremony_unproved", why.reason, **where) from why
    return held


def _held(found: Ceremony) -> Held:
    plan = json.loads(found.script).get("plan", {})
    follows = str(plan.get("lineage", ""))
    return Held(found.kind, found.state, found.drill, found.key_label, follows, found.drafted_at)


def check_ceremonies(row: Ending) -> None:
    """Of every step that is done in one; refuses as `ceremony` does."""
    for step in EndingStep.objects.filter(ending=row, state=StepState.DONE):
        if kinds.step_of(row.kind, step.code).doer is Doer.CEREMONY:
            ceremony(row, step.code, step.note)


def new_key(row: Ending) -> str:
    """The label of the key that was made in the ceremony named by its step; refuses as `ceremony`
    does.
    """
    number = EndingStep.objects.values_list("note", flat=True).get(ending=row, code=kinds.NEW_KEY)
    return ceremony(row, kinds.NEW_KEY, number).key


def ended(row: Ending) -> Ended:
    ca = row.ca
    above = "ours" if ca.parent_id else "external" if is_external(ca) else "root"
    return Ended(ca.key_label, ca.lineage, above)


def left(row: Ending, *, at: datetime) -> set[Left]:
    """What still stands of the authorities that end."""
    found, authorities = set[Left](), scope(row)
    ids, aside = [one.pk for one in authorities], StepState.SET_ASIDE
    if standing(row, at=at).exists():
        found.add(Left.CERTIFICATES)
    certified = [one for one in authorities if one.parent_id and one.not_after >= at]
    listed = AuthorityRevocation.objects.filter(authority__in=ids, listed_at__isnull=False)
    if len(certified) > listed.count():
        found.add(Left.OWN)
    steps = states(row)
    if steps.get("lists") != aside and any(unlisted(one) for one in ids):
        found.add(Left.LISTS)
    if settings.LDAP_URL and steps.get("directory") != aside and there_or_behind(ids):
        found.add(Left.DIRECTORY)
    return found


# --- the house above ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom to tell of an end: the next certificates, by id; `place`: of the notice everybody
    reads, below the public site's address; `message`: what was agreed to. No ids: everybody was
    told.
    """

    step_id: int
    number: str
    kind: str
    authority: str
    place: str
    ends_on: str
    message: str
    certificate_ids: tuple[int, ...]


def audiences() -> list[Audience]:
    """Of every end that subscribers are to be told of, the next batch."""
    rows = EndingStep.objects.filter(
        code=kinds.TELL_SUBSCRIBERS,
        state=StepState.ACTING,
        ending__state=State.RUNNING,
        ending__drill=False,
    )
    found = rows.select_related("ending__ca").order_by("pk")
    return [_audience(step) for step in found if _is_agreed(step.ending)]


def _is_agreed(row: Ending) -> bool:
    """Nobody is told what the committee did not sign."""
    try:
        check_agreed(row)
    except Refusal as refusal:
        log.error("%s: nobody is told: %s", row.number, refusal)  # noqa: TRY400
        return False
    return True


def _audience(step: EndingStep) -> Audience:
    row = step.ending
    issued = to_tell(row).filter(pk__gt=step.last)
    return Audience(
        step_id=step.pk,
        number=row.number,
        kind=row.kind,
        authority=row.ca.code,
        place=place_of(row),
        ends_on=row.ends_on.isoformat() if row.ends_on else "",
        message=row.message,
        certificate_ids=tuple(issued.values_list("pk", flat=True)[: rules.BATCH]),
    )


def to_tell(row: Ending) -> QuerySet[Certificate]:
    """Certificates whose holders are told: those that had not expired when it was agreed to."""
    return issued_by(agreed_codes(row), at=row.agreed_at or row.declared_at)


def issued_by(codes: Collection[str], *, at: datetime) -> QuerySet[Certificate]:
    """What these authorities have issued and had not expired at that time."""
    rows = Certificate.objects.filter(ca__code__in=codes, state__in=[one.value for one in ISSUED])
    return rows.filter(not_after__gte=at).order_by("pk")


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
