"""What the steps of ceremonies do with the signer. Each can be broken off anywhere and done again:
what is there already is found.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from anxin.kernel import canonical
from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from ca.ceremonies import importing, rules
from ca.hierarchy import rules as hierarchy
from ca.hierarchy import services as authorities
from ca.hierarchy.queries import certificate_of
from ca.keys import services as keys
from pki import certificates, lint, names, publickeys, requests, signatures
from pki.lint import ProfileRules
from pki.signer.protocol import CA_CERTIFICATE, REQUEST, Key

CEREMONY = "ceremony"  # a purpose of activation, docs/decisions/0013
Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Job:
    """One act: the script, what the host handed in, since when the ceremony is open."""

    said: Mapping[str, Any]
    given: str
    since: datetime
    at: datetime
    entropy: Entropy

    @property
    def label(self) -> str:
        return str(self.said["key"])

    @property
    def drill(self) -> bool:
        return bool(self.said["drill"] == "yes")


def look(job: Job) -> bytes:
    """The device as it reports itself.

    Refuses `ceremonies.device_locked`, `not_for_ceremony` and `other_ceremony`: its custodians
    agreed to other work.
    """
    health = keys.health()
    if not health.get("unlocked"):
        raise Refusal(
            Kind.NOT_READY, "ceremonies.device_locked", "the signer is sealed", cps="6.2.8"
        )
    activation = health.get("activation") or {}
    purpose, named = activation.get("purpose", CEREMONY), activation.get("ceremony", "")
    if purpose != CEREMONY:
        raise Refusal(
            Kind.NOT_READY,
            "ceremonies.not_for_ceremony",
            f"it is activated for {purpose}",
            cps="6.2.8",
        )
    if named not in {"", job.said["number"]}:
        raise Refusal(
            Kind.NOT_READY,
            "ceremonies.other_ceremony",
            f"it is activated for {named}",
            cps="6.2.8",
            number=named,
        )
    return canonical.encode({"custody": health["custody"], "started_at": health["started_at"]})


def make_key(job: Job) -> bytes:
    """The public key (SPKI). Refuses `ceremonies.key_there`: made before this ceremony."""
    key = keys.ensure_key(job.label, job.said["algorithm"], rules.kinds_of(job.said))
    _check_made_here(key, job)
    return key.public_key


def request(job: Job) -> bytes:
    """A request for a certificate of the key, signed by it. Refuses `ceremonies.no_key`."""
    key = keys.key_of(job.label)
    if key is None and job.drill:
        key = keys.ensure_key(job.label, job.said["algorithm"], rules.kinds_of(job.said))
    if key is None or REQUEST not in key.kinds:
        raise Refusal(
            Kind.NOT_READY, "ceremonies.no_key", f"no key {job.label}", cps="6.1.1", label=job.label
        )
    public = publickeys.parse(key.public_key)
    body = requests.encode_body(_subject(job), public)
    signature = keys.sign_one(job.label, REQUEST, body)
    made = requests.assemble(body, signatures.default_algorithm(public.algorithm), signature)
    requests.verify(requests.parse(made))
    return made


def certify(job: Job) -> bytes:
    """The self-signed certificate of a root; of a drill it goes no further."""
    blueprint = _blueprint(job)
    if not job.drill:
        authorities.establish(blueprint, actor=SYSTEM, at=job.at, entropy=job.entropy)
        enqueue("ca.issue_due_crls")
        return certificate_of(blueprint.code)
    key = publickeys.parse(keys.ensure_key(job.label, blueprint.key_algorithm, ()).public_key)
    hierarchy.check_term(blueprint, key)
    serial = certificates.serial_from(job.entropy(certificates.MIN_SERIAL_OCTETS))
    plan = hierarchy.authority_plan(blueprint, None, key, serial=serial, at=job.at)
    tbs = certificates.encode(plan)
    lint.check_certificate_tbs(tbs, issuer=None, profile_rules=ProfileRules("root"))
    made = certificates.assemble(tbs, keys.sign_one(job.label, CA_CERTIFICATE, tbs))
    parsed = certificates.parse(made)
    certificates.verify(parsed, parsed, job.at)
    return made


def enter(job: Job) -> bytes:
    """The certificate that an external root has signed; of a drill it is checked and no more."""
    plan = job.said["plan"]
    certificate = importing.read(job.given.encode())
    issuer = importing.read_issuer(bytes.fromhex(plan["issuer"]))
    wish, path_length = bytes.fromhex(plan["request"]), int(plan["path_length"])
    importing.check(certificate, issuer, wish, path_length, at=job.at)
    key = keys.key_of(job.label)
    if key is None or key.public_key != certificate.public_key.spki:
        raise Refusal(
            Kind.NOT_READY, "ceremonies.no_key", f"no key {job.label}", cps="6.1.1", label=job.label
        )
    if not job.drill:
        blueprint = _blueprint(job)
        authorities.enter(blueprint, certificate, issuer, actor=SYSTEM, at=job.at)
        enqueue("ca.issue_due_crls")
    return certificate.der


ACTS: dict[str, Callable[[Job], bytes]] = {
    "look": look,
    "make_key": make_key,
    "request": request,
    "certify": certify,
    "enter": enter,
}


def _check_made_here(key: Key, job: Job) -> None:
    wanted = (job.said["algorithm"], rules.kinds_of(job.said))
    if key.created_at < job.since or (key.algorithm, tuple(key.kinds)) != wanted:
        raise Refusal(
            Kind.CONFLICT,
            "ceremonies.key_there",
            f"{job.label} was made before",
            cps="6.1.1",
            label=job.label,
        )


def _subject(job: Job) -> names.Name:
    plan = job.said["plan"]
    return names.build([(word, plan[word]) for word in ("C", "O", "CN")])


def _blueprint(job: Job) -> hierarchy.Blueprint:
    plan = job.said["plan"]
    return hierarchy.Blueprint(
        code=job.label,
        name=tuple((word, plan[word]) for word in ("C", "O", "CN") if word in plan),
        key_algorithm=job.said["algorithm"],
        parent=None,
        years=int(plan.get("years", "0")),
        path_length=int(plan["path_length"]),
        kinds=rules.kinds_of(job.said),
        demo=not settings.PRODUCTION,
    )
