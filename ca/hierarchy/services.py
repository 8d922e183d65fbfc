"""Founding certification authorities and their OCSP responders.

Every step looks at what is there already, so founding can be broken off anywhere and run again:
key in the signer -> plan on record -> signature -> certificate on record -> certificate in the
signer.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from audit.log import advance, record, subject_of
from ca.claims.rules import CA_HOLDER
from ca.claims.services import claim_key
from ca.hierarchy import life, queries, rules
from ca.hierarchy.models import CertificateAuthority, IssuerHash, Responder
from ca.keys import services as keys
from pki import certificates, lint, ocsp, publickeys
from pki.certificates import Certificate
from pki.errors import PkiError
from pki.lint import ProfileRules
from pki.publickeys import PublicKey
from pki.signer.protocol import CA_CERTIFICATE, CERTIFICATE, Key

log = logging.getLogger(__name__)
Entropy = Callable[[int], bytes]


def found_demo_hierarchy(*, actor: Actor, at: datetime, entropy: Entropy) -> list[str]:
    """The hierarchy of CPS 7.4 with keys of its own, and the RSA authority; codes, in order.

    Their first revocation lists are rung for at once: certificates say where they are.
    """
    for blueprint in rules.DEMO_HIERARCHY:
        found(blueprint, actor=actor, at=at, entropy=entropy)
    enqueue("ca.issue_due_crls")
    return [blueprint.code for blueprint in rules.DEMO_HIERARCHY]


def found_bench_authority(*, actor: Actor, at: datetime, entropy: Entropy) -> int:
    """The P-256 authority for measurements; its id."""
    return found(rules.BENCH, actor=actor, at=at, entropy=entropy)


def found(blueprint: rules.Blueprint, *, actor: Actor, at: datetime, entropy: Entropy) -> int:
    """The authority's id, whether it was there before or not; without a ceremony.

    Refuses as `certify` does. Raises TokenError when the signer cannot or may not.
    """
    made = certify(blueprint, actor=actor, at=at, entropy=entropy)
    return activate(blueprint, made, actor=actor, at=at, entropy=entropy)


def certify(blueprint: rules.Blueprint, *, actor: Actor, at: datetime, entropy: Entropy) -> bytes:
    """The authority's certificate: that in use, or one signed now over its plan, not yet in use.

    Refuses `hierarchy.needs_ceremony` outside demonstration and test, here and below: keys of a
    real CA are made and put to use by several people in a ceremony (CPS 6.1.1).
    """
    key = _key(blueprint)
    row = CertificateAuthority.objects.filter(code=blueprint.code).first()
    if row is None:
        public = publickeys.parse(key.public_key)
        since = min(key.created_at, at)  # founding may be dated back
        row = _plan(blueprint, public, since, actor=actor, at=at, entropy=entropy)
    if row.certificate is not None:
        return bytes(row.certificate)
    if row.parent is not None:
        life.check_goes_on(queries.issuer_of(row.parent))
    signer = row.parent or row
    tbs = bytes(row.tbs)
    signature = keys.sign_one(signer.key_label, CA_CERTIFICATE, tbs, ceremony=blueprint.ceremony)
    made = certificates.assemble(bytes(row.tbs), signature)
    _check_signed(row, certificates.parse(made))
    return made


def activate(
    blueprint: rules.Blueprint, made: bytes, *, actor: Actor, at: datetime, entropy: Entropy
) -> int:
    """Put to use what `certify` has made; the authority's id, also when it is active already.

    Refuses `hierarchy.there`: the plan, or the certificate in use, is another.
    """
    key, row = _key(blueprint), CertificateAuthority.objects.get(code=blueprint.code)
    certificate = certificates.parse(made)
    if row.state == rules.State.PLANNED and certificate.tbs == bytes(row.tbs):
        _activate(row, certificate, actor=actor, at=at)
    if bytes(row.certificate or b"") != made:
        raise Refusal(Kind.CONFLICT, "hierarchy.there", f"{row.code} is there", code=row.code)
    keys.ensure_certificate(key, made, ceremony=blueprint.ceremony)
    if blueprint.has_responder:
        _found_responder(row, blueprint, actor=actor, at=at, entropy=entropy)
    return row.pk


def enter(
    blueprint: rules.Blueprint,
    certificate: Certificate,
    issuer: Certificate,
    *,
    actor: Actor,
    at: datetime,
    entropy: Entropy,
) -> int:
    """An authority whose certificate a CA elsewhere has signed; its id, also when it is there.

    The caller has checked the certificate. Refuses `hierarchy.there`: the code is another's.
    """
    key = _key(blueprint)
    row = CertificateAuthority.objects.filter(code=blueprint.code).first()
    if row is None:
        since = min(key.created_at, at)
        row = _entered(blueprint, certificate, issuer, since, actor=actor, at=at)
    if bytes(row.certificate or b"") != certificate.der:
        raise Refusal(Kind.CONFLICT, "hierarchy.there", f"{row.code} is there", code=row.code)
    keys.ensure_certificate(key, certificate.der, ceremony=blueprint.ceremony)
    if blueprint.has_responder:
        _found_responder(row, blueprint, actor=actor, at=at, entropy=entropy)
    return row.pk


def _key(blueprint: rules.Blueprint) -> Key:
    """That of the signer; made now if it is not there."""
    if settings.PRODUCTION and not blueprint.ceremony:
        raise Refusal(
            Kind.FORBIDDEN,
            "hierarchy.needs_ceremony",
            "CA keys are made and put to use in a ceremony",
            cps="6.1.1",
        )
    code, algorithm = blueprint.code, blueprint.key_algorithm
    return keys.ensure_key(code, algorithm, blueprint.kinds, ceremony=blueprint.ceremony)


@transaction.atomic
def _entered(
    blueprint: rules.Blueprint,
    certificate: Certificate,
    issuer: Certificate,
    key_since: datetime,
    *,
    actor: Actor,
    at: datetime,
) -> CertificateAuthority:
    public = certificate.public_key
    lineage, generation = queries.place_of(certificate.subject, blueprint.code)
    claim_key(public.fingerprint, holder=f"{CA_HOLDER}{blueprint.code}", at=at)
    row = CertificateAuthority.objects.create(
        state=rules.State.PLANNED,
        code=blueprint.code,
        lineage=lineage,
        generation=generation,
        subject=certificate.subject.text,
        key_label=blueprint.code,
        key_algorithm=public.algorithm,
        key_fingerprint=public.fingerprint,
        demo=blueprint.demo,
        tbs=certificate.tbs,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        planned_at=at,
        key_since=key_since,
    )
    record("ca.plan_authority", subject_of(row), actor=actor, at=at, code=row.code, demo=row.demo)
    certificates.verify(certificate, issuer, at=None)
    _settle(row, certificate, actor=actor, at=at)
    return row


@transaction.atomic
def _plan(
    blueprint: rules.Blueprint,
    key: PublicKey,
    key_since: datetime,
    *,
    actor: Actor,
    at: datetime,
    entropy: Entropy,
) -> CertificateAuthority:
    rules.check_term(blueprint.years, blueprint.longest(key))
    parent = CertificateAuthority.objects.get(code=blueprint.parent) if blueprint.parent else None
    issuer = queries.issuer_of(parent) if parent else None
    if issuer:
        life.check_goes_on(issuer)
    serial = certificates.serial_from(entropy(certificates.MIN_SERIAL_OCTETS))
    plan = rules.authority_plan(blueprint, issuer, key, serial=serial, at=at)
    tbs = certificates.encode(plan)
    kind = "ca" if issuer else "root"
    lint.check_certificate_tbs(
        tbs, issuer=issuer.certificate if issuer else None, profile_rules=ProfileRules(kind)
    )
    claim_key(key.fingerprint, holder=f"{CA_HOLDER}{blueprint.code}", at=at)
    row = CertificateAuthority.objects.create(
        state=rules.State.PLANNED,
        code=blueprint.code,
        lineage=blueprint.lineage or blueprint.code,
        generation=blueprint.generation,
        subject=plan.subject.text,
        key_label=blueprint.code,
        key_algorithm=key.algorithm,
        key_fingerprint=key.fingerprint,
        parent=parent,
        demo=blueprint.demo,
        tbs=tbs,
        not_before=plan.not_before,
        not_after=plan.not_after,
        planned_at=at,
        key_since=key_since,
    )
    record("ca.plan_authority", subject_of(row), actor=actor, at=at, code=row.code, demo=row.demo)
    return row


@transaction.atomic
def _activate(
    row: CertificateAuthority, certificate: Certificate, *, actor: Actor, at: datetime
) -> None:
    """Refuses `hierarchy.stopped`: whoever vouches for it issues nothing by now."""
    for issuer in queries.vouching(row):
        life.check_goes_on(issuer)
    _check_signed(row, certificate)
    _settle(row, certificate, actor=actor, at=at)


def _check_signed(row: CertificateAuthority, certificate: Certificate) -> None:
    issuer = queries.issuer_of(row.parent).certificate if row.parent else certificate
    certificates.verify(certificate, issuer, at=None)


def _settle(
    row: CertificateAuthority, certificate: Certificate, *, actor: Actor, at: datetime
) -> None:
    row.certificate, row.active_at = certificate.der, at
    row.save(update_fields=["certificate", "active_at"])
    for name in rules.HASHES:
        named = ocsp.cert_id_for(certificate, 1, name)
        IssuerHash.objects.create(
            ca=row,
            algorithm=name,
            name_hash=named.issuer_name_hash.hex(),
            key_hash=named.issuer_key_hash.hex(),
        )
    advance(row, "activate", actor=actor, at=at, sm3=certificate.fingerprint_sm3)


def _found_responder(
    ca: CertificateAuthority,
    blueprint: rules.Blueprint,
    *,
    actor: Actor,
    at: datetime,
    entropy: Entropy,
) -> None:
    label, ceremony = rules.responder_label(ca.code), blueprint.ceremony
    algorithm, kinds = blueprint.key_algorithm, rules.RESPONDER_KINDS
    key = keys.ensure_key(label, algorithm, kinds, ceremony=ceremony)
    row = Responder.objects.filter(ca=ca).order_by("pk").first()  # the signer was told of the first
    if row is None:
        public = publickeys.parse(key.public_key)
        with transaction.atomic():
            claim_key(public.fingerprint, holder=f"{CA_HOLDER}{label}", at=at)
            row = _plan_responder(ca, label, public, actor=actor, at=at, entropy=entropy)
    if row.certificate is None:
        _sign_responder(row, actor=actor, at=at)
    keys.ensure_certificate(key, bytes(row.certificate or b""), ceremony=ceremony)


def renew_responders(*, at: datetime, entropy: Entropy) -> int:
    """Certify responders' keys again before their certificates end; how many.

    The key and the name stay, so the signer need not be told. Old answers carry the old
    certificate, which goes on until its own end.
    """
    renewed = 0
    for ca_id in queries.responders_due(at):
        row = _plan_renewal(ca_id, at=at, entropy=entropy)
        if row is None:
            continue
        try:
            _sign_responder(row, actor=SYSTEM, at=at)
            renewed += 1
        except PkiError as error:  # the plan stays; the next run signs it
            log.error("%s: responder not renewed: %s", row.ca.code, error)  # noqa: TRY400
    return renewed


@transaction.atomic
def _plan_renewal(ca_id: int, *, at: datetime, entropy: Entropy) -> Responder | None:
    """What is planned already, or a plan now; None when somebody else was faster."""
    ca = CertificateAuthority.objects.select_for_update().get(pk=ca_id)
    planned = Responder.objects.filter(ca=ca, certificate__isnull=True).first()
    if planned is not None:
        return planned
    if ca_id not in queries.responders_due(at):
        return None
    last = Responder.objects.filter(ca=ca).order_by("-pk")[0]
    key = queries.parsed(bytes(last.certificate or b"")).public_key
    return _plan_responder(ca, last.key_label, key, actor=SYSTEM, at=at, entropy=entropy)


def _sign_responder(row: Responder, *, actor: Actor, at: datetime) -> None:
    signature = keys.sign_one(row.ca.key_label, CERTIFICATE, bytes(row.tbs))
    _settle_responder(row, signature, actor=actor, at=at)


@transaction.atomic
def _plan_responder(
    ca: CertificateAuthority,
    label: str,
    key: PublicKey,
    *,
    actor: Actor,
    at: datetime,
    entropy: Entropy,
) -> Responder:
    issuer = queries.issuer_of(ca)
    serial = certificates.serial_from(entropy(certificates.MIN_SERIAL_OCTETS))
    plan = rules.responder_plan(issuer, key, serial=serial, at=at)
    tbs = certificates.encode(plan)
    lint.check_certificate_tbs(tbs, issuer=issuer.certificate, profile_rules=ProfileRules("ocsp"))
    row = Responder.objects.create(
        ca=ca,
        key_label=label,
        key_fingerprint=key.fingerprint,
        tbs=tbs,
        not_after=plan.not_after,
        planned_at=at,
    )
    record("ca.plan_responder", subject_of(ca), actor=actor, at=at, key=label)
    return row


@transaction.atomic
def _settle_responder(row: Responder, signature: bytes, *, actor: Actor, at: datetime) -> None:
    der = certificates.assemble(bytes(row.tbs), signature)
    certificate = certificates.parse(der)
    certificates.verify(certificate, queries.issuer_of(row.ca).certificate)
    unsigned = Responder.objects.filter(pk=row.pk, certificate__isnull=True)
    if not unsigned.update(certificate=der):
        return  # two workers signed the same plan: one certificate counts
    row.certificate = der
    record(
        "ca.activate_responder",
        subject_of(row.ca),
        actor=actor,
        at=at,
        sm3=certificate.fingerprint_sm3,
    )
