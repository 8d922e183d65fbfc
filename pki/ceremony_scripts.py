"""The script in the record of a ceremony, and what its steps made measured against it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pki import requests
from pki.ceremony_keys import Named
from pki.errors import Malformed, PkiError, Refused
from pki.sm.sm3 import sm3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCRIPT = "anxin ceremony 1"
CLOSE = "close"  # the last step of every ceremony
REQUEST = "request"  # the act that makes one


def script(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises Refused `ceremony.script_changed`, `ceremony.two_roles`, Malformed."""
    if sm3(record["script"].encode()).hex() != record["digest"]:
        raise Refused("ceremony.script_changed", "The script is not the one of its digest.")
    said = json.loads(record["script"])
    people: Sequence[str] = [one["person"] for one in said["people"]]
    if said["format"] != SCRIPT or not said["steps"] or said["steps"][-1]["code"] != CLOSE:
        raise Malformed("ceremony.script", "This is no script of a ceremony.")
    if len(set(people)) != len(people):
        raise Refused("ceremony.two_roles", "One person stands in two roles.")
    return dict(said)


def people(said: Mapping[str, Any]) -> dict[str, Named]:
    """Those present, by id, as the script names them."""
    return {one["person"]: Named(one["name"], one.get("number", "")) for one in said["people"]}


def check_made(said: Mapping[str, Any], act: str, results: Mapping[str, str], made: bytes) -> None:
    """A request is signed by the key it is for, which this ceremony made if it made one, and for
    the name in the script (CPS 3.2.1). Raises Refused `ceremony.request`.
    """
    if act != REQUEST:
        return
    try:
        asked = requests.parse(made)
        requests.verify(asked)
    except PkiError as why:
        raise Refused("ceremony.request", f"The request does not hold: {why.reason}") from why
    plan = said["plan"]
    named = all(asked.subject.all(word) == (plan[word],) for word in ("C", "O", "CN"))
    key = results.get("make_key", asked.public_key.spki.hex())
    if not named or key != asked.public_key.spki.hex():
        reason = f"The request of {asked.subject.text} is for another name or key than the script."
        raise Refused("ceremony.request", reason)
