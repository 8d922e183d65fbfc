"""What several people agree to about custody, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from people.api import Shown, staff_names


def custodians(payload: dict[str, Any], **_reader: Actor) -> Shown:
    """Who is to hold a share each."""
    names = staff_names(payload["people"])
    people = [names.get(one, str(one)) for one in payload["people"]]
    rows = tuple(
        (_("份额 %(number)s") % {"number": number}, name) for number, name in enumerate(people, 1)
    )
    return Shown(_("、").join(people), rows, reverse("custody"))


def orderly_end(payload: dict[str, Any], **_reader: Actor) -> Shown:
    """Why the keys are to be taken out of use."""
    rows = ((_("原因"), str(payload["reason"])),)
    return Shown(str(payload["reason"]), rows, reverse("custody"))
