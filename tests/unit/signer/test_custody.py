"""From two shares to an open token: what counts, what does not, and what it leaves behind."""

import json
import os
import re
import stat
from dataclasses import replace
from datetime import timedelta

import pytest

from pki import ceremonies, custodians, keys, passphrases, shares, statements
from pki.errors import Malformed, PkiError, Refused, TokenError
from pki.hsm.vaults import SoftwareVault
from pki.signer import homes
from pki.signer.custody import ANYBODY, Custody
from pki.signer.custodyset import newcomers_digest
from tests.support import signer as made
from tests.support.signer import NOW, hand_out, newcomers

AGREED = made.script("backup", "issuing", "KC-2026-001")


class Room:
    """A signer's custody and its three custodians."""

    def __init__(self, home) -> None:
        self.home, self.now, self.spare = home, NOW, None
        self.start()
        self.custodians = hand_out(self.custody)

    def start(self) -> None:
        vault = SoftwareVault(self.home / "software")
        self.custody = Custody(
            self.home, vault, now=lambda: self.now, first=ANYBODY, spare=self.spare
        )

    @property
    def identity(self) -> bytes:
        return bytes.fromhex(self.custody.report()["identity"])

    @property
    def state(self) -> str:
        return self.custody.report()["state"]

    def offer(self, purpose: str = "activate", **asked: object) -> tuple[bytes, bytes]:
        fields = {"hours": 8, "signatures": 100} | asked
        said = self.custody.offer(purpose, **fields)
        return said["statement"].encode(), bytes.fromhex(said["signature"])

    def answer(self, place: int, offer: tuple[bytes, bytes]) -> custodians.Brought:
        return custodians.bring(self.custodians[place], *offer, identity=self.identity)

    def bring(self, place: int, offer: tuple[bytes, bytes]) -> dict:
        return self.custody.bring(*self.answer(place, offer))

    def activate(self, purpose: str, **asked: object):
        offer = self.offer(purpose, **asked)
        self.bring(0, offer)
        self.bring(1, offer)
        return self.custody.use()

    def refused(self, *brought: object) -> str:
        before = self.custody.report()
        with pytest.raises(PkiError) as refusal:
            self.custody.bring(*brought)
        assert self.custody.report() == before
        return refusal.value.rule


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path)


@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (1, 2), (2, 0)])
def test_any_two_of_three_activate_and_one_alone_does_not(room, pair):
    """CPS-6.2.2, CPS-6.2.8"""
    offer = room.offer()

    assert room.bring(pair[0], offer) == {"accepted": [pair[0] + 1], "active": False}
    assert room.state == "sealed"
    assert room.bring(pair[1], offer)["active"]
    report = room.custody.report()
    assert (report["state"], report["purpose"]) == ("active", "activate")
    assert report["signatures_left"] == 100
    assert room.custody.use().token.description.code == "software"


def test_a_wrong_share_is_refused_and_spoils_nothing(room, tmp_path):
    """CPS-6.2.8: a custodian's own key, and somebody else's share."""
    (tmp_path / "other").mkdir()
    other = Room(tmp_path / "other")
    offer = room.offer()
    room.bring(0, offer)
    owned, foreign = room.custodians[1], other.custodians[1]
    forged = shares.ShareFile(
        owned.set_id, owned.signer, owned.person, owned.name, foreign.share, owned.key
    )

    wrong = custodians.bring(forged, *offer, identity=room.identity)

    assert room.refused(*wrong) == "custody.wrong_share"
    assert room.bring(1, offer)["active"]


def test_two_good_shares_of_another_secret_open_nothing(room):
    """CPS-6.2.8: the whole has a check value, too."""
    kept = json.loads((room.home / "custody.json").read_text()) | {"check": "00" * 8}
    (room.home / "custody.json").write_text(json.dumps(kept))
    room.start()
    offer = room.offer()
    room.bring(0, offer)

    with pytest.raises(Refused) as refused:
        room.bring(1, offer)

    assert (refused.value.rule, room.state) == ("custody.wrong_share", "sealed")


