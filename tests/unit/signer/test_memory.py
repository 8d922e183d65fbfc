"""What the signer remembers by itself: the last list of each issuer, the journal's heads."""

from datetime import timedelta

import pytest

from pki import crls, der
from pki.errors import PkiError
from pki.hsm.vaults import SoftwareVault
from pki.signer import lists
from pki.signer.custody import Custody
from pki.signer.daemon import SigningService
from tests.support import signer as made
from tests.support.signer import DAY, NOW, SERIAL
from tests.unit.signer.test_service import USER, Desk

HEAD, OTHER = "a" * 64, "b" * 64
SECOND = timedelta(seconds=1)


@pytest.fixture
def desk(tmp_path):
    opened = Desk(tmp_path)
    yield opened
    opened.service.close()


def sign_list(desk, office, number, *, expired=(), released=(), **changes):
    """The rule that refused it, or ""."""
    tbs = office.list_tbs(number=number, **changes)
    named = {"expired": True, "released": [f"{serial:x}" for serial in released]}
    header = desk.ask("sign", tbs, b"".join(expired), key=office.label, kind="crl", **named)
    (refusal,) = header["refused"]
    return refusal["rule"] if refusal else ""


def entry(place, reason="keyCompromise"):
    return crls.Entry(SERIAL + place, NOW - DAY, reason)


def certificate(desk, office, place, **times):
    """One that the office has signed; NOT_AFTER decides whether it may leave a list."""
    tbs = office.tbs(USER, serial=SERIAL + place, **times)
    desk.ask("sign", tbs, key=office.label, kind="certificate")
    return made.certificates.assemble(tbs, desk.blobs[0])


def restarted(desk, tmp_path):
    desk.service.close()
    return Desk(tmp_path)


def test_a_number_of_a_list_is_given_once_and_never_goes_back(desk):
    office = desk.found()
    assert sign_list(desk, office, 7) == ""

    assert sign_list(desk, office, 6) == "policy.crl_number_back"
    assert sign_list(desk, office, 7, entries=[entry(2)]) == "policy.crl_number_back"
    assert sign_list(desk, office, 8) == ""


@pytest.mark.parametrize("known", [0, 7])
def test_numbers_are_not_used_up_by_one_list(desk, known):
    """After a list with the highest number of all there would be no other, for good."""
    office = desk.found()
    if known:
        sign_list(desk, office, known)
    ahead = known + lists.MOST_AHEAD

    assert sign_list(desk, office, 2**150) == "policy.crl_number_ahead"
    assert sign_list(desk, office, ahead + 1) == "policy.crl_number_ahead"
    assert sign_list(desk, office, ahead) == ""


def test_the_same_list_may_be_asked_for_again(desk):
    """A worker that lost the answer asks once more; nothing new is said by it."""
    office = desk.found()

    assert [sign_list(desk, office, 7), sign_list(desk, office, 7)] == ["", ""]


def test_a_later_number_with_an_earlier_date_is_refused(desk):
    office = desk.found()
    sign_list(desk, office, 7)

    assert sign_list(desk, office, 8, this_update=NOW - DAY / 2) == "policy.crl_goes_back"


def test_a_list_is_remembered_when_the_signer_is_started_again(desk, tmp_path):
    office = desk.found()
    sign_list(desk, office, 7)

    again = restarted(desk, tmp_path)

    assert sign_list(again, office, 6) == "policy.crl_number_back"


def test_each_issuer_has_its_own_numbers_and_one_founded_anew_begins_anew(desk):
    office, other = desk.found("issuing"), desk.found("other")
    sign_list(desk, office, 7)
    assert sign_list(desk, other, 1) == ""

    plan = made.ca_plan(office.public, office.name, serial=made.SERIAL + 9)
    tbs = made.certificates.encode(plan)
    desk.ask("sign", tbs, key="issuing", kind="ca-certificate")
    desk.ask("install_certificate", made.certificates.assemble(tbs, desk.blobs[0]), label="issuing")

    assert sign_list(desk, office, 1) == ""


def test_a_refused_list_is_not_remembered(desk):
    office = desk.found()

    assert sign_list(desk, office, 9, next_update=NOW + 30 * DAY) == "policy.next_update"
    assert sign_list(desk, office, 1) == ""


def test_no_list_forgets_what_the_last_one_told(desk, tmp_path):
    """CPS-4.9.3: not with a number that is high enough, either, nor after a new start."""
    office = desk.found()
    assert sign_list(desk, office, 7, entries=[entry(1), entry(2)]) == ""

    again = restarted(desk, tmp_path)

    assert sign_list(again, office, 8, entries=[entry(2)]) == "policy.crl_forgets"
    assert sign_list(again, office, 8, entries=[]) == "policy.crl_forgets"
    assert sign_list(again, office, 9, entries=[entry(2), entry(1), entry(3)]) == ""


def test_what_expired_before_the_last_list_leaves_by_showing_its_certificate(desk):
    """RFC 5280 3.3; the signer believes its own signature, not the caller."""
    office = desk.found()
    over = certificate(desk, office, 1, not_before=NOW - DAY / 2, not_after=NOW - DAY / 4)
    lasting = certificate(desk, office, 2, not_before=NOW - DAY / 2)
    sign_list(desk, office, 7, entries=[entry(1), entry(2)])
    forged = bytearray(lasting.replace(*ends(lasting, over)))

    assert sign_list(desk, office, 8, entries=[entry(2)]) == "policy.crl_forgets"
    for proof in (lasting, forged):
        told = sign_list(desk, office, 8, entries=[entry(1)], expired=[bytes(proof)])
        assert told == "policy.crl_forgets"
    assert sign_list(desk, office, 8, entries=[entry(2)], expired=[over]) == ""


