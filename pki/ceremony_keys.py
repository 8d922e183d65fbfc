"""Whose keys signed in a ceremony: nobody's is another's, and where the CA of operators'
certificates is at hand, each has one that was valid then and names its person (CPS 5.2.3, 5.2.4).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pki import certificates, extension_values, oids, statements
from pki.errors import BadSignature, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pki.certificates import Certificate

POLICY = ".4.1"  # what the policy of operators' certificates ends with; no other profile's does


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody as certificates and scripts name them (CPS 3.1.2)."""

    name: str
    number: str  # of staff


@dataclass(slots=True)
class Holders:
    """Keys and people of one record. `issuers`: of operators' certificates; none: nobody needs one.

    `people`: by id, those of the script, and whoever else has shown a certificate. `early`: a key
    may have signed before it was certified.
    """

    issuers: Sequence[Certificate]
    people: dict[str, Named]
    early: bool = False
    keys: dict[str, str] = field(default_factory=dict)  # fingerprint -> person

    def own(self, where: str, key: bytes, person: str) -> None:
        """Raises Refused `ceremony.shared_key`."""
        owner = self.keys.setdefault(statements.fingerprint(key), person)
        if owner != person:
            reason = f"{where}: person {person} signed with the key of person {owner}."
            raise Refused("ceremony.shared_key", reason)

    def signed(self, where: str, kept: Mapping[str, Any], person: str) -> None:
        """A statement that holds, by this person.

        Raises as `own` does, Refused `ceremony.certificate`, `ceremony.person`, and BadSignature
        `certificate.*`: it was not valid when the statement was signed.
        """
        key, at = bytes.fromhex(kept["public_key"]), json.loads(kept["statement"])["at"]
        self.own(where, key, person)
        if not self.issuers:
            return
        if not kept["certificate"]:
            reason = f"{where}: the key has no operator's certificate."
            raise Refused("ceremony.certificate", reason)
        parsed = certificates.parse(bytes.fromhex(kept["certificate"]))
        signed_at = datetime.fromisoformat(at)
        self._check_issued(parsed, max(signed_at, parsed.not_before) if self.early else signed_at)
        if parsed.public_key.spki != key:
            reason = f"{where}: the certificate is for another key."
            raise Refused("ceremony.certificate", reason)
        if not _is_operators(parsed):
            reason = f"{where}: the certificate is not one of an operator."
            raise Refused("ceremony.certificate", reason)
        self._check_person(where, parsed, person)

    def _check_issued(self, parsed: Certificate, at: datetime) -> None:
        """By one of the issuers; the last one's reason counts."""
        for number, issuer in enumerate(self.issuers, 1):
            try:
                certificates.verify(parsed, issuer, at)
            except BadSignature:
                if number == len(self.issuers):
                    raise
            else:
                return

    def _check_person(self, where: str, parsed: Certificate, person: str) -> None:
        subject = parsed.subject
        named = Named(subject.get("CN") or "", subject.get("serialNumber") or "")
        others = {one.number for who, one in self.people.items() if who != person}
        known = self.people.setdefault(person, named)
        if known != named or not (named.name and named.number) or named.number in others:
            reason = f"{where}: the certificate of {subject.text} is not that of person {person}."
            raise Refused("ceremony.person", reason)


def _is_operators(parsed: Certificate) -> bool:
    """By its profile (`ca/profiles/delivered.py`), which keeps its policy and usage for good."""
    found = parsed.body.extension(oids.CERTIFICATE_POLICIES)
    policies = extension_values.certificate_policies(found.value) if found else ()
    signs = "digitalSignature" in (parsed.key_usage or ())
    return signs and not parsed.is_ca and any(one.endswith(POLICY) for one, _ in policies)