def test_a_stop_forgets_the_share_that_waits(room):
    """CPS-6.2.9: whoever comes second after it opens nothing."""
    offer = room.offer()
    room.bring(0, offer)
    share = waiting(room)

    room.custody.seal()

    assert room.refused(*room.answer(1, offer)) == "custody.offer"
    assert not any(share)


def waiting(room) -> bytearray:
    """The first custodian's share, as the signer has it in memory."""
    (offer,) = room.custody._offers.values()
    assert any(offer.shares[1])
    return offer.shares[1]


def test_the_same_share_twice_is_not_two(room):
    offer = room.offer()
    brought = room.answer(0, offer)
    room.custody.bring(*brought)

    assert room.refused(*brought) == "custody.twice"
    assert room.refused(*room.answer(0, offer)) == "custody.twice"
    assert room.state == "sealed"


def test_nobody_brings_a_share_in_anothers_name(room):
    offer = room.offer()
    brought = room.answer(0, offer)

    assert room.refused(*brought._replace(number=2)) == "custody.signature"
    assert room.refused(*brought._replace(number=4)) == "custody.seat"
    assert room.refused(*brought._replace(signature=bytes(64))) == "custody.signature"
    altered = brought.sealed[:-1] + bytes([brought.sealed[-1] ^ 1])
    assert room.refused(*brought._replace(sealed=altered)) == "custody.signature"
    assert room.refused(*brought._replace(session="0" * 32)) == "custody.offer"


def test_a_share_for_one_offer_is_none_for_another(room):
    """A replay, and an operation swapped under the custodians."""
    wanted, other = room.offer(), room.offer("founding")
    session = json.loads(other[0])["session"]

    assert room.refused(*room.answer(0, wanted)._replace(session=session)) == "custody.signature"
    room.bring(0, wanted)
    brought = room.answer(1, wanted)
    room.custody.bring(*brought)
    assert room.custody.report()["purpose"] == "activate"
    room.custody.seal()
    assert room.refused(*brought) == "custody.offer"


def test_a_share_opens_only_for_the_offer_and_the_seat_it_was_sealed_for(room):
    """CPS-6.2.8: to the right key, and signed as it should be; RFC 9180 5.1, `info`."""
    offer, other = room.offer(), room.offer("founding")
    owned, digest = room.custodians[0], statements.digest(offer[0])

    def sealed_for(asked: bytes, number: int) -> custodians.Brought:
        info = shares.in_transit(statements.digest(asked), number)
        point = bytes.fromhex(json.loads(offer[0])["key"])
        sealed = shares.seal_to(point, owned.share.value, info)
        signed = shares.bringing(digest, 1, statements.digest(sealed))
        return room.answer(0, offer)._replace(
            signature=statements.sign(owned.key, signed), sealed=sealed
        )

    assert room.refused(*sealed_for(other[0], 1)) == "shares.sealed"
    assert room.refused(*sealed_for(offer[0], 2)) == "shares.sealed"
    assert room.custody.bring(*sealed_for(offer[0], 1))["accepted"] == [1]


def test_shares_that_wait_die_after_ten_minutes(room):
    offer = room.offer()
    room.bring(0, offer)
    share = waiting(room)
    room.now += timedelta(minutes=10)

    assert room.refused(*room.answer(1, offer)) == "custody.offer"
    assert not any(share)
    again = room.offer()
    assert not room.bring(1, again)["active"]
    assert room.bring(0, again)["active"]


def test_eight_offers_wait_at_most(room):
    first, *others = [room.offer() for _ in range(9)]

    assert room.refused(*room.answer(0, first)) == "custody.offer"
    for offer in others:
        room.bring(0, offer)


def test_an_activation_ends_with_its_hours(room):
    """CPS-6.2.9"""
    offer = room.offer(hours=2)
    room.bring(0, offer)
    room.bring(1, offer)
    room.now += timedelta(hours=2, seconds=-1)
    assert room.state == "active"
    renewal = room.offer()
    room.bring(0, renewal)
    room.now += timedelta(seconds=1)

    with pytest.raises(TokenError) as refused:
        room.custody.use(1)
    assert refused.value.rule == "signer.sealed"
    assert room.state == "sealed"
    assert room.bring(1, renewal)["active"]  # the end of one does not disturb the next


