"""Acts about an authority's place and life: one below another, a new key for the same name
(CPS 5.6, 7.4). As in `acts`, each can be broken off anywhere and done again.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from anxin.kernel import canonical
from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from ca.ceremonies import queries, rules
from ca.ceremonies.jobs import Job, blueprint_of, check_made_here
from ca.hierarchy import linking, standing
from ca.hierarchy import queries as hierarchy
from ca.hierarchy import rules as founding
from ca.hierarchy import services as authorities
from ca.hierarchy.linking import Wished
from ca.hierarchy.rules import RESPONDER_KINDS, Issuer
from ca.hierarchy.standing import Wish
from ca.keys import services as keys
from ca.profiles.rules import Bearer
from pki import certificates, lint, names, publickeys
from pki.certificates import Certificate
from pki.lint import ProfileRules
from pki.signer.protocol import CA_CERTIFICATE


def check(said: Mapping[str, Any], *, at: datetime) -> None:
    """Whether such an authority may be made now: when it is drafted, and again when it is made.

    Refuses as `ca.hierarchy.standing` does, and (CONFLICT) `hierarchy.not_newest`.
    """
    if said["kind"] not in rules.CERTIFIED_HERE:
        return
    plan = said["plan"]
    superior = hierarchy.issuer_by_code(plan["superior"]) if plan.get("superior") else None
    wish = _wish(said)
    if said["kind"] == rules.ROLLOVER:
        _check_follows(plan["succeeds"], superior, at=at)
    elif said["drill"] == "no":
        standing.check_name_free(wish.subject, hierarchy.names_taken(besides=said["key"]))
    if superior is None:
        founding.check_term(wish.years, standing.longest(wish, Bearer.ROOT))
    else:
        standing.check_below(wish, superior, at=at)


def _wish(said: Mapping[str, Any]) -> Wish:
    plan = said["plan"]
    subject = names.build([(word, plan[word]) for word in ("C", "O", "CN")])
    length = rules.path_length_of(plan)
    return Wish(subject, said["algorithm"].partition("-")[0], int(plan["years"]), length)


def _check_follows(code: str, superior: Issuer | None, *, at: datetime) -> None:
    present = hierarchy.present(code)
    if present.newest != code:
        raise Refusal(
            Kind.CONFLICT,
            "hierarchy.not_newest",
            f"{present.newest} is newer than {code}",
            cps="5.6",
            field="succeeds",
            code=present.newest,
        )
    standing.check_follows(
        present.issuer,
        self_signed=present.self_signed,
        has_superior=superior is not None,
        since=present.key_since,
        at=at,
    )


def make_responder(job: Job) -> bytes:
    """The public key (SPKI) of the key that will answer OCSP requests for the authority."""
    label = queries.responder_of(job.label, drill=job.drill)
    algorithm = job.said["algorithm"]
    key = keys.ensure_key(label, algorithm, RESPONDER_KINDS, ceremony=job.number)
    check_made_here(key, job, RESPONDER_KINDS)
    return key.public_key


def certify(job: Job) -> bytes:
    """The certificate of the new key: a root's own, or by its superior. Of a drill no plan stays.

    In a drill no other key signs anything: all is checked, and the certificate is self-signed.
    """
    check(job.said, at=job.at)
    if job.drill:
        return _rehearsed(job)
    blueprint = blueprint_of(job)
    return authorities.certify(blueprint, actor=SYSTEM, at=job.at, entropy=job.entropy)


def _rehearsed(job: Job) -> bytes:
    blueprint = replace(blueprint_of(job), parent=None)
    algorithm = blueprint.key_algorithm
    made_before = keys.ensure_key(job.label, algorithm, (), ceremony=job.number)
    key = publickeys.parse(made_before.public_key)
    founding.check_term(blueprint.years, blueprint.longest(key))
    serial = certificates.serial_from(job.entropy(certificates.MIN_SERIAL_OCTETS))
    plan = founding.authority_plan(blueprint, None, key, serial=serial, at=job.at)
    tbs = certificates.encode(plan)
    lint.check_certificate_tbs(tbs, issuer=None, profile_rules=ProfileRules("root"))
    signature = keys.sign_one(job.label, CA_CERTIFICATE, tbs, ceremony=job.number)
    made = certificates.assemble(tbs, signature)
    parsed = certificates.parse(made)
    certificates.verify(parsed, parsed, job.at)
    return made


def found(job: Job, made: bytes) -> None:
    """The authority that `certify` has planned is active, and its first list rung for."""
    blueprint = blueprint_of(job)
    authorities.activate(blueprint, made, actor=SYSTEM, at=job.at, entropy=job.entropy)
    enqueue("ca.issue_due_crls")


def link(job: Job) -> bytes:
    """OldWithNew and NewWithOld. In a drill the old key signs nothing; it is the new one's own."""
    made = _made(job, "succeed")
    if job.drill:
        return made.der
    wish = Wished(job.said["plan"]["succeeds"], job.label, job.number)
    return linking.sign(wish, made, actor=SYSTEM, at=job.at, entropy=job.entropy)


def hand_over(job: Job) -> bytes:
    """What is about to begin: which certificate issues from now on, and which one ends."""
    plan = job.said["plan"]
    made = _made(job, "succeed")
    old = hierarchy.issuer_by_code(plan["succeeds"])
    return canonical.encode(
        {
            "begins": job.label,
            "begins_sm3": made.fingerprint_sm3,
            "ends": old.code,
            "ends_sm3": old.certificate.fingerprint_sm3,
        }
    )


def begin(job: Job, _said: bytes) -> None:
    """The new key issues, the old one signs lists until its last certificate has ended."""
    found(job, _made(job, "succeed").der)
    if not job.said["plan"]["superior"]:
        pair = queries.result(job.number, "link")
        linking.keep(job.label, pair, actor=SYSTEM, at=job.at)


def _made(job: Job, code: str) -> Certificate:
    """What an earlier step of this ceremony has made, as everybody attested it."""
    return certificates.parse(queries.result(job.number, code))


ACTS: dict[str, Callable[[Job], bytes]] = {
    "make_responder": make_responder,
    "certify": certify,
    "follow": certify,  # not in use before `hand_over`
    "link": link,
    "hand_over": hand_over,
}
LIVE: dict[str, Callable[[Job, bytes], None]] = {"certify": found, "hand_over": begin}
