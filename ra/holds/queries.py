"""Requests to freeze and to unfreeze, for the pages of the counter and of the reviewers."""

from dataclasses import dataclass
from typing import Any

from anxin.kernel.actors import Actor
from ca import api as ca
from ra.holds import rules
from ra.holds.models import HoldRequest
from ra.requests.queries import Register, RequestView, certificate_at_hand
from ra.requests.rules import State


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class HoldView(RequestView):
    """`document` is sealed as well: number and date of the form or of the letter."""

    act: str
    document: str = ""


def _view(row: HoldRequest, shared: dict[str, Any]) -> HoldView:
    return HoldView(**shared, act=row.act)


REGISTER = Register(HoldRequest, _view)
waiting = REGISTER.waiting
decided = REGISTER.decided
approvals_seen = REGISTER.approvals_seen
request = REGISTER.request
of_certificate = REGISTER.of_certificate
of_applications = REGISTER.of_applications


def certificate_for(act: str, certificate_id: int, actor: Actor) -> ca.CertificateView:
    """A certificate of this office that can be frozen, or unfrozen. Refuses `holds.not_now`."""
    view = certificate_at_hand(certificate_id, actor)
    rules.check_state(act, view.state)
    return view


def freeze_of(certificate_id: int) -> HoldRequest:
    """The request by which a frozen certificate was frozen. Refuses `holds.unknown`."""
    done = HoldRequest.objects.filter(state=State.DONE, act=rules.Act.FREEZE)
    row = done.filter(certificate_id=certificate_id).order_by("-pk").first()
    if row is None:
        raise rules.DESK.unknown(f"that froze certificate {certificate_id}")
    return row


def frozen_by(certificate_id: int) -> str:
    """Who asked for the freeze that is in force, as a code of `rules.Asker`."""
    return freeze_of(certificate_id).asker
