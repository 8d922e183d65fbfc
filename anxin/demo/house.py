"""The demo's staff, offices and hierarchy. Every step looks at what is there already."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from anxin.demo.cast import STAFF, Staff
from anxin.demo.custody import activate, hand_out_shares
from anxin.demo.files import file_of
from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from ca import api as ca
from people import api as people
from pki.signer.offers import ACTIVATE, FOUNDING
from ra.branches.rules import Authority
from ra.branches.services import install_authority, open_office

OFFICES = (  # code, name, kind, above
    ("CA", "安信电子认证（演示）", "authority", ""),
    ("NMG", "内蒙古注册中心（演示）", "authority", "CA"),
    ("NMG-01", "栖原受理点（演示）", "service_point", "NMG"),
    ("NMG-02", "临溪受理点（演示）", "service_point", "NMG"),
)
FOUNDED_BEFORE = timedelta(days=60)  # the story's oldest certificate is younger
Say = Callable[[str], None]


def furnish(say: Say, *, at: datetime) -> dict[str, Actor]:
    """Offices, people, CA keys and certificates; returns the people by login."""
    for code, name, kind, above in OFFICES:
        opened = at - FOUNDED_BEFORE
        act = partial(
            open_office, code, name=name, kind=kind, parent=above, actor=SYSTEM, at=opened
        )
        _unless_there("branches.taken", act)
    _authorise("NMG", at=at)
    actors = _hire(at=at)
    say(f"{len(OFFICES)} offices, {len(actors)} people")
    hand_out_shares(actors)
    activate(FOUNDING)
    codes = ca.found_demo_hierarchy(
        actor=SYSTEM, at=at - FOUNDED_BEFORE, entropy=secrets.token_bytes
    )
    activate(ACTIVATE)
    say("authorities: " + ", ".join(codes))
    return actors


def _authorise(code: str, *, at: datetime) -> None:
    """What the RA may take in, from the year of its oldest application on."""
    began = (at - FOUNDED_BEFORE).date()
    everything = tuple(sorted(profile.code for profile in ca.profiles()))
    terms = Authority("NMG-2026-01", everything, 5000, began, began + timedelta(days=1095))
    act = partial(install_authority, code, terms, actor=SYSTEM, at=at)
    _unless_there("branches.authorised_already", act)


def _hire(*, at: datetime) -> dict[str, Actor]:
    """The accounts file first: a person whose password nobody knows would be of no use."""
    known = {account.login: account for account in people.demo_accounts()}
    accounts = {
        one.login: known.get(one.login) or people.new_demo_account(one.login, one.name, one.roles)
        for one in STAFF
    }
    people.write_demo_accounts(accounts.values())
    return {
        one.login: _employ(one, accounts[one.login].password, accounts[one.login].key, at=at)
        for one in STAFF
    }


def _employ(one: Staff, password: str, key: str, *, at: datetime) -> Actor:
    ids = people.staff_matching(one.login)
    if not ids:
        person_id = people.create_staff(
            one.login,
            name=one.name,
            staff_number=one.number,
            password=password,
            office=one.office,
            must_change_password=False,
            actor=SYSTEM,
            at=at,
        )
        people.enrol_device(person_id, bytes.fromhex(key), actor=SYSTEM, at=at)
        ids = [person_id]
    _unless_there("trust.file_already", partial(file_of, one, ids[0], at=at))
    for role in one.roles:
        act = partial(people.appoint, ids[0], people.Role(role), actor=SYSTEM, at=at)
        _unless_there("trust.appointed_already", act)
    roles = frozenset(one.roles)
    return Actor(ids[0], one.name, roles, "127.0.0.1", one.office, proved_at=at)


def _unless_there(rule: str, act: Callable[[], object]) -> None:
    try:
        act()
    except Refusal as refusal:
        if refusal.kind is not Kind.CONFLICT or refusal.rule != rule:
            raise