def test_an_activation_ends_with_its_signatures(room):
    offer = room.offer(signatures=10)
    room.bring(0, offer)
    room.bring(1, offer)
    room.custody.use(7)

    for wanted, rule in ((4, "signer.limit"), (3, ""), (0, "signer.sealed")):
        try:
            room.custody.use(wanted)
            refused = ""
        except TokenError as error:
            refused = error.rule
        assert refused == rule


@pytest.mark.parametrize(
    ("purpose", "asked", "rule"),
    [
        ("open", {}, "custody.purpose"),
        ("activate", {"script": AGREED}, "custody.script"),
        ("ceremony", {}, "custody.script"),
        ("ceremony", {"script": b"{}"}, "custody.script"),
        ("activate", {"hours": 0}, "custody.limits"),
        ("activate", {"hours": 24 * 92 + 1}, "custody.limits"),
        ("ceremony", {"script": AGREED, "hours": 9}, "custody.limits"),
        ("activate", {"signatures": 0}, "custody.limits"),
    ],
)
def test_what_nobody_may_be_asked_for(room, purpose, asked, rule):
    with pytest.raises(PkiError) as refused:
        room.offer(purpose, **asked)
    assert refused.value.rule == rule


def test_daily_work_makes_no_keys(room):
    """CPS-6.1.1a"""
    assert room.activate("activate").mandate is None
    assert room.activate("ceremony", script=AGREED).mandate.keys == ("issuing",)


def test_outside_a_demo_no_keys_are_made_without_a_ceremony(room):
    """CPS-6.1.1a"""
    vault = SoftwareVault(room.home / "software")
    custody = Custody(room.home, vault, now=lambda: room.now, first="somebody")

    with pytest.raises(Refused) as refused:
        custody.offer("founding", hours=1, signatures=1)

    assert refused.value.rule == "custody.founding"


def test_an_offer_says_which_script_and_whose_keys(room):
    """CPS-6.2.2: custodians see what the signer will do, in its own words."""
    script = made.script("rollover", "nmg-2", superior="", succeeds="nmg")

    said = json.loads(room.offer("ceremony", script=script)[0])

    assert (said["what"], said["ceremony"], said["kind"]) == (
        "anxin offer 2",
        "KC-2026-007",
        "rollover",
    )
    assert (said["script"], said["keys"]) == (ceremonies.digest(script), "nmg-2 nmg")


def test_what_was_brought_for_a_ceremony_ends_with_it_and_with_no_other(room):
    """CPS-6.2.9"""
    room.activate("ceremony", script=AGREED)
    assert not room.custody.seal("KC-2026-002")
    assert room.state == "active"

    assert room.custody.seal("KC-2026-001")
    assert room.state == "sealed"
    room.activate("activate")
    assert not room.custody.seal("KC-2026-001")  # asked for again, too late
    assert room.state == "active"


def resplit(room) -> list[shares.ShareFile]:
    """Handed out anew to three others; what they have now."""
    people = newcomers()
    named = newcomers_digest([one.as_header() for one in people])
    offer = room.offer("resplit", newcomers=named, hours=1)
    room.bring(0, offer)
    room.bring(1, offer)
    return hand_out(room.custody, people)


def opens(custody: Custody, files: list[shares.ShareFile]) -> bool:
    try:
        made.activate(custody, files[:2], "activate")
    except PkiError:
        return False
    return True


@pytest.fixture
def second(room, tmp_path):
    """The home of the second device, in use; second() is a signer's custody on it."""
    home = tmp_path / "spare"
    home.mkdir(mode=0o700)
    for name in ("identity.key", "custody.json"):
        (home / name).write_bytes((tmp_path / name).read_bytes())
    room.spare = home
    room.start()
    return lambda: Custody(home, SoftwareVault(home / "software"), now=lambda: room.now)


