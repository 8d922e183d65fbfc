"""One act of a step: what it is given, and what acts share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from anxin.kernel.errors import Kind, Refusal
from ca.ceremonies import rules
from ca.hierarchy.rules import Blueprint
from pki.signer.protocol import CERTIFICATE, Key

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
    def number(self) -> str:
        return str(self.said["number"])

    @property
    def drill(self) -> bool:
        return bool(self.said["drill"] == "yes")


def check_made_here(key: Key, job: Job, kinds: Sequence[str]) -> None:
    """Refuses `ceremonies.key_there`: made before this ceremony, or for something else."""
    wanted = (job.said["algorithm"], tuple(kinds))
    if key.created_at < job.since or (key.algorithm, tuple(key.kinds)) != wanted:
        raise Refusal(
            Kind.CONFLICT,
            "ceremonies.key_there",
            f"{key.label} was made before",
            cps="6.1.1",
            label=key.label,
        )


def blueprint_of(job: Job) -> Blueprint:
    """The authority that the script makes."""
    plan, kinds = job.said["plan"], rules.kinds_of(job.said)
    return Blueprint(
        code=job.label,
        name=tuple((word, plan[word]) for word in ("C", "O", "CN") if word in plan),
        key_algorithm=job.said["algorithm"],
        parent=plan.get("superior") or None,
        years=int(plan.get("years", "0")),
        path_length=rules.path_length_of(plan),
        kinds=kinds,
        has_responder=CERTIFICATE in kinds,
        demo=not settings.PRODUCTION,
        lineage=plan.get("lineage", ""),
        generation=int(plan.get("generation", "1")),
        ceremony=job.number,
    )
