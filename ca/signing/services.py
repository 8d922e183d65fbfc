"""From orders to certificates, in batches: plan -> sign -> settle.

The plan (serial number and all bytes to be signed) is committed before the signer is asked, so at
every instant a killed worker or signer leaves either an order or a plan, and both are picked up by
`sweep_orders`. A plan that is signed twice is still one certificate: only the first settlement
finds it unsettled.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import announce, each, enqueue
from anxin.kernel.locks import Work, held
from audit.log import advance, advance_many, record
from ca.directory.services import enter
from ca.hierarchy.queries import issuer_by_id, stopped
from ca.hierarchy.rules import Issuer
from ca.issuing import successors
from ca.issuing.models import Certificate
from ca.issuing.rules import (
    Draft,
    State,
    Wish,
    check_subject,
    check_warrant,
    lint_rules,
)
from ca.keys import services as keys
from ca.operators import proving
from ca.profiles.queries import Named
from ca.profiles.rules import OPERATOR, Profile, check_order, unknown
from ca.profiling.proving import agreed_to
from ca.revocation.rules import Cause, reason_of, subject_of
from ca.revocation.services import end_replaced, list_unissued
from ca.signing import queries, rules
from ca.signing.rules import Planned
from people.api import Spent, spent
from pki import certificates, lint, names, publickeys
from pki.errors import LintError, PkiError
from pki.signer.protocol import CERTIFICATE
from pki.sm.sm3 import sm3

log = logging.getLogger(__name__)
Entropy = Callable[[int], bytes]
MOST_BATCHES = 50  # of one sweep
PLAN_COLUMNS = ("serial", "tbs", "not_before", "not_after", "planned_at")
SETTLED = ("state", "profile", "profile_version", "replaces", "ends", "warrant")
CERTIFICATE_COLUMNS = ("der", "tbs", "settled_at")


def sweep_orders(*, at: datetime, entropy: Entropy) -> int:
    """Sign whatever nobody rang for, or whose worker died; how many certificates that made."""
    return each(partial(_sweep, at=at, entropy=entropy), queries.authorities_with_work())


def _sweep(ca_id: int, *, at: datetime, entropy: Entropy) -> int:
    left_over = _all(partial(_finish_left_over, ca_id, at=at))
    return left_over + _all(partial(sign_orders, ca_id, at=at, entropy=entropy))


def _finish_left_over(ca_id: int, *, at: datetime) -> int:
    return finish(ca_id, queries.unfinished(ca_id), at=at)


def _all(make_batch: Callable[[], int]) -> int:
    """Batch after batch, as long as they come full."""
    made = 0
    for _ in range(MOST_BATCHES):
        batch = make_batch()
        made += batch
        if batch < rules.BATCH:
            break
    return made


def sign_orders(ca_id: int, *, at: datetime, entropy: Entropy) -> int:
    """Sign one batch of an authority's orders; how many certificates that made."""
    planned = plan_batch(ca_id, at=at, entropy=entropy)
    made = finish(ca_id, planned, at=at) if planned else 0
    if len(planned) == rules.BATCH:
        enqueue("ca.sign_orders", ca_id=ca_id)
    return made


@transaction.atomic
def plan_batch(ca_id: int, *, at: datetime, entropy: Entropy) -> list[int]:
    """Decide and write down what the next certificates will say; their ids."""
    issuer = issuer_by_id(ca_id)
    if issuer.stopped or issuer.retired:
        return []  # what waits is refused once the committee has agreed, or goes on if it has not
    rows, profiles = _next_batch(ca_id)
    warrants = spent([row.warrant for row in rows])
    over = queries.over(rows)
    plans = []
    for row in rows:
        try:
            with _readable():
                profile = _profile(row, profiles, issuer)
                _check_warrant(row, warrants.get(row.warrant), profile, at=at)
                if row.pk in over:
                    raise successors.revoked()
                _plan(row, issuer, profile, at=at, entropy=entropy)
            plans.append(row)
        except (Refusal, PkiError) as error:
            if error.rule != proving.WAITS:  # the sweep comes back to it
                _refuse(row, error, at=at)
    details = {row.pk: {"serial": row.serial} for row in plans}
    advance_many(plans, "plan", actor=SYSTEM, at=at, details=details, columns=PLAN_COLUMNS)
    return [row.pk for row in plans]