def test_after_a_resplit_the_shares_of_before_open_the_second_device_no_more(room, second):
    """CPS-6.2.8"""
    before = room.custodians
    assert opens(second(), before)

    after = resplit(room)

    assert opens(second(), after)
    assert not opens(second(), before)


def test_a_resplit_waits_while_a_signer_works_on_the_second_device(room, second):
    """CPS-6.2.8: nothing is in force here that is not in force there."""
    before, lock = room.custody.report()["set"], homes.take(room.spare)
    with pytest.raises(Refused) as refused:
        resplit(room)
    assert refused.value.rule == "signer.home"
    assert room.custody.report()["set"] == before
    os.close(lock)


def test_a_resplit_that_was_broken_off_reaches_the_second_device_with_the_next_start(room, second):
    old = (room.spare / "custody.json").read_bytes()
    before = room.custodians
    room.now += timedelta(seconds=1)
    after = resplit(room)
    (room.spare / "custody.json").write_bytes(old)

    room.start()

    assert opens(second(), after)
    assert not opens(second(), before)


def test_after_a_restart_everything_waits_for_two_again(room):
    offer = room.offer()
    room.bring(0, offer)
    room.bring(1, offer)
    room.start()

    assert room.state == "sealed"
    assert room.refused(*room.answer(2, offer)) == "custody.offer"
    again = room.offer()
    room.bring(2, again)
    assert room.bring(0, again)["active"]


def test_what_is_kept_opens_nothing_and_is_for_the_signer_alone(room):
    """CPS-6.2.8: no secret of the custodians stands in a file."""
    content = b"".join(path.read_bytes() for path in room.home.rglob("*") if path.is_file())
    parts = [one.share.value for one in room.custodians]
    key = bytes(shares.combine(one.share for one in room.custodians[:2]))

    for secret in (*parts, key):
        assert secret not in content
        assert secret.hex().encode() not in content
    for path in (room.home / "identity.key", room.home / "custody.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


# -- handing out --------------------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path):
    vault = SoftwareVault(tmp_path / "software")
    return Custody(tmp_path, vault, now=lambda: NOW)


PEOPLE = [custodians.Newcomer(number, f"p{number}", "某人") for number in shares.NUMBERS]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"person": "p2"}, "custody.people"),
        ({"key": PEOPLE[1].as_header()["key"]}, "custody.people"),
        ({"number": 2}, "custody.people"),
        ({"number": 4}, "custody.request"),
        ({"key": keys.generate("sm2").public.spki.hex()}, "statement.curve"),
        ({"transport": "04" + "11" * 64}, "shares.point"),
        ({"transport": "zz"}, "custody.request"),
        ({"name": "x" * 201}, "custody.request"),
    ],
)
def test_three_different_people_hold_a_share_each(empty, changes, rule):
    """CPS-6.2.2"""
    wanted = [PEOPLE[0].as_header() | changes, *(one.as_header() for one in PEOPLE[1:])]

    with pytest.raises(PkiError) as refused:
        empty.hand_out(wanted)

    assert refused.value.rule == rule
    with pytest.raises(Refused, match=r"custody\.people|custody\.request"):
        empty.hand_out([one.as_header() for one in PEOPLE[:2]])


def test_a_set_is_in_force_after_the_third_receipt(empty):
    """CPS-6.4: handed out and received, with a record signed by each."""
    identity = bytes.fromhex(empty.report()["identity"])
    with pytest.raises(Refused) as refused:
        empty.offer("activate", hours=1, signatures=1)
    assert refused.value.rule == "custody.empty"
    sent = empty.hand_out([one.as_header() for one in PEOPLE])
    owned = [
        one.take(
            each["statement"].encode(),
            bytes.fromhex(each["signature"]),
            bytes.fromhex(each["sealed"]),
            identity=identity,
        )
        for one, each in zip(PEOPLE, sent, strict=True)
    ]
    receipts = [custodians.receipt(one) for one in owned]
    set_id = owned[0].set_id

    with pytest.raises(Refused) as refused:
        empty.received(set_id, 1, receipts[1])
    assert refused.value.rule == "custody.signature"
    assert [empty.received(set_id, place, receipts[place - 1]) for place in (1, 1, 2)] == [2, 2, 1]
    assert empty.report()["state"] == "empty"
    assert empty.received(set_id, 3, receipts[2]) == 0
    assert empty.report()["state"] == "sealed"
    for late in (set_id, "another"):
        with pytest.raises(Refused) as refused:
            empty.received(late, 3, receipts[2])
        assert refused.value.rule == "custody.no_handing_out"


