"""Documents that are asked for (CPS 3.2.2, 3.2.3); what a file looks like from outside. Pure.

The first look happens here, in Python that only counts bytes; the full decoding happens in a child
process (`ra.evidence.decoder`), and what is shown afterwards are newly made page images.
"""

from collections.abc import Iterable, Mapping

from anxin.kernel.errors import Kind, Refusal
from ra.applicants.kinds import Slot, When, asked, kind_of
from ra.evidence import shapes

LIMIT = 20 * 1024 * 1024  # bytes
PER_SLOT = 3  # files
BODY = PER_SLOT * LIMIT + (1 << 16)  # bytes of a request: so many files, and a few words


def slots(profile: str) -> Mapping[str, Slot]:
    """The slots of a profile, in the order of the page."""
    return kind_of(profile).slots


def needed(
    evidence: Iterable[tuple[str, str]],
    fields: Mapping[str, str],
    *,
    proxy: bool,
    signed: bool = False,
) -> list[str]:
    """Slots that must hold a document, given what the applicant said.

    `evidence` is the profile's: slot, and when it is asked for. `signed` by the key of a
    certificate that was applied for with all of them: none (CPS 3.3.1).
    """
    if signed:
        return []
    wanted = {slot: When(when) for slot, when in evidence}
    return asked(wanted, fields, proxy=proxy)


def check_slot(profile: str, slot: str, held: int) -> None:
    """Refuses a slot the profile does not have, and a full one."""
    if slot not in slots(profile):
        raise refuse("slot", f"{profile} asks for no {slot}", slot=slot)
    if held >= PER_SLOT:
        raise refuse("slot_full", f"{held} files are in {slot} already", slot=slot)


def check_body(length: int) -> None:
    """Refuses a request before it is read."""
    if length > BODY:
        raise refuse("too_large", f"a request of {length} bytes")


def missing(needed: list[str], held: frozenset[str]) -> list[Refusal]:
    """One refusal for each document that is not there."""
    return [
        Refusal(
            Kind.INVALID,
            "evidence.missing",
            f"{slot} is missing",
            cps="3.2.3",
            field=slot,
            slot=slot,
        )
        for slot in needed
        if slot not in held
    ]


# CPS 9.3: what an original may be taken out for; words of one's own might hold personal data
PURPOSES = ("doubt", "complaint", "audit", "court")


def check_purpose(purpose: str) -> None:
    if purpose not in PURPOSES:
        raise Refusal(
            Kind.INVALID, "evidence.purpose", f"no purpose {purpose}", cps="9.3", field="purpose"
        )


# --- the file from outside -------------------------------------------------------------------

_TOLD: Mapping[str, object] = {  # numbers in the sentences
    "files": PER_SLOT,
    "megabytes": LIMIT >> 20,
    "pages": shapes.MAX_PAGES,
    "megapixels": shapes.MAX_PIXELS // 1_000_000,
}
_LABELS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    shapes.JPEG: (("jpg", "jpeg"), ("image/jpeg", "image/jpg", "image/pjpeg")),
    shapes.PNG: (("png",), ("image/png",)),
    shapes.PDF: (("pdf",), ("application/pdf",)),
}
_SAYS_NOTHING = ("", "application/octet-stream")


def examine(data: bytes, *, filename: str, content_type: str) -> str:
    """The kind of file: jpeg, png or pdf. Refuses `evidence.*` with clause and field."""
    if not data:
        raise refuse("empty", "the file has no bytes")
    if len(data) > LIMIT:
        raise refuse("too_large", f"more than {LIMIT} bytes")
    kind = shapes.kind_of(data)
    if kind is None:
        fault = "leading_data" if shapes.hides_pdf(data) else "type"
        raise refuse(fault, "neither JPEG nor PNG nor PDF from its first byte")
    _check_label(kind, filename, content_type)
    fault = shapes.fault(kind, data)
    if fault:
        raise refuse(fault, f"{kind}: {fault}")
    return kind


def _check_label(kind: str, filename: str, content_type: str) -> None:
    endings, types = _LABELS[kind]
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    declared = content_type.partition(";")[0].strip().lower()
    if ending not in endings or (declared not in _SAYS_NOTHING and declared not in types):
        raise refuse(
            "mislabelled", f"called {ending} ({declared}) but is {kind}", found=kind.upper()
        )


def refuse(rule: str, reason: str, *, slot: str = "", **details: object) -> Refusal:
    told = {**_TOLD, "slot": slot, **details}
    return Refusal(
        Kind.INVALID, f"evidence.{rule}", reason, cps="3.2.3", field=slot or "file", **told
    )
