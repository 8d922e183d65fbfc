"""The second factor as pages ask for it: a code, a security key or a certificate's key that
answers a challenge.
"""

import json
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.http import HttpRequest
from django_otp.models import Device

from anxin.kernel import web
from people.accounts import devices
from people.accounts.codes import DIGITS
from people.accounts.rules import Purpose
from people.factors import keys, services
from people.factors.keys import Party
from people.factors.rules import CHALLENGE_WITHIN
from people.operatorkeys import proving
from people.operatorkeys.proving import Challenge

CHALLENGE = "challenge"  # session: what a security key is to sign, and since when
PROOF = "proof"  # session: what the key of a certificate is to sign: nonce, purpose, since when


def party_of(request: HttpRequest) -> Party | None:
    """What browsers know the site by; None under a bare address, where they ask no key."""
    host = request.get_host()
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return Party(name, f"{request.scheme}://{host}")
    return None


def challenge(request: HttpRequest, *, at: datetime) -> bytes:
    """A new one; what was asked before counts no more."""
    made = keys.new_challenge()
    request.session[CHALLENGE] = [made.hex(), at.isoformat()]
    return made


def challenged(request: HttpRequest, *, at: datetime) -> bytes | None:
    """What was asked of a key a moment ago, once."""
    made, since = request.session.pop(CHALLENGE, None) or ("", "")
    in_time = made and at - datetime.fromisoformat(since) <= CHALLENGE_WITHIN
    return bytes.fromhex(made) if in_time else None


def question(request: HttpRequest, person_id: int, *, at: datetime) -> str:
    """What the page's script asks the person's keys; empty when there is nothing to ask."""
    party = party_of(request)
    if party is None or not keys.has_keys(person_id):
        return ""
    return keys.options_to_ask(person_id, challenge=challenge(request, at=at), party=party)


def certificate_question(
    request: HttpRequest, person_id: int, *, purpose: Purpose, at: datetime
) -> str:
    """JSON of what the key of the person's certificate is to sign; empty without one."""
    asked = Challenge(keys.new_challenge().hex(), purpose, at.isoformat())
    question = proving.to_sign(person_id, asked, at=at)
    if not question:
        return ""
    request.session[PROOF] = [asked.nonce, asked.purpose, asked.at]
    return json.dumps(question)


def certificate_asked(request: HttpRequest, *, at: datetime) -> Challenge | None:
    """What was asked of a certificate's key a moment ago, in this session, once."""
    kept = request.session.pop(PROOF, None)
    if kept is None:
        return None
    asked = Challenge(*kept)
    in_time = at - datetime.fromisoformat(asked.at) <= CHALLENGE_WITHIN
    return asked if in_time else None


def check(
    request: HttpRequest, person_id: int, given: dict[str, Any], *, purpose: Purpose, at: datetime
) -> Device:
    """What was shown, if it is good; refuses like `accounts.services.check_factor`.

    A recovery code lets a person in. It proves nothing later: the device may be in other hands.
    """
    address = web.address(request)
    if given["answer"]:
        return keys.check_key(
            person_id,
            given["answer"],
            challenge=challenged(request, at=at) or b"",
            party=party_of(request) or Party("", ""),
            purpose=purpose,
            address=address,
            at=at,
        )
    if given["certificate"]:
        return proving.check_certificate(
            person_id,
            given["certificate"],
            challenge=certificate_asked(request, at=at),
            purpose=purpose,
            address=address,
            at=at,
        )
    code = given["code"].strip()
    if purpose is Purpose.SIGN_IN and len(code) > DIGITS:
        return services.check_recovery_code(person_id, code, address=address, at=at)
    return devices.check_code(person_id, code, purpose=purpose, address=address, at=at)