def ends(lasting, over):
    """The ends of two certificates as they are written."""
    return [der.time(made.certificates.parse(one).not_after) for one in (lasting, over)]


def test_a_certificate_of_another_key_proves_nothing(desk):
    office, other = desk.found("issuing"), desk.found("other")
    over = certificate(desk, other, 1, not_before=NOW - DAY / 2, not_after=NOW - DAY / 4)
    sign_list(desk, office, 7, entries=[entry(1)])

    assert sign_list(desk, office, 8, entries=[], expired=[over]) == "policy.crl_forgets"
    assert sign_list(desk, office, 8, entries=[], expired=[b"0"]) == "der.truncated"


def test_only_a_hold_is_released_and_only_by_name(desk):
    """RFC 5280 5.3.1"""
    office = desk.found()
    sign_list(desk, office, 7, entries=[entry(1), entry(2, "certificateHold")])
    both = [SERIAL + 1, SERIAL + 2]

    assert sign_list(desk, office, 8, entries=[entry(1)]) == "policy.crl_forgets"
    assert sign_list(desk, office, 8, entries=[], released=both) == "policy.crl_forgets"
    assert sign_list(desk, office, 8, entries=[entry(1)], released=both) == ""


@pytest.mark.parametrize("reason", ["certificateHold", "removeFromCRL"])
def test_a_revocation_does_not_become_a_hold(desk, reason):
    office = desk.found()
    sign_list(desk, office, 7, entries=[entry(1)])

    assert sign_list(desk, office, 8, entries=[entry(1, reason)]) == "policy.crl_forgets"


def test_a_hold_becomes_a_revocation(desk):
    office = desk.found()
    sign_list(desk, office, 7, entries=[entry(1, "certificateHold")])

    assert sign_list(desk, office, 8, entries=[entry(1)]) == ""


def test_the_last_list_is_told_to_be_signed_again(desk, tmp_path):
    office = desk.found()
    desk.ask("last_list", key=office.label)
    assert desk.blobs == []
    sign_list(desk, office, 7)

    again = restarted(desk, tmp_path)
    again.ask("last_list", key=office.label)

    assert again.blobs == [office.list_tbs(number=7)]


@pytest.mark.parametrize("damaged", [b"", b"x" * 40, b"x" * 32 + b"\x30\x00"])
def test_a_damaged_memory_is_no_reason_to_forget(tmp_path, damaged):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "issuing").write_bytes(damaged)
    custody = Custody(tmp_path, SoftwareVault(tmp_path / "software"), now=lambda: NOW)

    with pytest.raises(PkiError) as refused:
        SigningService(custody, tmp_path, now=lambda: NOW)

    assert refused.value.rule == "signer.lists"


# -- heads --------------------------------------------------------------------------------------


def heads(desk, after=0):
    desk.ask("heads", after=after)
    return desk.blobs[0].decode().splitlines()


def test_heads_are_kept_in_order_and_for_ever(desk, tmp_path):
    desk.ask("note_head", seq=3, digest=HEAD)
    desk.ask("note_head", seq=3, digest=HEAD)
    desk.now += SECOND
    desk.ask("note_head", seq=9, digest=OTHER)

    again = restarted(desk, tmp_path)

    assert heads(again) == [f"3 {HEAD}", f"9 {OTHER}"]
    assert heads(again, after=3) == [f"9 {OTHER}"]
    assert again.refused("note_head", seq=8, digest=HEAD) == "journal.head_back"


def test_another_digest_at_the_same_place_is_refused(desk):
    desk.ask("note_head", seq=3, digest=HEAD)

    assert desk.refused("note_head", seq=3, digest=OTHER) == "journal.head_back"
    assert desk.refused("note_head", seq=2, digest=HEAD) == "journal.head_back"
    assert heads(desk) == [f"3 {HEAD}"]


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"seq": 0, "digest": HEAD}, "journal.head"),
        ({"seq": 1, "digest": "A" * 64}, "journal.head"),
        ({"seq": 1, "digest": HEAD + "\n9 "}, "journal.head"),
        ({"seq": True, "digest": HEAD}, "signer.request"),
        ({"seq": 1}, "signer.request"),
    ],
)
def test_what_is_no_head_is_not_kept(desk, asked, rule):
    assert desk.refused("note_head", **asked) == rule
    assert heads(desk) == []


def test_half_a_line_of_a_full_disk_is_no_head(desk, tmp_path):
    desk.ask("note_head", seq=3, digest=HEAD)
    with (tmp_path / "heads.lines").open("a") as file:
        file.write(f"\n5 {OTHER[:30]}")

    again = restarted(desk, tmp_path)
    again.now += SECOND
    again.ask("note_head", seq=4, digest=OTHER)

    assert heads(again) == [f"3 {HEAD}", f"4 {OTHER}"]


@pytest.mark.parametrize(("seq", "rule"), [(3 + 600_000, ""), (4 + 600_000, "journal.head_ahead")])
def test_a_head_that_no_chain_has_reached_is_refused(desk, tmp_path, seq, rule):
    """One far ahead would have every later one refused."""
    desk.ask("note_head", seq=3, digest=HEAD)
    again = restarted(desk, tmp_path)
    again.now += 60 * SECOND

    answer = again.ask("note_head", seq=seq, digest=OTHER)

    assert answer.get("error", {}).get("rule", "") == rule
    assert len(heads(again)) == (1 if rule else 2)


def test_not_even_the_first_head_is_out_of_this_world(desk):
    assert desk.refused("note_head", seq=2**62, digest=HEAD) == "journal.head_ahead"
