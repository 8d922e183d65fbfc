"""What is asked for about keys of partners, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from people.api import Shown, staff_names
from ra.partners.rules import Scope
from ra.partners.wording import SCOPES, TERMS


def key(payload: dict[str, Any], *, actor: Actor) -> Shown:  # noqa: ARG001 -- as all of them
    """A key that is to be issued (CPS 1.4.2)."""
    return Shown(payload["name"], rows(payload), reverse("partner-keys"))


def rows(payload: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Label and words of each term."""
    person = payload["person_id"]
    name = staff_names([person]).get(person, "")
    words = payload | {
        "person_id": f"{name} {payload['staff_number']}",
        "scopes": _("、").join(str(SCOPES[Scope(one)]) for one in payload["scopes"]),
    }
    return tuple((str(label), str(words[name])) for name, label in TERMS.items())
