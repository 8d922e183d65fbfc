"""Writing a draft down: sealed what is personal, in columns what is not."""

from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from anxin.kernel import canonical
from anxin.kernel.errors import Refusal
from kmc import api as kmc
from ra.applicants import queries as applicants
from ra.applicants.kinds import kind_of
from ra.applicants.rules import by_proxy, compact, shown
from ra.applications import queries as applications
from ra.applications import rules as application_rules
from ra.applications.models import Application, Dossier
from ra.evidence.rules import needed
from ra.intake import rules

NUMBERS = ("document_number", "agent_document_number")
_INDEXED = (
    "masked_name", "document_index", "name_index", "phone_index", "subscriber", "slots_needed",
)  # fmt: skip


def keep_fields(row: Application, kept: Mapping[str, str], salt: str, wrong: list[Refusal]) -> None:
    """Seal all that was typed; index and mask only what is right."""
    faulty = {refusal.field for refusal in wrong}
    right = {code: text for code, text in kept.items() if code not in faulty}
    dossier = row.dossier
    seal_identity(dossier, row.data_key, kept, salt)
    dossier.save(update_fields=["identity"])
    kind = kind_of(row.profile)
    name, phone = right.get(kind.title, ""), right.get(kind.phone, "")
    row.masked_name = shown(kind.title, name)
    row.document_index = applicants.index_of(right)
    row.name_index = applicants.name_index(name) if name else None
    row.phone_index = applicants.phone_index(phone) if phone else None
    row.subscriber_id = applicants.known_subscriber(right, kind)
    evidence = applications.profile_of(row).evidence
    row.slots_needed = len(needed(evidence, kept, proxy=by_proxy(kept), signed=row.signed))
    row.save(update_fields=_INDEXED)


def set_columns(
    row: Application, years: int | None, distinguisher: str | None, kept: Mapping[str, str]
) -> tuple[list[str], list[Refusal]]:
    """(columns that changed, what is wrong); None leaves a column as it is.

    What is wrong is not kept: these columns are not sealed, and somebody may have typed the number
    of a document. One that is among the fields only now leaves the column, too.
    """
    documents = [compact(kept.get(code, "")) for code in NUMBERS]
    wishes: dict[str, Callable[[], object]] = {}
    if years is not None:
        wishes["days"] = partial(application_rules.check_days, years)
    wished = row.distinguisher if distinguisher is None else distinguisher
    wishes["distinguisher"] = partial(rules.distinguisher, wished, documents)
    changed, wrong = [], []
    for column, wish in wishes.items():
        try:
            value = wish()
        except Refusal as refusal:
            wrong.append(refusal)
            value = "" if column == "distinguisher" else getattr(row, column)
        if getattr(row, column) != value:
            setattr(row, column, value)
            changed.append(column)
    return changed, wrong


def seal_identity(dossier: Dossier, key: UUID, fields: Mapping[str, str], salt: str) -> None:
    plain = canonical.encode({"fields": dict(fields), "salt": salt})
    dossier.identity = kmc.seal(key, dossier.identity_context(), plain)
