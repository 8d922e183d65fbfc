"""The demo's three custodians receive their shares, and bring them for the founding."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import localtime

from anxin.demo import shares as demo
from anxin.demo.cast import STAFF
from anxin.kernel.actors import Actor
from ca import api as ca
from people import api as people
from pki import custodians, shares
from pki.signer.offers import ACTIVATE, FOUNDING

_LIMITS = {FOUNDING: (8, 1000), ACTIVATE: (demo.HOURS, demo.SIGNATURES)}
CUSTODIANS = tuple(one.login for one in STAFF if "custodian" in one.roles)
HOST = next(one.name for one in STAFF if "security_admin" in one.roles)


def file() -> Path:
    """Where a demo's share files are, with their passphrases."""
    return Path(settings.HOME) / "demo-shares.json"


def folder() -> Path:
    """The same, as files to choose in a browser; the supervisor says where they are."""
    return Path(settings.HOME) / "demo-shares"


def guide(url: str) -> list[str]:
    """How it stands with the signer, and how two custodians activate it by hand; `url`: staff's."""
    said = ca.custody()
    if said["state"] == "active":
        until = f"{localtime(datetime.fromisoformat(said['until'])):%Y-%m-%d %H:%M (UTC%z)}"
        state = f"The signer is active until {until} and signs; nobody has to come."
    else:
        state = f"The signer is {said['state']} and signs nothing until two custodians come."
    held = demo.read(file())
    if not held:
        return [state, "This demo was made before there were shares: begin another ANXIN_HOME."]
    page = f"{url}{reverse('custody')}"
    demo.lay_out(folder(), held)
    return [
        state,
        "Two clicks activate a sealed one: two of these (密钥管理员), each in a window of",
        f"  their own, at {page}: 带来我的演示份额. The first click asks, the second activates.",
        f"  As real custodians do it: {HOST} (安全管理员) asks (发起启用). Within ten minutes two",
        "  of these choose their file (去提交份额), tick, 加密并提交份额. The page has filled in",
        "  the passphrase; it stands beside each file. Who was handed a share anew takes the file",
        "  they saved, and the passphrase they chose.",
    ]


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
    passwords = {one.login: one.password for one in people.demo_accounts()}
    held = [
        demo.Held(login, shares.seal_file(share, passwords[login]), passwords[login])
        for login, share in zip(CUSTODIANS, owned, strict=True)
    ]
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
