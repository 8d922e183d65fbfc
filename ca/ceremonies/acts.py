"""What the steps of ceremonies do with the signer. Each can be broken off anywhere and done again:
what is there already is found.
"""

from collections.abc import Callable

from anxin.kernel import canonical
from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from ca.ceremonies import authorities, devices, importing, rules
from ca.ceremonies.jobs import Job, blueprint_of, check_made_here
from ca.hierarchy import services as hierarchy
from ca.keys import services as keys
from pki import certificates, names, publickeys, requests, signatures
from pki.certificates import Certificate
from pki.signer.offers import CEREMONY
from pki.signer.protocol import REQUEST, Header


def look(job: Job) -> bytes:
    """The device as it reports itself."""
    health = keys.health()
    check_active(job, health)
    return canonical.encode({name: health[name] for name in ("custody", "device", "started_at")})


def check_active(job: Job, health: Header) -> None:
    """What the signer says before every act: its custodians have agreed to this ceremony.

    Refuses `ceremonies.device_locked`, `not_for_ceremony` and `other_ceremony`. What the signer
    does in ceremonies alone it refuses by itself for another one.
    """
    if not health["unlocked"]:
        raise Refusal(
            Kind.NOT_READY, "ceremonies.device_locked", "the signer is sealed", cps="6.2.8"
        )
    purpose, named = health["activation"]["purpose"], health["activation"]["ceremony"]
    if purpose != CEREMONY:
        raise Refusal(
            Kind.NOT_READY,
            "ceremonies.not_for_ceremony",
            f"it is activated for {purpose}",
            cps="6.2.8",
        )
    if named != job.number:
        raise Refusal(
            Kind.NOT_READY,
            "ceremonies.other_ceremony",
            f"it is activated for {named}",
            cps="6.2.8",
            number=named or "—",
        )


def make_key(job: Job) -> bytes:
    """The public key (SPKI). Refuses `ceremonies.key_there`: made before this ceremony."""
    kinds = rules.kinds_of(job.said)
    key = keys.ensure_key(job.label, job.said["algorithm"], kinds, ceremony=job.number)
    check_made_here(key, job, kinds)
    return key.public_key


def request(job: Job) -> bytes:
    """A request for a certificate of the key, signed by it. Refuses `ceremonies.no_key`."""
    key = keys.key_of(job.label)
    if key is None and job.drill:
        kinds = rules.kinds_of(job.said)
        key = keys.ensure_key(job.label, job.said["algorithm"], kinds, ceremony=job.number)
    if key is None or REQUEST not in key.kinds:
        raise Refusal(
            Kind.NOT_READY, "ceremonies.no_key", f"no key {job.label}", cps="6.1.1", label=job.label
        )
    public = publickeys.parse(key.public_key)
    body = requests.encode_body(_subject(job), public)
    signature = keys.sign_one(job.label, REQUEST, body, ceremony=job.number)
    made = requests.assemble(body, signatures.default_algorithm(public.algorithm), signature)
    requests.verify(requests.parse(made))
    return made


def enter(job: Job) -> bytes:
    """The certificate that an external root has signed, checked."""
    plan = job.said["plan"]
    certificate = importing.read(job.given.encode())
    issuer = _issuer(job)
    wish, path_length = bytes.fromhex(plan["request"]), int(plan["path_length"])
    importing.check(certificate, issuer, wish, path_length, at=job.at)
    key = keys.key_of(job.label)
    if key is None or key.public_key != certificate.public_key.spki:
        raise Refusal(
            Kind.NOT_READY, "ceremonies.no_key", f"no key {job.label}", cps="6.1.1", label=job.label
        )
    importing.check_age(certificate, key.created_at)
    return certificate.der


def take_in(job: Job, made: bytes) -> None:
    """The authority of a certificate from elsewhere is active, and its first list rung for."""
    certificate = certificates.parse(made)
    issuer, blueprint = _issuer(job), blueprint_of(job)
    hierarchy.enter(blueprint, certificate, issuer, actor=SYSTEM, at=job.at, entropy=job.entropy)
    enqueue("ca.issue_due_crls")


ACTS: dict[str, Callable[[Job], bytes]] = {
    "look": look,
    "make_key": make_key,
    "request": request,
    "enter": enter,
    **devices.ACTS,
    **authorities.ACTS,
}
# What is done with what a step made, once everybody has attested it; not in drills
LIVE: dict[str, Callable[[Job, bytes], None]] = {"enter": take_in, **authorities.LIVE}


def _issuer(job: Job) -> Certificate:
    return importing.read_issuer(bytes.fromhex(job.said["plan"]["issuer"]))


def _subject(job: Job) -> names.Name:
    plan = job.said["plan"]
    return names.build([(word, plan[word]) for word in ("C", "O", "CN")])
