"""The demo's three custodians receive their shares, and bring them for the founding."""

import secrets
import string
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from anxin.demo import shares as demo
from anxin.demo.cast import STAFF
from anxin.kernel.actors import Actor
from ca import api as ca
from pki import custodians, shares
from pki.signer.custody import ACTIVATE, CEREMONY

_LIMITS = {CEREMONY: (8, 1000), ACTIVATE: (demo.HOURS, demo.SIGNATURES)}
CUSTODIANS = tuple(one.login for one in STAFF if "custodian" in one.roles)


def file() -> Path:
    """Where a demo's share files are, with their passphrases."""
    return Path(settings.HOME) / "demo-shares.json"


def hand_out_shares(actors: Mapping[str, Actor]) -> None:
    """Once: a signer that has a custody set keeps it."""
    if ca.custody()["state"] != "empty":
        return
    newcomers = [
        custodians.Newcomer(number, str(actors[login].person_id), actors[login].name)
        for number, login in zip(shares.NUMBERS, CUSTODIANS, strict=True)
    ]
    identity = bytes.fromhex(ca.custody()["identity"])
    sent = ca.hand_out([one.as_header() for one in newcomers])
    owned = [
        one.take(
            each["statement"].encode(),
            bytes.fromhex(each["signature"]),
            bytes.fromhex(each["sealed"]),
            identity=identity,
        )
        for one, each in zip(newcomers, sent, strict=True)
    ]
    held = []
    for login, share in zip(CUSTODIANS, owned, strict=True):
        passphrase = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
        held.append(demo.Held(login, shares.seal_file(share, passphrase), passphrase))
    demo.write(file(), held)  # before the receipts: a set in force whose shares are lost is lost
    for share in owned:
        number = share.share.number
        ca.received(share.set_id, number, custodians.receipt(share))


def activate(purpose: str) -> None:
    """The first two bring their shares."""
    hours, signatures = _LIMITS[purpose]
    identity = bytes.fromhex(ca.custody()["identity"])
    made = ca.offer(purpose, hours=hours, signatures=signatures)
    said = made["statement"].encode(), bytes.fromhex(made["signature"])
    for share in demo.opened(file()):
        ca.bring(*custodians.bring(share, *said, identity=identity))