def test_a_share_opens_for_its_owner_only(empty):
    identity = bytes.fromhex(empty.report()["identity"])
    sent = empty.hand_out([one.as_header() for one in PEOPLE])
    statement = sent[0]["statement"].encode()
    parts = [bytes.fromhex(sent[0][name]) for name in ("signature", "sealed")]

    with pytest.raises(Refused) as refused:
        PEOPLE[1].take(statement, *parts, identity=identity)
    assert refused.value.rule == "shares.check"
    with pytest.raises(Refused) as refused:
        PEOPLE[0].take(statement, *parts, identity=shares.public_of(shares.new_key()))
    assert refused.value.rule == "shares.signer"
    altered = parts[1][:-1] + bytes([parts[1][-1] ^ 1])
    with pytest.raises(Refused) as refused:
        PEOPLE[0].take(statement, parts[0], altered, identity=identity)
    assert refused.value.rule == "shares.sealed"


def test_another_set_needs_two_shares_of_the_one_in_force(room):
    """CPS-6.2.2: a re-split."""
    with pytest.raises(Refused) as refused:
        hand_out(room.custody)
    assert refused.value.rule == "custody.resplit"
    people = newcomers()
    named = newcomers_digest([one.as_header() for one in people])
    old, offer = room.custodians, room.offer("resplit", hours=1, newcomers=named)
    room.bring(0, offer)
    assert not room.bring(1, offer)["active"]
    for others in (newcomers(), [*people[:2], replace(people[2], transport=shares.new_key())]):
        with pytest.raises(Refused) as refused:
            hand_out(room.custody, others)  # who relays cannot put his own keys there
        assert refused.value.rule == "custody.resplit"

    room.custodians = hand_out(room.custody, people)

    with pytest.raises(Refused) as refused:
        custodians.bring(old[0], *room.offer(), identity=room.identity)
    assert refused.value.rule == "shares.set"
    again = room.offer()
    room.bring(1, again)
    assert room.bring(2, again)["active"]
    with pytest.raises(Refused):
        hand_out(room.custody, people)  # once


def test_sealing_ends_a_handing_out_and_what_allowed_it(room):
    people = newcomers()
    named = newcomers_digest([one.as_header() for one in people])
    offer = room.offer("resplit", hours=1, newcomers=named)
    room.bring(0, offer)
    room.bring(1, offer)
    room.custody.seal()
    with pytest.raises(Refused) as refused:
        hand_out(room.custody, people)
    assert refused.value.rule == "custody.resplit"
    for wrong in ({"purpose": "activate", "newcomers": named}, {"purpose": "resplit"}):
        with pytest.raises(Refused) as refused:
            room.offer(**wrong)
        assert refused.value.rule == "custody.newcomers"


def test_what_allowed_a_handing_out_is_wiped_when_its_hour_is_over(room):
    named = newcomers_digest([one.as_header() for one in newcomers()])
    offer = room.offer("resplit", hours=1, newcomers=named)
    room.bring(0, offer)
    room.bring(1, offer)
    secret = room.custody._resplit.secret
    room.now += timedelta(hours=1)

    room.custody.report()

    assert not any(secret)


