"""Finding applications within one's own office, opening their dossiers, digesting their content."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from ca.api import Order, Profile, preview, profile
from kmc import api as kmc
from people.api import Role
from pki import requests
from pki.sm.sm3 import sm3
from ra.applicants.hosts import of_server
from ra.applicants.kinds import check_verified, kind_of, subject_of
from ra.applications import rules
from ra.applications.models import Application, Dossier
from ra.applications.procedures import ends
from ra.branches.queries import in_sight, visible_ids

OLD_KEY = "old_key"  # how fields are verified where its signature stands for the documents


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """An opened dossier: what the applicant said, the request (DER; empty: none yet), the same
    signed by the old key (CMS; empty: papers prove who it is), what sources said, what was read
    off documents and what the applicant wrote with corrections (JSON).
    """

    fields: Mapping[str, str]
    salt: str
    request: bytes
    proof: bytes = b""
    lookups: bytes = b""
    readings: bytes = b""
    said: bytes = b""


def unknown(number: object) -> Refusal:
    """The same for what is not there and for what belongs to another office (CPS 1.4.2)."""
    return Refusal(Kind.NOT_FOUND, "applications.unknown", f"no application {number}", cps="1.4.2")


def check_operator(actor: Actor, *, cps: str = "4.3.1") -> None:
    """Refuses `applications.not_an_operator`."""
    if Role.OPERATOR not in actor.roles or actor.person_id is None:
        reason = "an operator does this"
        raise Refusal(Kind.FORBIDDEN, "applications.not_an_operator", reason, cps=cps)


def visible(actor: Actor) -> QuerySet[Application]:
    """Applications of the person's office and the offices below it; business roles only.

    For lists: the planner knows how many rows an office has when it is given the ids.
    """
    rows = _for_business(actor)
    offices = visible_ids(actor)
    return rows if offices is None else rows.filter(office_id__in=offices)


def approvals_seen(approval_ids: Collection[int], actor: Actor) -> int:
    """How many of these approvals are about applications in this person's sight."""
    return visible(actor).filter(approval_id__in=approval_ids).count()


def in_view(actor: Actor) -> QuerySet[Application]:
    """The same for looking up single ones: the office is joined, not asked for before."""
    return _for_business(actor).filter(in_sight(actor)).select_related("office")


def _for_business(actor: Actor) -> QuerySet[Application]:
    if not actor.roles & {Role.OPERATOR, Role.REVIEWER}:
        return Application.objects.none()
    return Application.objects.all()


def by_number(number: str, actor: Actor) -> Application:
    """Refuses `applications.unknown`."""
    row = in_view(actor).filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def locked(application_id: int, actor: Actor) -> Application:
    """The row, locked until the transaction ends. Refuses `applications.unknown`."""
    row = in_view(actor).select_for_update(of=("self",)).filter(pk=application_id).first()
    if row is None:
        raise unknown(application_id)
    return row


def id_of(number: str, actor: Actor) -> int:
    """Refuses `applications.unknown`."""
    return by_number(number, actor).pk


def numbers_told(application_ids: Collection[int]) -> dict[int, str]:
    """The number each one's access code goes with: that of what came in online, or its own."""
    rows = Application.objects.filter(pk__in=application_ids, status_access__isnull=False)
    return dict(rows.values_list("pk", "status_access__number"))


def content(application: Application) -> Content:
    """The opened dossier. Refuses `kmc.data_key_destroyed` once it was shredded."""
    return contents([application])[application.pk]


def contents(applications: Iterable[Application]) -> dict[int, Content]:
    """Opened dossiers by application; `select_related("dossier")` spares a query for each."""
    rows = {application.pk: application for application in applications}
    keys = {pk: row.data_key for pk, row in rows.items()}
    dossiers = [row.dossier for row in rows.values()]
    sealed = [(d, d.identity_context(), bytes(d.identity)) for d in dossiers]
    sealed += [(d, d.request_context(), bytes(d.request)) for d in dossiers if d.request]
    sealed += [(d, d.proof_context(), bytes(d.proof)) for d in dossiers if d.proof]
    sealed += [(d, d.lookups_context(), bytes(d.lookups)) for d in dossiers if d.lookups]
    sealed += [(d, d.readings_context(), bytes(d.readings)) for d in dossiers if d.readings]
    sealed += [(d, d.said_context(), bytes(d.said)) for d in dossiers if d.said]
    opened = kmc.unseal_many([(keys[d.pk], context, blob) for d, context, blob in sealed])
    plain = {(d.pk, context): text for (d, context, _), text in zip(sealed, opened, strict=True)}
    return {d.pk: _content(d, plain) for d in dossiers}


