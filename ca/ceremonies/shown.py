"""What is asked for about ceremonies, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from ca.ceremonies import planned, queries
from ca.ceremonies.wording import ALGORITHMS, KINDS, PARTS, STEPS
from people.api import Shown
from pki import readback


def read_aloud(digest: str) -> str:
    """The four words of a digest, in the reader's language."""
    read = readback.english if get_language() == "en" else readback.chinese
    return " ".join(read(digest))


def ceremony(payload: dict[str, Any], *, actor: Actor) -> Shown:  # noqa: ARG001 -- as all of them
    """The whole script, step by step (CPS 5.2.2)."""
    row = queries.ceremony(payload["ceremony"])
    said = queries.script_of(row)
    people = [(str(PARTS[one["role"]]), one["name"]) for one in said["people"]]
    steps = [
        (_("步骤 %(number)d") % {"number": number}, str(STEPS[step["code"]]))
        for number, step in enumerate(said["steps"], 1)
    ]
    drill = [(_("演练"), _("是"))] if row.drill else []
    rows = [
        (_("编号"), row.number),
        (_("仪式类型"), str(KINDS[row.kind])),
        *drill,
        (_("密码设备"), said["device"]),
        (_("密钥标签"), said["key"]),
        (_("算法"), str(ALGORITHMS.get(said["algorithm"], said["algorithm"]))),
        *planned.told(said["plan"]),
        *people,
        *steps,
        (_("校对码"), f"{readback.digits(row.digest)} {read_aloud(row.digest)}"),
        (_("脚本摘要（SM3）"), row.digest),
    ]
    about = f"{row.number} {KINDS[row.kind]}"
    return Shown(about, tuple(rows), reverse("ceremony", args=[row.number]))