def test_over_keys_that_are_there_only_the_three_who_were_named_receive_shares(tmp_path):
    """Who relays the first handing out has no keys of a CA for it."""
    Room(tmp_path).activate("founding").token.generate("issuing", "sm2")
    (tmp_path / "custody.json").unlink()
    initial = tmp_path / "initial"
    initial.touch(mode=0o600)
    initial.write_text("what opened them until now")
    people = newcomers()
    named = newcomers_digest([one.as_header() for one in people])

    def custody(first: str) -> Custody:
        vault = SoftwareVault(tmp_path / "software", initial)
        return Custody(tmp_path, vault, now=lambda: NOW, first=first)

    for first in ("", newcomers_digest([one.as_header() for one in newcomers()])):
        with pytest.raises(Refused) as refused:
            hand_out(custody(first), people)
        assert refused.value.rule == "custody.first"
    assert len(hand_out(custody(named), people)) == 3


def test_an_activation_names_its_ceremony(room):
    room.activate("ceremony", script=AGREED)

    report = room.custody.report()
    assert (report["ceremony"], report["script"]) == ("KC-2026-001", ceremonies.digest(AGREED))


# -- share files --------------------------------------------------------------------------------


def test_a_share_file_opens_with_its_passphrase_and_with_no_other(room):
    """CPS-6.4.2"""
    owned = room.custodians[0]
    text = shares.seal_file(owned, "correct horse battery")

    opened = shares.open_file(text, "correct horse battery")

    assert (opened.share, opened.set_id, opened.name) == (owned.share, owned.set_id, owned.name)
    assert shares.public_of(opened.key) == shares.public_of(owned.key)
    with pytest.raises(Refused) as refused:
        shares.open_file(text, "correct horse batterx")
    assert refused.value.rule == "shares.passphrase"
    assert owned.share.value.hex() not in text


@pytest.mark.parametrize("name", ["set", "signer", "number", "person", "name", "salt", "iv"])
def test_nothing_of_a_share_file_can_be_changed(room, name):
    fields = json.loads(shares.seal_file(room.custodians[0], "correct horse battery"))
    fields[name] = {"number": "2", "salt": "00" * 16, "iv": "00" * 12}.get(name, "somebody")

    with pytest.raises(Refused) as refused:
        shares.open_file(json.dumps(fields), "correct horse battery")

    assert refused.value.rule == "shares.passphrase"


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "another 1"},
        {"kdf": "none"},
        {"rounds": "599999"},
        {"rounds": "99999999"},
        {"number": "4"},
        {"salt": "x"},
        {"sealed": 7},
    ],
)
def test_what_is_no_share_file_is_told(room, changes):
    fields = json.loads(shares.seal_file(room.custodians[0], "correct horse battery")) | changes

    for text in (json.dumps(fields), "[]", "no json", "{}"):
        with pytest.raises(Malformed) as refused:
            shares.open_file(text, "correct horse battery")
        assert refused.value.rule == "shares.file"


def test_a_passphrase_is_tried_slowly_whoever_made_the_file():
    """CPS-6.4.2: 600,000 rounds at least, in browsers and here."""
    script = (made.ROOT / "static/js/custody.js").read_text()
    (in_browsers,) = re.findall(r"const ROUNDS = (\d+);", script)

    here = passphrases.COSTS[passphrases.PBKDF2]["rounds"].written
    assert 600_000 <= here == int(in_browsers)


def test_an_offer_is_believed_from_the_signer_of_the_share_only(room, tmp_path):
    (tmp_path / "other").mkdir()
    other = Room(tmp_path / "other")

    with pytest.raises(Refused) as refused:
        custodians.bring(room.custodians[0], *other.offer(), identity=other.identity)
    assert refused.value.rule == "shares.signer"
    statement, signature = room.offer()
    changed = statement.replace(b'"hours":"8"', b'"hours":"9"')
    with pytest.raises(Refused) as refused:
        custodians.bring(room.custodians[0], changed, signature, identity=room.identity)
    assert refused.value.rule == "shares.signer"
    with pytest.raises(Malformed):
        shares.fields_of(statement, shares.HANDED_OUT)
    assert statements.digest(statement) != statements.digest(changed)


def test_damaged_files_stop_the_start(room):
    (room.home / "custody.json").write_text("{}")

    with pytest.raises(TokenError) as refused:
        room.start()

    assert refused.value.rule == "signer.custody"
    assert room.now == made.NOW
