"""Registration authorities and their service points: one tree (CPS 1.4.2). Pure."""

import re
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")


class OfficeKind(StrEnum):
    AUTHORITY = "authority"  # registration authority (RA)
    SERVICE_POINT = "service_point"  # a counter of an RA (LRA)


def path_of(code: str, parent_path: str = "") -> str:
    """Every office lies below its parent: `/RA01/LRA0103/`."""
    return f"{parent_path or '/'}{code}/"


def check_office(code: str, name: str, kind: OfficeKind, parent: OfficeKind | None) -> None:
    """Refuses odd codes, no name, and anything below a counter."""
    if not _CODE.fullmatch(code):
        raise Refusal(
            Kind.INVALID, "branches.code", "2 to 20 capitals, digits, hyphens", field="code"
        )
    if not 2 <= len(name.strip()) <= 60:  # noqa: PLR2004 -- said here, once
        raise Refusal(Kind.INVALID, "branches.name", "2 to 60 characters", field="name")
    if parent is OfficeKind.SERVICE_POINT:
        raise Refusal(
            Kind.INVALID,
            "branches.below_a_counter",
            "a service point has nothing below it",
            cps="1.4.2",
            field="parent",
        )
    if kind is OfficeKind.SERVICE_POINT and parent is None:
        raise Refusal(
            Kind.INVALID,
            "branches.counter_of_nobody",
            "a service point belongs to an RA",
            cps="1.4.2",
            field="parent",
        )
