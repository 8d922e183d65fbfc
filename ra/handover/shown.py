"""What is asked for about codes, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from people.api import Shown
from ra.applications import queries as applications
from ra.handover.wording import REPLACEMENT_CAUSES
from ra.verifications.wording import METHODS


def replacement(payload: dict[str, Any], *, actor: Actor) -> Shown:
    """Refuses `applications.unknown` to readers of other offices."""
    number = applications.by_number(payload["number"], actor).number
    rows = (
        (_("受理编号"), number),
        (_("补发原因"), str(REPLACEMENT_CAUSES[payload["cause"]])),
        (_("身份核对"), str(METHODS[payload["checked_how"]])),
    )
    return Shown(number, rows, reverse("handover-page", args=[number]))
