"""What is asked for about codes, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from people.api import Shown
from ra.handover.wording import REPLACEMENT_CAUSES
from ra.verifications.wording import METHODS


def replacement(payload: dict[str, Any], **_reader: Actor) -> Shown:
    number = payload["number"]
    rows = (
        (_("受理编号"), number),
        (_("补发原因"), str(REPLACEMENT_CAUSES[payload["cause"]])),
        (_("身份核对"), str(METHODS[payload["checked_how"]])),
    )
    return Shown(number, rows, reverse("handover-page", args=[number]))