def _next_batch(ca_id: int) -> tuple[list[Certificate], Mapping[Named, Profile | None]]:
    """The oldest orders, and their profiles as far as they are there. What is ordered by a version
    whose votes cannot be proved just now waits (`agreed_to`), and keeps no other order waiting.
    """
    waiting = Certificate.objects.filter(ca_id=ca_id, state=State.ORDERED).order_by("pk")
    while True:
        rows = list(waiting.select_for_update(skip_locked=True, of=("self",))[: rules.BATCH])
        profiles = agreed_to({(row.profile, row.profile_version) for row in rows})
        doubted = [named for named, profile in profiles.items() if profile is None]
        if not doubted:
            return rows, profiles
        for code, version in doubted:
            waiting = waiting.exclude(profile=code, profile_version=version)


@contextmanager
def _readable() -> Iterator[None]:
    """Refuses what nobody can read: others may have written it. No other order waits for it."""
    try:
        yield
    except (Refusal, PkiError):
        raise
    except DataError as fault:  # of a question about the row
        raise _unreadable(fault) from fault
    except (DatabaseError, InterfaceError, OSError, MemoryError):  # the row is not to blame
        raise
    except Exception as fault:
        log.exception("an order that nobody can read")
        raise _unreadable(fault) from fault


def _unreadable(fault: Exception) -> Refusal:
    return Refusal(Kind.INVALID, "order.unreadable", type(fault).__name__, cps="4.3.1")


def _profile(row: Certificate, profiles: Mapping[Named, Profile | None], issuer: Issuer) -> Profile:
    profile = profiles.get((row.profile, row.profile_version))
    if profile is None:
        raise unknown(f"{row.profile} {row.profile_version}")
    if profile.issuer != issuer.lineage:
        reason = f"{profile.code} is issued by {profile.issuer}, not by {issuer.code}"
        raise Refusal(Kind.INVALID, "order.issuer", reason, cps="1.5.2")
    return profile


def _check_warrant(
    row: Certificate, warrant: Spent | None, profile: Profile, *, at: datetime
) -> None:
    """Once more, by the process that has signatures made: a row alone orders nothing."""
    check_warrant(warrant.action if warrant else None, profile)
    check_subject(warrant.subject if warrant else "", row.requester)
    if profile.code == OPERATOR:
        number = names.parse(bytes(row.subject)).get("serialNumber") or ""
        named = {"holder": row.holder, "requester": row.requester, "number": number}
        with transaction.atomic():  # what it asks the database about comes from others
            key = bytes(row.public_key)
            proving.check(warrant=row.warrant, key=key, order=row.pk, at=at, **named)


def _plan(
    row: Certificate, issuer: Issuer, profile: Profile, *, at: datetime, entropy: Entropy
) -> None:
    """Fill in what the certificate will say.

    Refuses an order whose certificate would say something else by now, or that its profile does
    not allow, as when it was placed: a row alone may have been written by others. Raises LintError.
    """
    subject, key = names.parse(bytes(row.subject)), publickeys.parse(bytes(row.public_key))
    check_order(profile, subject, key, row.days, tuple(row.names))
    if row.ends:
        reason_of(row.ends)
    draft = Draft(Wish(profile, subject, key, row.days, tuple(row.names)), issuer)
    if draft.template_digest != row.template_digest:
        raise Refusal(
            Kind.CONFLICT, "order.changed_meanwhile", "not what was approved any more", cps="4.3.1"
        )
    serial = certificates.serial_from(entropy(certificates.MIN_SERIAL_OCTETS))
    plan = draft.plan(serial=serial, not_before=at)
    tbs = certificates.encode(plan)
    lint.check_certificate_tbs(tbs, issuer=issuer.certificate, profile_rules=lint_rules(profile))
    row.serial, row.tbs, row.planned_at = f"{serial:x}", tbs, at
    row.not_before, row.not_after = plan.not_before, plan.not_after


def finish(ca_id: int, ids: Sequence[int], *, at: datetime) -> int:
    """Have the plans on record signed, and settle them; how many certificates that made."""
    issuer = issuer_by_id(ca_id)
    with held(Work.SIGN_CERTIFICATES, ids) as mine:
        plans = [] if ca_id in stopped() else queries.planned(mine)
        if not plans:
            return 0
        try:
            wanted = [item.tbs for item in plans]
            by = issuer.certificate.public_key
            answers = keys.sign(issuer.key_label, CERTIFICATE, wanted, by=by)
        except PkiError as error:  # nobody was asked, or nobody could answer: the plans stay
            log.error("%s: %s plans wait: %s", issuer.code, len(plans), error)  # noqa: TRY400
            return 0
        return settle(issuer, plans, answers, at=at)


