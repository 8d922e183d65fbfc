"""What was verified about an application's documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, OuterRef, TextField, Value
from django.db.models.functions import JSONObject

from anxin.kernel.errors import Refusal
from kmc import api as kmc
from ra.agreements.models import CaAgreement
from ra.applicants.kinds import check_verified, kind_of
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.verifications.models import Verification
from ra.verifications.rules import Result, Verified, failed, missing


@dataclass(frozen=True, slots=True, repr=False)
class VerificationView:
    """`agreement` is its number, of a document another CA has verified."""

    slot: str
    method: str
    result: str
    reference: str
    agreement: str
    officer: str
    at: datetime


def current(application_id: int) -> list[Verification]:
    """What counts now, by slot; one query."""
    rows = Verification.objects.filter(application_id=application_id, ended_at__isnull=True)
    return list(rows.select_related("agreement").order_by("pk"))


def attached() -> ArraySubquery:
    """`current` for an application's row, in the query that fetches it; read by `detached`."""
    rows = Verification.objects.filter(application=OuterRef("pk"), ended_at__isnull=True)
    columns = {name: name for name in ("slot", "method", "result", "proves", "officer_id", "at")}
    sealed = Func("reference", Value("hex"), function="encode", output_field=TextField())
    told = JSONObject(**columns, reference=sealed, agreement="agreement__number")
    return ArraySubquery(rows.order_by("pk").values(told=told))


def detached(application: Application, told: Iterable[dict[str, Any]]) -> list[Verification]:
    """What `attached` brought, as rows that are only read."""
    return [
        Verification(
            application=application,
            slot=one["slot"],
            method=one["method"],
            result=one["result"],
            proves=one["proves"],
            officer_id=one["officer_id"],
            at=datetime.fromisoformat(one["at"]),
            reference=bytes.fromhex(one["reference"]) if one["reference"] else None,
            agreement=CaAgreement(number=one["agreement"]) if one["agreement"] else None,
        )
        for one in told
    ]


def found(rows: Sequence[Verification]) -> list[Verified]:
    """For the rules, which do not look at references."""
    return [Verified(row.slot, row.method, row.result) for row in rows]


def left(application_id: int, slots: Iterable[str]) -> list[Refusal]:
    """Which of these documents nobody has verified yet."""
    return missing(slots, {row.slot for row in current(application_id)})


def changed(application: Application, fields: Mapping[str, str]) -> list[Refusal]:
    """What of the certificate was verified with another value, or with none, at the counter.

    What failed is handed in all the same: reviewers reject it and say why (CPS 4.2.2).
    """
    rows = current(application.pk)
    return [] if failed(found(rows)) else unverified(application, fields, rows)


def reference(row: Verification) -> str:
    if not row.reference:
        return ""
    key = row.application.data_key
    return kmc.unseal(key, row.context(), bytes(row.reference)).decode()


def verified(
    application: Application, rows: Iterable[Verification], fields: Mapping[str, str]
) -> dict[str, str]:
    """Fields that these rows prove: field -> how it was verified."""
    passed = [(row.method, row.proves) for row in rows if row.result == Result.PASSED]
    return applications.proved(application, passed, fields)


def unverified(
    application: Application, fields: Mapping[str, str], rows: Sequence[Verification]
) -> list[Refusal]:
    """Why nothing may be issued on these documents; empty: nothing is in the way."""
    wrong = failed(found(rows))
    try:
        proved = verified(application, rows, fields)
        check_verified(kind_of(application.profile), fields, proved)
    except Refusal as refusal:
        wrong.append(refusal)
    return wrong


def views(
    application: Application, rows: Sequence[Verification], names: Mapping[int, str]
) -> tuple[VerificationView, ...]:
    """For a page that knows the officers' names; one query, none without references."""
    sealed = [row for row in rows if row.reference]
    key = application.data_key
    plain = kmc.unseal_many([(key, row.context(), bytes(row.reference or b"")) for row in sealed])
    said = {row.slot: text.decode() for row, text in zip(sealed, plain, strict=True)}
    return tuple(
        VerificationView(
            row.slot,
            row.method,
            row.result,
            said.get(row.slot, ""),
            row.agreement.number if row.agreement else "",
            names.get(row.officer_id, ""),
            row.at,
        )
        for row in rows
    )
