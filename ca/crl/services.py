"""Issuing revocation lists: plan -> compare with the last one -> sign -> publish."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Max

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import announce, each, enqueue
from anxin.kernel.locks import Work, held
from audit.log import advance, record, subject_of
from ca.crl import queries, rules
from ca.crl.models import RevocationList
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.queries import issuer_by_code, issuer_by_id
from ca.hierarchy.rules import Issuer
from ca.hierarchy.rules import State as Authority
from ca.keys import services as keys
from ca.revocation.models import AuthorityRevocation, Hold, LinkRevocation, Revocation
from pki import crls
from pki.errors import PkiError
from pki.sm.sm3 import sm3

log = logging.getLogger(__name__)


@transaction.atomic
def request_crl(ca_id: int, *, actor: Actor, at: datetime) -> None:
    """Have a list issued at once, whatever the schedule says (CPS 4.9.7)."""
    row = CertificateAuthority.objects.filter(pk=ca_id).first()
    if row is None:
        raise Refusal(Kind.NOT_FOUND, "hierarchy.unknown", f"no authority {ca_id}")
    if row.state == Authority.RETIRED:
        raise Refusal(Kind.CONFLICT, "hierarchy.retired", "no list", cps="5.6", code=row.code)
    row.crl_requested_at = at
    row.save(update_fields=["crl_requested_at"])
    record("ca.request_crl", subject_of(row), actor=actor, at=at)
    enqueue("ca.issue_crl", ca_id=ca_id)


def issue_due_crls(*, at: datetime) -> int:
    """Issue every list whose time has come; how many."""
    return each(partial(_issue_due, at=at), queries.active())


def _issue_due(ca_id: int, *, at: datetime) -> bool:
    return queries.is_due(ca_id, at) and issue_crl(ca_id, at=at)


def issue_crl(ca_id: int, *, at: datetime) -> bool:
    """Issue an authority's next list; False if another worker is at it, or nothing could be signed.

    A list that would forget a revocation, or a hold nobody released, is abandoned, written down
    and shown as an alarm.
    """
    issuer = issuer_by_id(ca_id)
    with held(Work.ISSUE_CRL, [ca_id]) as mine:
        if not mine or issuer.retired:
            return False
        if queries.behind([ca_id]):
            log.error("%s: no list before `manage.py adopt_crl`", issuer.code)
            return False
        plan = _plan(issuer, at=at.replace(microsecond=0))
        try:
            leaving = _check_successor(plan, issuer)
            der = _signed(issuer, plan.tbs, leaving)
        except PkiError as error:
            _abandon(plan.row, error, at=at)
            log.error("%s: list %s abandoned: %s", issuer.code, plan.row.number, error)  # noqa: TRY400
            return False
        _publish(plan, der, at=at)
        return True


@dataclass(frozen=True, slots=True)
class _Plan:
    row: RevocationList
    tbs: bytes
    previous: RevocationList | None
    news: queries.News  # what this list is the first to tell of


@transaction.atomic
def _plan(issuer: Issuer, *, at: datetime) -> _Plan:
    """Take the next number. What an interrupted run left behind was never published."""
    CertificateAuthority.objects.select_for_update().get(pk=issuer.id)
    lists = RevocationList.objects.filter(ca_id=issuer.id)
    for left in lists.filter(state=rules.State.PLANNED):
        advance(left, "abandon", actor=SYSTEM, at=at, reason="interrupted")
    previous = queries.latest(issuer.id)
    news = queries.unlisted(issuer.id)  # before the entries: none is called listed and left out
    entries = queries.entries(issuer.id, previous)
    number = (lists.aggregate(last=Max("number"))["last"] or 0) + 1
    row = RevocationList.objects.create(
        state=rules.State.PLANNED,
        ca_id=issuer.id,
        number=number,
        this_update=at,
        next_update=min(at + rules.LIFETIME, issuer.certificate.not_after),
        entries=len(entries),
    )
    tbs = crls.encode(
        issuer.name,
        number,
        row.this_update,
        row.next_update,
        entries,
        issuer.key_identifier,
        issuer.signature_algorithm,
    )
    return _Plan(row, tbs, previous, news)


@dataclass(frozen=True, slots=True)
class _Leaving:
    """Who leaves the list: expired certificates, which the signer asks to see, and the serial
    numbers of those that were on hold and whose release was approved (CPS 4.9.12 to 4.9.15).
    """

    expired: Collection[bytes] = ()
    released: Collection[int] = ()


def _check_successor(plan: _Plan, issuer: Issuer) -> _Leaving:
    """Who leaves the list.

    Raises PkiError `crl.*` when the list is older than the last one, or forgets a revocation.
    """
    if plan.previous is None:
        return _Leaving()
    before = plan.previous.this_update
    if plan.row.this_update < before:
        raise PkiError("crl.goes_back", "The list is older than the last one.")
    old, new = crls.parse(bytes(plan.previous.der or b"")), crls.parse_tbs(plan.tbs)
    lost = crls.difference(old, new).removed
    expired = queries.expired(issuer.id, lost, before)
    released = queries.released(issuer.id, [old.by_serial[serial] for serial in lost])
    if forgotten := lost - expired.keys() - released:
        raise PkiError("crl.forgets", f"{len(forgotten)} revocations would be forgotten.")
    return _Leaving(expired.values(), released - expired.keys())


def _signed(issuer: Issuer, tbs: bytes, leaving: _Leaving = _Leaving()) -> bytes:
    """The list, verified."""
    signature = keys.sign_list(
        issuer.key_label, tbs, expired=leaving.expired, released=leaving.released
    )
    der = crls.assemble(tbs, signature)
    crls.verify(crls.parse(der), issuer.certificate)
    return der


@transaction.atomic
def _abandon(row: RevocationList, error: PkiError, *, at: datetime) -> None:
    RevocationList.objects.filter(pk=row.pk).update(fault=str(error))
    advance(row, "abandon", actor=SYSTEM, at=at, reason=error.rule)


@transaction.atomic
def _publish(plan: _Plan, der: bytes, *, at: datetime) -> None:
    row, digest = plan.row, sm3(der).hex()
    RevocationList.objects.filter(pk=row.pk).update(der=der, sm3=digest)
    news, moment = plan.news, row.this_update
    Revocation.objects.filter(pk__in=news.revoked, listed_at__isnull=True).update(listed_at=moment)
    Hold.objects.filter(pk__in=news.held, listed_at__isnull=True).update(listed_at=moment)
    Hold.objects.filter(pk__in=news.ended, dropped_at__isnull=True).update(dropped_at=moment)
    for table, ids in ((AuthorityRevocation, news.authorities), (LinkRevocation, news.links)):
        table.objects.filter(pk__in=ids, listed_at__isnull=True).update(listed_at=moment)
    advance(row, "publish", actor=SYSTEM, at=at, number=row.number, entries=row.entries, sm3=digest)
    announce("ca.list_issued", ca_id=row.ca_id)


def adopt_list(code: str, *, actor: Actor, at: datetime) -> list[int]:
    """After a restore: the last list that the signer remembers counts as ours again.

    It comes from the signer itself, so one that was signed and never published is found, too.
    Returns the serial numbers on it that are not revoked here; no list that forgets them will be
    issued. Refuses `crl.busy` while one is being issued, `crl.none_signed`, `crl.not_later`.
    """
    issuer = issuer_by_code(code)
    with held(Work.ISSUE_CRL, [issuer.id]) as mine:
        if not mine:
            raise Refusal(Kind.CONFLICT, "crl.busy", "a list is being issued just now")
        tbs = keys.last_list(issuer.key_label)
        if tbs is None:
            raise Refusal(Kind.NOT_FOUND, "crl.none_signed", f"no list of {code} was signed yet")
        found = crls.parse(_signed(issuer, tbs))
        number, known = found.number or 0, queries.latest(issuer.id)
        if known is not None and number <= known.number:
            raise Refusal(Kind.CONFLICT, "crl.not_later", f"list {known.number} is known already")
        _adopt(issuer.id, found, number, actor=actor, at=at)
    return queries.unrevoked(issuer.id, found.by_serial)


@transaction.atomic
def _adopt(
    ca_id: int, found: crls.RevocationList, number: int, *, actor: Actor, at: datetime
) -> None:
    said = {
        "this_update": found.this_update,
        "next_update": found.next_update,
        "entries": len(found.entries),
        "der": found.der,
        "sm3": sm3(found.der).hex(),
    }
    row, fresh = RevocationList.objects.get_or_create(
        ca_id=ca_id, number=number, defaults={**said, "state": rules.State.PLANNED}
    )
    if not fresh:
        RevocationList.objects.filter(pk=row.pk).update(**said)
    advance(row, "adopt", actor=actor, at=at, number=number, sm3=said["sm3"])
    announce("ca.list_issued", ca_id=ca_id)
