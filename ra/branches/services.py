"""Opening and renaming offices; what they may take in (CPS 1.4.2)."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from audit.log import record, subject_of
from ca import api as ca
from people.api import Approval, propose, redeem
from ra.branches import queries, rules
from ra.branches.models import Authority, Office

GRANT = "ra.grant_authority"


@transaction.atomic
def open_office(
    code: str, *, name: str, kind: str = "authority", parent: str = "", actor: Actor, at: datetime
) -> int:
    """A registration authority, or (kind `service_point`) a counter of one; its id.

    Refuses `branches.*`: odd code, no name, taken code, unknown parent, anything below a counter.
    """
    offices = Office.objects.select_for_update()  # none above stops in the meantime
    above = offices.filter(code=parent).first() if parent else None
    if not queries.sees(actor, above.path if above else "") or (parent and above is None):
        raise queries.unknown_office(parent)
    if above is not None and above.state != rules.State.OPEN:
        raise rules.stopped()
    wanted = rules.OfficeKind(kind)
    rules.check_office(code, name, wanted, rules.OfficeKind(above.kind) if above else None)
    row, fresh = Office.objects.get_or_create(
        code=code,
        defaults={
            "state": rules.State.OPEN,
            "name": name.strip(),
            "kind": wanted.value,
            "parent": above,
            "path": rules.path_of(code, above.path if above else ""),
            "opened_at": at,
        },
    )
    if not fresh:
        raise Refusal(Kind.CONFLICT, "branches.taken", f"{code} is taken", field="code")
    record("ra.open_office", f"ra.office:{row.pk}", actor=actor, at=at, code=code, parent=parent)
    return row.pk


@transaction.atomic
def rename_office(office_id: int, name: str, *, actor: Actor, at: datetime) -> None:
    """A new name; the code stays. Refuses `branches.name`, `branches.unknown`."""
    row = queries.locked(office_id, actor)
    before, row.name = row.name, rules.check_name(name)
    row.save(update_fields=["name"])
    record("ra.rename_office", subject_of(row), actor=actor, at=at, before=before, now=row.name)


@transaction.atomic
def propose_authority(
    office_id: int,
    *,
    agreement: str,
    profiles: Collection[str],
    quota: int | None,
    valid_from: date,
    valid_until: date,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for what an RA may take in (CPS 1.4.2); in force when another person agrees.

    Refuses `branches.*` with the field, and who may not propose it.
    """
    row = queries.locked(office_id, actor)
    wanted = rules.Authority(
        agreement.strip(), tuple(sorted(set(profiles))), quota, valid_from, valid_until
    )
    _check(row, wanted, at=at)
    return propose(GRANT, _payload(row, wanted), subject=subject_of(row), actor=actor, at=at)


def grant_authority(
    approval: Approval,
    *,
    office_id: int,
    agreement: str,
    profiles: list[str],
    quota: int | None,
    valid_from: str,
    valid_until: str,
    actor: Actor,
    at: datetime,
    **_stated: object,
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction."""
    row = queries.locked(office_id, actor)
    begins, ends = date.fromisoformat(valid_from), date.fromisoformat(valid_until)
    wanted = rules.Authority(agreement, tuple(profiles), quota, begins, ends)
    redeem(approval, GRANT, _payload(row, wanted), actor=actor, at=at)
    _grant(row, wanted, approval.id, actor=actor, at=at)


@transaction.atomic
def install_authority(code: str, wanted: rules.Authority, *, actor: Actor, at: datetime) -> None:
    """At installation, by the system alone: there is nobody yet who could agree.

    Refuses `branches.needs_approval` to people, and an office that has an authority.
    """
    row = queries.locked(queries.office(code).id, actor)
    if actor.person_id is not None:
        raise Refusal(
            Kind.FORBIDDEN, "branches.needs_approval", "two people give authority", cps="1.4.2"
        )
    if row.authorities.exists():
        raise Refusal(
            Kind.CONFLICT, "branches.authorised_already", f"{code} has an authority", cps="1.4.2"
        )
    _grant(row, wanted, None, actor=actor, at=at)


def _grant(
    row: Office, wanted: rules.Authority, approval_id: int | None, *, actor: Actor, at: datetime
) -> None:
    _check(row, wanted, at=at)
    row.authorities.filter(ended_at__isnull=True).update(ended_at=at)
    Authority.objects.create(
        office=row,
        agreement=wanted.agreement,
        profiles=list(wanted.profiles),
        quota=wanted.quota,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        approval_id=approval_id,
        granted_at=at,
    )
    record(GRANT, subject_of(row), actor=actor, at=at, terms=_stated(wanted), approval=approval_id)


def _check(row: Office, wanted: rules.Authority, *, at: datetime) -> None:
    if row.state != rules.State.OPEN:
        raise rules.stopped()
    offered = {profile.code for profile in ca.profiles()}
    rules.check_authority(wanted, row.kind, offered, today=day_of(at))


def _payload(row: Office, wanted: rules.Authority) -> dict[str, object]:
    return {"office_id": row.pk, "office": row.code, **_stated(wanted)}


def _stated(wanted: rules.Authority) -> dict[str, object]:
    return {
        "agreement": wanted.agreement,
        "profiles": list(wanted.profiles),
        "quota": wanted.quota,
        "valid_from": wanted.valid_from.isoformat(),
        "valid_until": wanted.valid_until.isoformat(),
    }
