"""What custodians bring their shares for, and what the signer may do then (docs/decisions/0013).

Of a ceremony the signer reads its script: kind and keys are those that people agreed to, and no
request names others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pki import ceremonies, shares, statements
from pki.errors import Malformed, Refused
from pki.signer.protocol import CA_CERTIFICATE, CERTIFICATE, OCSP, OF_SERVICES, REQUEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric import ec

    from pki.hsm.interface import Token
    from pki.signer.custodyset import CustodySet

ACTIVATE, CEREMONY, RESPLIT = "activate", "ceremony", "resplit"
FOUNDING = "founding"  # of a demo: keys of CAs without a ceremony
# By purpose: hours at most. Not in the CPS: the house's own.
LONGEST = {ACTIVATE: 24 * 92, CEREMONY: 8, RESPLIT: 1, FOUNDING: 8}
MOST_SIGNATURES = 100_000_000
OFFER_LIFE = timedelta(minutes=10)  # shares that wait for a second one die then
HANDING_OUT = timedelta(hours=8)  # from the first share on its way to the last receipt

_LONGEST_NAMES = 1000  # bytes of number, key and so on: the end of the book is read in 64 KiB

GENERATE, INSTALL = "generate", "install_certificate"
INITIALISE, BACKUP, RESTORE = "initialise", "backup", "restore"
ARCHIVE, DESTROY = "archive", "destroy"
_FOUNDING_DOES = (GENERATE, INSTALL, CA_CERTIFICATE, REQUEST)
_CERTIFYING = (GENERATE, INSTALL, CA_CERTIFICATE)
# By kind of ceremony (`ca.ceremonies.kinds`): what the signer does in it besides its daily work.
_DOES = {
    "generate_root": _CERTIFYING,
    "generate_subordinate": _CERTIFYING,
    "rollover": _CERTIFYING,
    "generate": (GENERATE, REQUEST),
    "export_request": (GENERATE, REQUEST),
    "import_certificate": (GENERATE, INSTALL),
    **{act: (act,) for act in (INITIALISE, BACKUP, RESTORE, ARCHIVE, DESTROY)},
}
# Why a key is archived or destroyed
ENDINGS = EXPIRED, COMPROMISE, DRILL = ("expired", "compromise", "drill")
DRILLS = "drill-"  # what labels and codes of drills begin with, and no others do
_RESPONDER = "-ocsp"  # what labels of responders end with, as `ca.hierarchy` has them


@dataclass(frozen=True, slots=True)
class Mandate:
    """What a script lets the signer do; without a script, of a demo's founding, whatever keys.

    `superior` certifies the key, `succeeds` is the key that it follows; "" for none.
    `path_length` as the script writes it ("0": the key signs for people). `ending`: why a key is
    archived or destroyed.
    """

    number: str = ""
    script: str = ""  # its digest, SM3 as hex
    kind: str = ""
    key: str = ""
    superior: str = ""
    succeeds: str = ""
    path_length: str = ""
    ending: str = ""
    drill: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """All whose labels the script names."""
        return tuple(dict.fromkeys(filter(None, (self.key, self.superior, self.succeeds))))

    def allows(self, act: str, label: str) -> bool:
        """Whether this is done with this key. `act`: an operation, or a kind of signature."""
        if not self.script:
            return act in _FOUNDING_DOES
        return act in _DOES.get(self.kind, ()) and label in self._with(act)

    def check(self, act: str, label: str) -> None:
        """Raises Refused `signer.ceremony`."""
        if not self.allows(act, label):
            reason = f"Custodians did not activate the signer for this: {act} of {label}."
            raise Refused("signer.ceremony", reason)

    def check_new(self, label: str, kinds: Sequence[str]) -> None:
        """Whether a key is made for this: of a script's keys the responder's answers, and no other
        signs for a service; its CA's certifies people only where no CA may stand below. Raises
        Refused `signer.ceremony`.
        """
        self.check(GENERATE, label)
        services = {OCSP} if label != self.key else set()
        people = CERTIFICATE in kinds and self.path_length != "0"
        if self.script and (people or OF_SERVICES & set(kinds) != services):
            reason = f"Custodians did not activate the signer for such a key: {label}."
            raise Refused("signer.ceremony", reason)

    def certified_by(self, label: str) -> frozenset[str]:
        """Labels of the keys for which this one may sign CA certificates."""
        return frozenset(subject for issuer, subject in self._pairs() if issuer == label)

    def _with(self, act: str) -> set[str]:
        if act == CA_CERTIFICATE:
            return {issuer for issuer, _subject in self._pairs()}
        if act not in (GENERATE, INSTALL):
            return {self.key}
        head = DRILLS if self.drill and not self.key.startswith(DRILLS) else ""
        return {self.key, f"{head}{self.key}{_RESPONDER}"}

    def _pairs(self) -> set[tuple[str, str]]:
        """Issuer and subject; in a drill a key signs for itself alone."""
        if self.drill:
            return {(self.key, self.key)}
        pairs = {(self.superior or self.key, self.key)}
        if self.succeeds and not self.superior:  # link certificates, RFC 4210 4.4
            pairs |= {(self.succeeds, self.key), (self.key, self.succeeds)}
        return pairs


def mandate_of(script: bytes) -> Mandate:
    """Raises Malformed `custody.script`."""
    try:
        said: dict[str, Any] = json.loads(script)
        plan, known = said["plan"], said["format"] == ceremonies.SCRIPT
        words = {
            "number": said["number"],
            "kind": said["kind"],
            "key": said["key"],
            "superior": plan.get("superior", ""),
            "succeeds": plan.get("succeeds", ""),
            "path_length": plan.get("path_length", ""),
            "ending": plan.get("ending", ""),
        }
        drill = {"yes": True, "no": False}[said["drill"]]
        named = "".join(words.values()).encode()  # half a character has no bytes: refused
        if known and said["kind"] in _DOES and len(named) <= _LONGEST_NAMES:
            return Mandate(script=ceremonies.digest(script), drill=drill, **words)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise Malformed("custody.script", "This is no script of a ceremony with keys.")


@dataclass(slots=True)
class HandingOut:
    """A set whose shares are on their way. In memory only: a restart begins again."""

    made: CustodySet
    until: datetime
    received: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Offer:
    """`mandate` None: daily work, or a re-split. `digest`: of the statement."""

    purpose: str
    mandate: Mandate | None
    newcomers: str
    hours: int
    signatures: int
    until: datetime
    digest: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=shares.new_key)
    shares: dict[int, bytearray] = field(default_factory=dict)

    def forget(self) -> None:
        for value in self.shares.values():
            wipe(value)


@dataclass(slots=True)
class Activation:
    """`session`: of the offer. `mandate` None: certificates, lists and answers, nothing else."""

    session: str
    token: Token
    purpose: str
    mandate: Mandate | None
    since: datetime
    until: datetime
    signatures_left: int


@dataclass(slots=True)
class Resplit:
    """Two shares allowed one handing out, to these people and nobody else."""

    secret: bytearray
    newcomers: str
    until: datetime


def check_asked(purpose: str, script: bytes, newcomers: str, hours: int, signatures: int) -> None:
    """Raises Refused `custody.newcomers`, `purpose`, `script`, `limits`."""
    if bool(newcomers) != (purpose == RESPLIT):
        raise Refused("custody.newcomers", "A re-split, and nothing else, names newcomers.")
    if purpose not in LONGEST:
        raise Refused("custody.purpose", f"A purpose is one of {', '.join(LONGEST)}.")
    if bool(script) != (purpose == CEREMONY):
        raise Refused("custody.script", "A ceremony, and nothing else, has a script.")
    if not 1 <= hours <= LONGEST[purpose] or not 1 <= signatures <= MOST_SIGNATURES:
        reason = f"At most {LONGEST[purpose]} hours and {MOST_SIGNATURES} signatures."
        raise Refused("custody.limits", reason)


def statement(offer: Offer, session: str, *, signer: str, set_id: str) -> bytes:
    """What the signer signs and custodians read."""
    found = offer.mandate or Mandate()
    return statements.encoded(
        {
            "what": shares.OFFER,
            "session": session,
            "signer": signer,
            "set": set_id,
            "purpose": offer.purpose,
            "ceremony": found.number,
            "script": found.script,
            "kind": found.kind,
            "keys": " ".join(found.keys),
            "newcomers": offer.newcomers,
            "hours": str(offer.hours),
            "signatures": str(offer.signatures),
            "key": shares.point_of(offer.key).hex(),
            "expires": offer.until.isoformat(),
        }
    )


def wipe(secret: bytearray) -> None:
    secret[:] = bytes(len(secret))
