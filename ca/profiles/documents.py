"""A profile as a document: canonical JSON, its digest, and back. Pure.

The document is all that a version says but its number. Lists keep their order, so what is hashed
is what is shown.
"""

import json
from functools import lru_cache

from anxin.kernel import canonical
from ca.profiles.rules import CertificateKind, Profile, Publication
from pki.sm.sm3 import sm3

FIELDS = (
    "code",
    "kind",
    "issuer",
    "key_algorithm",
    "years",
    "attributes",
    "key_usage",
    "purposes",
    "policy",
    "extensions",
    "private",
    "publication",
    "reviews",
    "server",
    "offered",
    "evidence",
)  # in the order of pages
# Left out where they say nothing, as in all that the product was delivered with
_SELDOM = ("basis", "titles", "retired")


def text_of(profile: Profile) -> str:
    """The canonical JSON of a profile."""
    said = {name: getattr(profile, name) for name in FIELDS}
    said |= {name: getattr(profile, name) for name in _SELDOM if getattr(profile, name)}
    said["attributes"] = list(profile.attributes.items())
    return canonical.encode(said).decode()


def digest_of(text: str) -> str:
    """SM3 over the very text, as 64 hex digits."""
    return sm3(text.encode()).hex()


@lru_cache(maxsize=256)  # by the text itself, so that nothing here can be out of date
def profile_from(text: str, version: int) -> Profile:
    """The profile of a text that `text_of` has written."""
    said = json.loads(text)
    return Profile(
        **{
            **said,
            "version": version,
            "kind": CertificateKind(said["kind"]),
            "publication": Publication(said["publication"]),
            "years": tuple(said["years"]),
            "attributes": dict(said["attributes"]),
            "key_usage": tuple(said["key_usage"]),
            "purposes": tuple(said["purposes"]),
            "extensions": _pairs(said["extensions"]),
            "private": _pairs(said["private"]),
            "evidence": _pairs(said["evidence"]),
            "titles": _pairs(said.get("titles", [])),
        }
    )


def _pairs(found: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in found)
