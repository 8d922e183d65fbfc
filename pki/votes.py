"""A vote signed by the voter's own key: what is signed, and its proof years later, off the system.

Form of statement and signature: `pki/statements.py`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pki.errors import Malformed, PkiError, Refused
from pki.sm.sm3 import sm3
from pki.statements import encoded, fingerprint, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FORMAT = "anxin votes 1"
# A signature for one is none for another.
VOTE, ENROLMENT, PROOF = "anxin vote 1", "anxin operator key 1", "anxin proof 1"
PROPOSAL = "anxin key proposal 1"
ENROL = "people.enrol_key"  # the action by which a key is put to use
WITHIN = timedelta(minutes=15)  # between the signature and the vote


def statement(
    *, approval: int, action: str, digest: str, grants: bool, comment: str, voter: int, at: str
) -> bytes:
    """The bytes a voter signs. `digest`: SM3 of what was shown; `comment`: see `comment_digest`."""
    return encoded(
        {
            "what": VOTE,
            "approval": str(approval),
            "action": action,
            "payload": digest,
            "decision": "yes" if grants else "no",
            "comment": comment,
            "voter": str(voter),
            "at": at,
        }
    )


def enrolment(*, fingerprint: str, voter: int) -> bytes:
    """The bytes by which a new key proves that its private half is there."""
    return encoded({"what": ENROLMENT, "key": fingerprint, "voter": str(voter)})


def proposal_fields(*, person: int, key: str, maker: int) -> dict[str, str]:
    """What who asks for an enrolment signs, with `at` beside; `key`: the fingerprint."""
    return {"what": PROPOSAL, "key": key, "person": str(person), "maker": str(maker)}


def proof_fields(
    *, purpose: str, nonce: str, certificate: str, person: int, at: str
) -> Mapping[str, str]:
    """What is signed to prove who one is: once, for one purpose, with one certificate."""
    return {
        "what": PROOF,
        "purpose": purpose,
        "nonce": nonce,
        "certificate": certificate,
        "person": str(person),
        "at": at,
    }


def comment_digest(comment: str) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(comment.encode()).hexdigest()


# --- a record of an export ---------------------------------------------------------------------


def read(content: bytes) -> list[dict[str, Any]]:
    """The records of an export. Raises Malformed `vote.file`."""
    try:
        found = json.loads(content)
        records = found["votes"] if found["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError) as problem:
        raise Malformed("vote.file", "This is no export of votes.") from problem
    if not isinstance(records, list):
        raise Malformed("vote.file", "This export of votes has another format.")
    return records


def check_all(records: Sequence[Mapping[str, Any]]) -> int:
    """How many are signed. Raises as `check` does, and Refused `vote.enrolment`: a key that nobody
    agreed to proves nothing.
    """
    signed, agreed = [record for record in records if check(record)], enrolments(records)
    for record in signed:
        if (record["enrolled_by"], record["enrolment"]) not in agreed:
            reason = f"Vote {record['id']}: nobody voted for the enrolment of its key."
            raise Refused("vote.enrolment", reason)
    return len(signed)


def enrolments(records: Iterable[Mapping[str, Any]]) -> frozenset[tuple[int, str]]:
    """Approval and payload of those by which somebody agreed to put a key to use."""
    agreed = (record for record in records if record["action"] == ENROL and record["grants"])
    return frozenset((record["approval"], record["payload"]) for record in agreed)


def check(record: Mapping[str, Any]) -> bool:
    """Whether the vote was signed; raises Refused `vote.*` where its parts contradict each other.

    Keys: id, approval, action, payload (canonical JSON), digest, maker, voter, grants, comment
    (SHA-256), voted_at, statement, signature (hex), public_key (hex DER), enrolled_by, enrolment:
    approval and payload by which two people enrolled the key, key_due: the voter had a key in use
    at that time.
    """
    try:
        return _check(record)
    except Refused as refusal:
        reason = f"Vote {record.get('id')} on approval {record.get('approval')}: {refusal.reason}"
        raise Refused(refusal.rule, reason) from refusal
    except (KeyError, TypeError, ValueError, AttributeError, PkiError) as problem:
        raise Malformed("vote.record", f"A record cannot be read: {problem!r}.") from problem


def _check(record: Mapping[str, Any]) -> bool:
    shown = b"[%s,%s]" % (json.dumps(record["action"]).encode(), record["payload"].encode())
    if sm3(shown).hex() != record["digest"]:
        raise Refused("vote.payload", "what was agreed to is not what its digest says.")
    if record["voter"] == record["maker"]:
        raise Refused("vote.own_work", "the voter asked for it.")
    if not record["signature"]:
        if record["key_due"]:
            raise Refused("vote.unsigned", "the voter had a key, and the signature is missing.")
        return False
    _check_signature(record)
    return True


def _check_signature(record: Mapping[str, Any]) -> None:
    key, signed = bytes.fromhex(record["public_key"]), record["statement"].encode()
    enrolled = json.loads(record["enrolment"])
    if (enrolled["fingerprint"], enrolled["person"]) != (fingerprint(key), record["voter"]):
        raise Refused("vote.key", "the key is not the one that was enrolled for the voter.")
    if not holds(key, signed, bytes.fromhex(record["signature"])):
        raise Refused("vote.signature", "the signature does not belong to the statement.")
    at = json.loads(signed)["at"]
    said = statement(
        approval=record["approval"],
        action=record["action"],
        digest=record["digest"],
        grants=record["grants"],
        comment=record["comment"],
        voter=record["voter"],
        at=at,
    )
    if said != signed:
        raise Refused("vote.statement", f"what is kept is not what was signed: {signed.decode()}")
    if abs(datetime.fromisoformat(record["voted_at"]) - datetime.fromisoformat(at)) > WITHIN:
        raise Refused("vote.time", f"it was signed at {at}, and counted at another time.")
