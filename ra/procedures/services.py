"""Beginning an application in a certificate's place (CPS 4.6 to 4.8): a draft from the old file."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusals
from anxin.kernel.rows import guarded
from audit.log import record
from ca import api as ca
from kmc import api as kmc
from pki.sm.sm3 import sm3
from ra.applications import procedures
from ra.applications import queries as applications
from ra.applications.models import Application, Dossier
from ra.applications.procedures import Way
from ra.applications.rules import Channel, State
from ra.intake import services as intake
from ra.intake.services import Draft
from ra.procedures import queries


@transaction.atomic
def begin(
    certificate_id: int, procedure: str, *, occasion: str, actor: Actor, at: datetime
) -> Draft:
    """A draft with the old dossier's words, under a data key of its own.

    From here on it is an application like any other. Refuses (Refusals) `procedures.*`,
    `succession.*`, `key.too_old`; `applications.not_an_operator`, `applications.unknown`.
    """
    way = procedures.way_of(procedure, occasion)
    return _begin(certificate_id, way, "", channel=Channel.COUNTER, actor=actor, at=at)


@transaction.atomic
def begin_signed(
    data: bytes,
    *,
    occasion: str,
    channel: Channel = Channel.COUNTER,
    received_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> Draft:
    """The same from a request that the old key has signed (CPS 3.3.1): CMS, PEM or DER.

    A request for the old key is a renewal, one for a new key a re-key. The signature stands for
    the documents; `received_at`: it came in online, before now. Refuses as `begin` does, `cms.*`,
    `procedures.counter_only`, `signed_when`, `signed_twice`, and `certificate.unknown` when we
    never issued the signer's certificate.
    """
    signed = queries.signed_request(data)
    before = queries.signer(signed)
    way = procedures.way_of(queries.procedure_of(signed, before), occasion)
    procedures.check_signed(way, signed.signed_at, at=received_at or at)
    # Over what was signed: around it anybody may wrap something else, and it stays the same
    proof = sm3(signed.attributes).hex()
    draft = _begin(before.id, way, proof, channel=channel, actor=actor, at=at)
    dossier = Dossier.objects.select_related("application").get(pk=draft.id)
    key = dossier.application.data_key
    dossier.proof = kmc.seal(key, dossier.proof_context(), signed.der)
    dossier.save(update_fields=["proof"])
    intake.attach_request(draft.id, signed.content, actor=actor, at=at)
    return draft


def _begin(
    certificate_id: int,
    way: Way,
    proof_digest: str,
    *,
    channel: Channel,
    actor: Actor,
    at: datetime,
) -> Draft:
    old = queries.predecessor(certificate_id, actor)
    certificate = ca.certificate(certificate_id)
    found = queries.hindrances(old, certificate, way, at=at)
    if found:
        raise Refusals(found)
    content = applications.content(old)
    office = "" if actor.office else old.office.code
    years = queries.term(old, certificate, way, at=at)
    draft = intake.open_draft(
        old.profile, years=years, office=office, channel=channel, actor=actor, at=at
    )
    _bind(draft, certificate_id, way, proof_digest)
    words = dict(content.fields)
    intake.save_draft(draft.id, words, distinguisher=old.distinguisher, actor=actor, at=at)
    if way.keeps_key is not False and not proof_digest:
        intake.attach_request(draft.id, content.request, actor=actor, at=at)
    record(
        "ra.begin_procedure",
        f"ra.application:{old.pk}",
        actor=actor,
        at=at,
        procedure=way.procedure,
        occasion=way.occasion,
        certificate=certificate_id,
        new=draft.number,
        signed=bool(proof_digest),
    )
    return draft


def _bind(draft: Draft, certificate_id: int, way: Way, proof_digest: str) -> None:
    """Of two who begin at once, or bring the same signature, the table keeps one."""
    once = guarded(procedures.signed_twice(), by="a_signed_request_is_used_once")
    with guarded(procedures.begun_already(), by="one_successor_under_way"), once:
        Application.objects.filter(pk=draft.id, state=State.DRAFT).update(
            procedure=way.procedure,
            occasion=way.occasion,
            predecessor_id=certificate_id,
            proof_digest=proof_digest,
        )
