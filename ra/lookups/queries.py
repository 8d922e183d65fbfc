"""What authority sources said, as pages show it: masked like what was declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ra.applicants.beside import Beside, beside
from ra.lookups.connectors import configured
from ra.lookups.rules import Lookup, Match, standing

LATEST = 12  # lines of a page


@dataclass(frozen=True, slots=True)
class SaidView:
    """What one source says of one field; `beside`: its own value where it differs."""

    source: str
    outcome: str
    beside: Beside | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LookupView:
    """One question and its answer; `outcome` of all fields together, "" without an answer."""

    source: str
    party: str
    outcome: str
    silence: str
    reference: str
    officer: str
    at: datetime


def sources() -> tuple[str, ...]:
    """Names of the sources that are set up."""
    return tuple(source.name for source in configured())


def said(kept: Sequence[Lookup], fields: Mapping[str, str]) -> dict[str, tuple[SaidView, ...]]:
    """By field, of the values that are declared now."""
    return {
        code: tuple(_said(one, code, fields[code]) for one in answers)
        for code, answers in standing(kept, fields).items()
    }


def views(kept: Sequence[Lookup], names: Mapping[int, str]) -> tuple[LookupView, ...]:
    """The latest first."""
    return tuple(
        LookupView(
            one.source,
            one.party,
            _together(one),
            one.silence,
            one.reference,
            names.get(one.officer_id, ""),
            one.at,
        )
        for one in reversed(kept[-LATEST:])
    )


def _said(one: Lookup, code: str, declared: str) -> SaidView:
    found = one.found[code]
    told = found.outcome == Match.DIFFERS and found.value
    shown = beside(code, declared, found.value) if told else None
    return SaidView(one.source, found.outcome, shown, one.at)


def _together(one: Lookup) -> str:
    outcomes = {found.outcome for found in one.found.values()}
    if Match.DIFFERS in outcomes:
        return Match.DIFFERS
    return Match.MATCHES if outcomes == {Match.MATCHES} else Match.UNKNOWN if outcomes else ""