@transaction.atomic
def settle(
    issuer: Issuer, plans: Sequence[Planned], answers: Sequence[bytes | PkiError], *, at: datetime
) -> int:
    """Put the certificates on record that are not there yet; how many that were."""
    ids = [item.id for item in plans]
    open_rows = Certificate.objects.filter(pk__in=ids, state=State.PLANNED).order_by("pk")
    locked = open_rows.select_for_update(of=("self",))
    rows = {row.pk: row for row in locked.only(*SETTLED)}
    over, made = queries.over(list(rows.values())), []
    for item, answer in zip(plans, answers, strict=True):
        if item.id in over:
            _take_back(rows[item.id], over[item.id], at=at)
        elif item.id in rows and isinstance(answer, bytes):
            row = rows[item.id]
            row.der, row.tbs, row.settled_at = certificates.assemble(item.tbs, answer), None, at
            made.append(row)
        elif item.id in rows and isinstance(answer, PkiError):
            _note_refusal(rows[item.id], answer, at=at)
    if not made:
        return 0
    _check_one(made[0], issuer)
    details = {row.pk: {"sm3": sm3(bytes(row.der or b"")).hex()} for row in made}
    advance_many(made, "issue", actor=SYSTEM, at=at, details=details, columns=CERTIFICATE_COLUMNS)
    enter(made, issuer.id, at=at)  # CPS 4.4.2
    for row in made:
        if row.ends:
            _end_replaced(row, at=at)
    announce("ca.certificates_issued", certificate_ids=[row.pk for row in made])
    return len(made)


def _take_back(row: Certificate, cause: Cause, *, at: datetime) -> None:
    """What it succeeds was revoked since it was planned (CPS 3.3.2). A signature may exist: no list
    leaves it out, and it is refused once lists will name it.
    """
    try:
        with transaction.atomic():
            list_unissued(row.pk, cause, at=at)
            _refuse(row, successors.revoked(), at=at)
    except Refusal:
        log.exception("certificate %s stays as it was planned", row.pk)


def _end_replaced(row: Certificate, *, at: datetime) -> None:
    """What an order says of another certificate keeps no other order's certificate back; the sweep
    comes back to it.
    """
    try:
        end_replaced(row, at=at)
    except (Refusal, IntegrityError) as why:
        log.exception("certificate %s: what it replaces was not revoked", row.pk)
        about, rule = subject_of(row.replaces_id or 0), getattr(why, "rule", type(why).__name__)
        told = {"rule": rule, "successor": row.pk}
        record("ca.certificate.revoke", about, actor=SYSTEM, at=at, outcome="refused", **told)


def sweep_replaced(*, at: datetime) -> int:
    """Revoke what was replaced and is still good; how many certificates that ended."""
    return each(partial(_end_again, at=at), queries.replaced_and_good(at=at))


def _end_again(certificate_id: int, *, at: datetime) -> int:
    end_replaced(Certificate.objects.only(*SETTLED).get(pk=certificate_id), at=at)
    return 1


def _check_one(row: Certificate, issuer: Issuer) -> None:
    """Whether what was assembled is a certificate of this CA, as relying parties will ask.

    Every signature was verified when it came (`ca.keys.services.sign`).
    """
    certificates.verify(certificates.parse(bytes(row.der or b"")), issuer.certificate)


def _note_refusal(row: Certificate, error: PkiError, *, at: datetime) -> None:
    if rules.is_final(error):
        _refuse(row, error, at=at)
    else:
        log.warning("certificate %s waits: %s", row.pk, error)


def _refuse(row: Certificate, error: Refusal | PkiError, *, at: datetime) -> None:
    said = error.reason if isinstance(error, LintError) else f"{error.rule}: {error.reason}"
    Certificate.objects.filter(pk=row.pk).update(refusal=said)
    advance(row, "refuse", actor=SYSTEM, at=at, rule=error.rule)
    log.error("certificate %s refused for good: %s", row.pk, said)