def _content(dossier: Dossier, plain: Mapping[tuple[int, str], bytes]) -> Content:
    identity = json.loads(plain[dossier.pk, dossier.identity_context()])
    request = plain.get((dossier.pk, dossier.request_context()), b"")
    proof = plain.get((dossier.pk, dossier.proof_context()), b"")
    lookups = plain.get((dossier.pk, dossier.lookups_context()), b"")
    readings = plain.get((dossier.pk, dossier.readings_context()), b"")
    said = plain.get((dossier.pk, dossier.said_context()), b"")
    return Content(identity["fields"], identity["salt"], request, proof, lookups, readings, said)


def profile_of(application: Application) -> Profile:
    """The version it was handed in under; before that, the one in force."""
    return profile(application.profile, application.profile_version or None)


def order_of(application: Application, content: Content) -> Order:
    """What the CA is asked for; its public key is empty before there is a request."""
    key = requests.parse(content.request).public_key.spki if content.request else b""
    return Order(
        profile=application.profile,
        subject=subject_of(kind_of(application.profile), content.fields, application.distinguisher),
        public_key=key,
        days=application.days,
        holder=holder_of(application.subscriber_id),
        replaces=application.predecessor_id,
        ends=ends(application.procedure, application.occasion),
        names=of_server(content.fields),
        version=application.profile_version or None,  # what is reviewed is what is issued
    )


def checked_order(application: Application, content: Content) -> Order:
    """What is ordered at last: nothing but verified fields (CPS 3.2.5).

    Refuses `kinds.unverified`.
    """
    fields = content.fields
    check_verified(kind_of(application.profile), fields, verified(application, fields))
    return order_of(application, content)


def verified(application: Application, fields: Mapping[str, str]) -> dict[str, str]:
    """Fields whose very value a document proves that has passed: field -> how it was verified."""
    passed = _verifications(application).filter(result="passed")
    return proved(application, passed.values_list("method", "proves"), fields)


def proved(
    application: Application,
    passed: Iterable[tuple[str, Mapping[str, str]]],
    fields: Mapping[str, str],
) -> dict[str, str]:
    """The same from rows at hand: how, and the marks of the values that were looked at.

    Where the old key has signed, the words are those of the old certificate (CPS 3.3.1).
    """
    if application.signed:
        return dict.fromkeys(kind_of(application.profile).certified, OLD_KEY)
    return {
        code: method
        for method, proves in passed
        for code, mark in proves.items()
        if value_mark(code, fields.get(code, "")).hex() == mark
    }


def value_mark(code: str, value: str) -> bytes:
    """A keyed digest of a field's value, which is not kept beside it."""
    return kmc.blind_index("ra.verified", f"{code}|{value}")


def holder_of(subscriber_id: int | None) -> str:
    """How the CA knows a subscriber."""
    return f"subscriber:{subscriber_id or 'new'}"


def content_digest(application: Application, content: Content, *, at: datetime) -> str:
    """SM3 over everything reviewers decide on, the certificate to be included.

    `at` only dates the preview; the digest does not depend on it.
    """
    accepted = application.agreement_at
    return rules.content_digest(
        {
            "number": application.number,
            "salt": content.salt,
            "profile": application.profile,
            "days": application.days,
            "fields": dict(content.fields),
            "distinguisher": application.distinguisher,
            "documents": documents_of(application),
            "verifications": verifications_of(application),
            "request": sm3(content.request).hex(),
            "succession": [
                application.procedure,
                application.occasion,
                application.predecessor_id,
                sm3(content.proof).hex(),
            ],
            "agreement": [
                application.agreement_version,
                application.agreement_how,
                accepted.timestamp() if accepted else None,
            ],
            "certificate": preview(order_of(application, content), at=at).digest,
        }
    )


def documents_of(application: Application) -> list[list[str]]:
    """Slot and SM3 of every document in hand."""
    kept = application.documents.filter(removed_at__isnull=True).order_by("slot", "pk")
    return [[slot, digest] for slot, digest in kept.values_list("slot", "sm3")]


def copies_of(application: Application) -> list[list[object]]:
    """Slot, id and who accepted it, of every document in hand: the id says where it lies."""
    kept = application.documents.filter(removed_at__isnull=True).order_by("pk")
    return [list(found) for found in kept.values_list("slot", "pk", "accepted_by")]


def verifications_of(application: Application) -> list[list[object]]:
    """How, by whom and when each slot's documents were verified, and with what result."""
    return [
        [
            row.slot,
            row.method,
            row.result,
            row.agreement_id,
            sm3(bytes(row.reference or b"")).hex(),
            row.officer_id,
            row.at.timestamp(),
        ]
        for row in _verifications(application)
    ]


def _verifications(application: Application) -> QuerySet[Any]:
    """A reverse relation: its room stands above this one."""
    rows: QuerySet[Any] = application.verifications.filter(ended_at__isnull=True)
    return rows.order_by("slot")
