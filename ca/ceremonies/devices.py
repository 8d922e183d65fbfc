"""What ceremonies do with keys and devices besides making and certifying (CPS 6.2.3 to 6.2.10).

The signer does it and finds what is done already; here it is checked, written down, and put into
words for the record. No result holds a wrapped key: a key is not escrowed (CPS 6.2.3).
"""

from collections.abc import Callable
from datetime import datetime

from anxin.kernel import canonical
from anxin.kernel.errors import Kind, Refusal
from ca.ceremonies import queries
from ca.ceremonies.jobs import Job
from ca.keeping import rules
from ca.keeping import services as keeping
from ca.keys import services as keys
from pki import publickeys, signatures
from pki.errors import PkiError


def initialise(job: Job) -> bytes:
    """The self-test of the second device, now in use. Refuses `keeping.device_failed`."""
    report = keys.initialise(job.number)
    if not report["passed"]:
        failed = [one["name"] for one in report["checks"] if one["outcome"] == "failed"]
        reason = ", ".join(failed)
        raise Refusal(Kind.NOT_READY, "keeping.device_failed", reason, cps="6.2.11", checks=reason)
    return canonical.encode(report)


def back_up(job: Job) -> bytes:
    """Digest and check value of the wrapped copy, and which device can open it."""
    _check(job)
    made = keys.back_up(job.number, job.label)
    keeping.note_copy(job.label, made["copy"], ceremony=job.number, at=job.at)
    return canonical.encode({"label": job.label, **made})


def restore(job: Job) -> bytes:
    """What the second device has signed; verified here once more. A drill's key is gone again.

    Refuses `keeping.wrong_signature`.
    """
    _check(job)
    found, key = keys.restore(job.number, job.label, keep=not job.drill), keys.key_of(job.label)
    public = publickeys.parse(key.public_key if key else b"")
    algorithm = signatures.default_algorithm(public.algorithm)
    if not public.verify(found.statement, found.signature, algorithm):
        raise Refusal(
            Kind.NOT_READY, "keeping.wrong_signature", "another key", cps="6.2.4", label=job.label
        )
    keeping.note_restored(job.label, kept=found.kept, ceremony=job.number, at=job.at)
    return canonical.encode(
        {
            "label": job.label,
            "statement": found.statement.decode(),
            "signature": found.signature.hex(),
            "public_key": public.spki.hex(),
            "algorithm": algorithm,
            "kept": found.kept,
            "remains": found.remains,
            "device": found.spare,
        }
    )


def archive(job: Job) -> bytes:
    """Until when the key is kept; it signs nothing more."""
    _check(job)
    key = keys.archive(job.number, job.label, rules.reason_of(job.said["plan"]))
    until = datetime.fromisoformat(key.keep_until)
    keeping.note_archived(job.label, until=until, ceremony=job.number, at=job.at)
    helpers = _of_helpers(job, lambda place: keys.signs_at(place, job.label))
    said = {"state": key.state, "keep_until": key.keep_until, "helpers": helpers}
    return canonical.encode({"label": job.label, **said})


def destroy(job: Job) -> bytes:
    """What each device still shows of the key: nothing."""
    _check(job)
    remains = keys.destroy(job.number, job.label, rules.reason_of(job.said["plan"]))
    key = keys.key_of(job.label)
    public = key.public_key if key else b""
    helpers = _of_helpers(job, lambda place: keys.remains_at(place, job.label, public))
    keeping.note_destroyed(job.label, ceremony=job.number, at=job.at)
    return canonical.encode({"label": job.label, "remains": remains, "helpers": helpers})


ACTS: dict[str, Callable[[Job], bytes]] = {
    rules.Act.INITIALISE: initialise,
    rules.Act.BACKUP: back_up,
    rules.Act.RESTORE: restore,
    rules.Act.ARCHIVE: archive,
    rules.Act.DESTROY: destroy,
}


def _of_helpers(job: Job, ask: Callable[[int], list[str]]) -> dict[str, list[str]]:
    """By place, what each helper still has of the key: nothing. Asked when the home signer is done,
    since a helper gets its register from there (docs/decisions/0014).
    """
    found = {}
    for place in keys.helpers():
        try:
            found[place] = ask(place)
        except PkiError as why:  # whoever cannot be asked proves nothing
            found[place] = [why.rule]
    rules.check_helpers(found, label=job.label, cps=job.said["cps"])
    return {str(place): left for place, left in found.items()}


def _check(job: Job) -> None:
    """Once more, when it is done: days have passed since the draft.

    What this very ceremony has done already stands in nobody's way.
    """
    act, ending = str(job.said["kind"]), rules.reason_of(job.said["plan"])
    key = queries.facts_of(job.label)
    if key is not None and key.ended_in == job.number:
        return
    rules.check(act, key, label=job.label, drill=job.drill, ending=ending, at=job.at)
