"""Several steps of the counter in one: the same services its pages call."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from ra.applications.queries import id_of
from ra.applications.rules import Channel
from ra.intake import services as intake


@transaction.atomic
def enter(
    profile: str, years: int, said: Mapping[str, object], *, actor: Actor, at: datetime
) -> str:
    """A new application as a draft; its number. Refuses what the counter's services refuse."""
    draft = intake.open_draft(profile, years=years, channel=Channel.PARTNER, actor=actor, at=at)
    _fill(draft.id, said, years=years, actor=actor, at=at)
    return draft.number


@transaction.atomic
def change(
    number: str, years: int, said: Mapping[str, object], *, actor: Actor, at: datetime
) -> str:
    """Say it anew, of a draft or of what came back; its number."""
    _fill(id_of(number, actor), said, years=years, actor=actor, at=at)
    return number


def _fill(
    application_id: int, said: Mapping[str, object], *, years: int, actor: Actor, at: datetime
) -> None:
    fields, version = said.get("fields"), said.get("version")
    assert isinstance(fields, Mapping)
    intake.save_draft(
        application_id,
        fields,
        years=years,
        distinguisher=str(said.get("distinguisher", "")),
        seen=version if isinstance(version, int) else None,
        actor=actor,
        at=at,
    )
    if request := str(said.get("request", "")):
        intake.attach_request(application_id, request.encode(), actor=actor, at=at)
    if isinstance(agreement := said.get("agreement"), Mapping):
        intake.accept_agreement(
            application_id,
            agreement["version"],
            how=agreement["how"],
            by_message=agreement["by_message"],
            actor=actor,
            at=at,
        )
