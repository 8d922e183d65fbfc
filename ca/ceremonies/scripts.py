"""A draft written as the script that people agree to (CPS 5.2.2): one line, the same each time."""

from collections.abc import Mapping, Sequence

from anxin.kernel import canonical
from ca.ceremonies import rules
from ca.ceremonies.kinds import KINDS, Only
from ca.ceremonies.rules import Draft, Person
from ca.keeping.rules import ENDING
from pki import ceremonies


def script(number: str, draft: Draft, people: Sequence[Person]) -> str:
    """The script as one line of canonical JSON; every value a string, as in votes."""
    kind = KINDS[draft.kind]
    length = rules.UNLIMITED if draft.path_length is None else str(draft.path_length)
    plan = {"path_length": length}
    if draft.kind in rules.NAMING:
        name = f"{draft.name.strip()}{rules.DRILL_NAME if draft.drill else ''}"
        plan |= {"C": "CN", "O": draft.organization.strip(), "CN": name}
    if draft.kind in rules.CERTIFIED_HERE:
        plan |= {"years": str(draft.years)}
    if draft.kind in ENDING:
        plan |= {"ending": draft.ending}
    if draft.kind in ("generate_subordinate", "rollover"):
        plan |= {"superior": draft.superior}
    if draft.kind == "rollover":
        generation = str(draft.generation)
        plan |= {"succeeds": draft.succeeds, "lineage": draft.lineage, "generation": generation}
    if draft.kind == "import_certificate":
        plan |= {"issuer": draft.issuer.hex(), "request": draft.request.hex()}
    return canonical.encode(
        {
            "format": ceremonies.SCRIPT,
            "number": number,
            "kind": kind.code,
            "cps": kind.cps,
            "drill": "yes" if draft.drill else "no",
            "device": draft.device.strip(),
            "key": rules.label_of(draft),
            "algorithm": draft.algorithm,
            "people": [
                {
                    "person": str(one.id),
                    "name": one.name,
                    "number": one.number,
                    "role": str(one.part),
                }
                for one in people
            ],
            "plan": plan,
            "steps": [
                {
                    "code": step.code,
                    "attest": [str(part) for part in step.attest],
                    "minutes": str(step.minutes),
                    "act": step.act,
                }
                for step in kind.steps
                if _is_for(step.only, plan)
            ],
        }
    ).decode()


def _is_for(only: Only, plan: Mapping[str, str]) -> bool:
    if only == Only.ISSUING:
        return plan["path_length"] == "0"
    return only == Only.EVERY or not plan.get("superior")
