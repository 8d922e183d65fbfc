"""What is asked for about agreements, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse

from anxin.kernel.actors import Actor
from people.api import Shown
from ra.agreements.wording import TERMS


def agreement(payload: dict[str, Any], *, actor: Actor) -> Shown:  # noqa: ARG001 -- as all of them
    """An agreement that is to be put on record (CPS 3.2.7)."""
    rows = tuple((str(label), str(payload[name])) for name, label in TERMS.items())
    return Shown(f"{payload['ca_name']} {payload['number']}", rows, reverse("ca-agreements"))
