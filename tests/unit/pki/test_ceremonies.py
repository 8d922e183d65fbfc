"""The record of a ceremony is proved off the system, and the first thing wrong is named.

CPS-5.2.2, CPS-6.1.1a
"""

import json
from datetime import timedelta

import pytest

from ca.ceremonies import rules
from ca.ceremonies.kinds import Part
from ca.ceremonies.rules import Person
from pki import (
    ceremonies,
    certificates,
    extensions,
    keys,
    names,
    publickeys,
    readback,
    requests,
    statements,
    votes,
)
from pki.__main__ import main
from pki.certificates import Plan
from pki.errors import BadSignature, Malformed, Refused
from pki.sm.sm3 import sm3
from tests.support.ceremonies import (
    APPROVAL,
    PEOPLE,
    VOTERS,
    Room,
    draft,
    enrolling_vote,
    enrolment_of,
)
from tests.support.ceremonies import AT as HELD_AT
from tests.support.pki import DAY, hierarchy
from tests.support.voting import pen

TREE = hierarchy("sm2")


def refused(room_or_record) -> Refused:
    record = room_or_record.record() if isinstance(room_or_record, Room) else room_or_record
    with pytest.raises(Refused) as refusal:
        ceremonies.check(record)
    return refusal.value


def changed(room: Room, seq: int, **fields: object) -> None:
    line = room.lines[seq - 1]
    line["text"] = json.dumps(
        json.loads(line["text"]) | fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def test_a_whole_record_holds():
    found = ceremonies.check(Room().run().record())

    assert (found.number, found.kind, found.drill) == ("KC-2026-001", "generate_root", False)
    assert found.end == "finished"
    assert found.attestations == 5 + 2 + 4 + 4 + 5
    assert found.keys["8"] == statements.fingerprint(pen(8).public)


def test_a_drill_says_so_in_its_record():
    assert ceremonies.check(Room(draft(drill=True)).run().record()).drill


def test_a_changed_line_is_named():
    room = Room().run()
    changed(room, 4, at="2026-11-20T09:59:59+00:00")

    assert refused(room).rule == "ceremony.line_changed"
    assert refused(room).reason == "Line 4 was changed."


def test_a_dropped_line_is_named():
    room = Room().run()
    del room.lines[5]

    assert (refused(room).rule, refused(room).reason) == (
        "ceremony.line_missing",
        "Line 6 is missing.",
    )


def test_a_line_that_stands_twice_is_named():
    room = Room().run()
    room.lines.insert(3, room.lines[2])

    assert refused(room).rule == "ceremony.line_extra"


@pytest.mark.parametrize("left", [1, 10])
def test_lines_missing_at_the_end_are_missed(left):
    room = Room().run()
    del room.lines[-left:]
    last = len(room.lines)
    room.attestations = [one for one in room.attestations if one["seq"] <= last]

    assert refused(room).rule == "ceremony.line_missing"


def test_nothing_follows_after_the_end():
    room = Room().run()
    room.add("finished")

    assert refused(room).rule == "ceremony.line_extra"


def test_a_changed_script_is_named():
    room = Room().run()
    record = room.record() | {"script": room.script.replace("HSM-A", "HSM-B")}

    assert refused(record).rule == "ceremony.script_changed"


def test_a_changed_script_with_a_digest_that_fits_is_named():
    room = Room().run()
    script = room.script.replace("HSM-A", "HSM-B")
    digest = ceremonies.digest(script.encode())

    assert refused(room.record() | {"script": script, "digest": digest}).rule == "ceremony.votes"


def test_a_script_changed_throughout_needs_signatures_nobody_gave():
    """A forger who makes every digest anew still has no key of those present."""
    room = Room().run()
    room.script = room.script.replace("HSM-A", "HSM-B")
    room.digest = ceremonies.digest(room.script.encode())
    changed(room, 1, details={"script": room.digest, "approval": str(APPROVAL)})
    room.seal_again()

    assert refused(room).rule == "ceremony.votes"
    room.votes[:2] = [room.vote(person) for person in VOTERS]  # not even if two had agreed to it
    assert refused(room).rule == "ceremony.statement"


def test_a_missing_attestation_is_named():
    room = Room().run()
    gone = room.attestations.pop(3)

    assert refused(room).rule == "ceremony.attestation_missing"
    assert f"Line {gone['seq']}" in refused(room).reason


def test_a_step_without_one_of_those_it_asks_is_named():
    room = Room().run(without=9)

    assert refused(room).rule == "ceremony.attestation_missing"
    assert "person 9" in refused(room).reason


def test_a_foreign_key_is_named():
    room = Room()
    room.said["steps"] = room.said["steps"][:1]
    room.add("began", "gather", 7, round="1")
    room.attest("gather", 8, "", key=pen(99))
    room.attestations[0]["enrolment"] = json.dumps(
        {"person": 8, "key": 1, "fingerprint": statements.fingerprint(pen(8).public)}
    )

    assert refused(room).rule == "ceremony.key"


def test_a_key_put_in_the_place_of_the_one_in_the_line_is_named():
    room = Room().run()
    room.attestations[0]["public_key"] = pen(99).public.hex()

    assert refused(room).rule == "ceremony.key"


def test_a_key_enrolled_for_somebody_else_is_named():
    room = Room().run()
    enrolment = json.loads(room.attestations[0]["enrolment"]) | {"person": 10}
    room.attestations[0]["enrolment"] = json.dumps(enrolment)

    assert refused(room).rule == "ceremony.key"


NAMES = {one.id: one.name for one in PEOPLE}
OPERATOR = "1.2.156.112578.7.4.1"  # a policy as our operators' certificates have it


def certificate(person: int, public_key: bytes, **changes: object) -> str:
    """Of an operator, as `ca/operators` orders it."""
    policy = changes.pop("policy", OPERATOR)
    said = {"name": NAMES.get(person, "某人"), "number": f"S-{person}"} | changes.pop("said", {})
    subject = [("C", "CN"), ("O", "AnXin CA"), ("CN", said["name"])]
    fields = {
        "serial": 1 << 80,
        "issuer": TREE.ca.name.der,
        "subject": names.build([*subject, ("serialNumber", said["number"])]),
        "public_key": publickeys.parse(public_key),
        "not_before": HELD_AT - DAY,
        "not_after": HELD_AT + 30 * DAY,
        "signature_algorithm": "sm2-sm3",
        "extensions": (
            extensions.key_usage(("digitalSignature", "nonRepudiation")),
            extensions.extended_key_usage(("clientAuth",)),
            extensions.certificate_policies((policy,)),
        ),
    }
    tbs = certificates.encode(Plan(**(fields | changes)))
    return certificates.assemble(tbs, TREE.ca.key.sign(tbs)).hex()


def certified(room: Room, person: int = 0, **changes: object) -> dict[str, object]:
    """The record; every key has an operator's certificate, that of `person` with `changes`."""
    for one in [*room.attestations, *room.votes[: len(VOTERS)]]:
        whose = json.loads(one["statement"]).get("person") or one["voter"]
        how = changes if int(whose) == person else {}
        one["certificate"] = certificate(int(whose), bytes.fromhex(one["public_key"]), **how)
    return room.record()


def refused_by_issuer(record, issuer=TREE.ca.certificate) -> str:
    with pytest.raises((Refused, BadSignature)) as refusal:
        ceremonies.check(record, issuer)
    return refusal.value.rule


def test_the_ca_of_the_operators_says_whose_the_keys_are():
    """CPS-5.2.3: who makes up keys, and an enrolment for them, has no certificate."""
    room = Room().run()
    assert refused_by_issuer(room.record()) == "ceremony.certificate"

    found = ceremonies.check(certified(room), TREE.ca.certificate)
    assert (found.end, found.people["9"].number) == ("finished", "S-9")
    assert refused_by_issuer(certified(room), TREE.root.certificate).startswith("certificate.")
    certified(room)
    room.attestations[0]["certificate"] = room.attestations[1]["certificate"]
    assert refused_by_issuer(room.record()) == "ceremony.certificate"


def test_a_certificate_proves_a_key_whatever_is_said_of_its_enrolment():
    """CPS-5.2.3: since when a key was in use are columns that a site may write."""
    room = Room().run()
    for one in room.votes[len(VOTERS) :]:
        one["key_due"] = True

    assert refused(room).rule == "vote.unsigned"
    assert ceremonies.check(certified(room), TREE.ca.certificate).end == "finished"


def test_what_a_key_signed_before_it_was_certified_counts_only_where_it_is_said_so():
    """CPS-5.2.3: in the ceremony that founds the operators' CA nobody has a certificate yet."""
    record = certified(Room().run(), 9, not_before=HELD_AT + DAY)
    assert refused_by_issuer(record) == "certificate.not_yet_valid"
    assert ceremonies.so_far(record, [TREE.ca.certificate], early=True).end == "finished"

    record = certified(Room().run(), 9, not_after=HELD_AT - timedelta(minutes=1))
    with pytest.raises(BadSignature) as refusal:
        ceremonies.so_far(record, [TREE.ca.certificate], early=True)
    assert refusal.value.rule == "certificate.expired"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"said": {"name": "别人"}}, "ceremony.person"),
        ({"said": {"number": "S-10"}}, "ceremony.person"),
        ({"said": {"number": ""}}, "ceremony.person"),
        ({"policy": "1.2.156.112578.7.1.2"}, "ceremony.certificate"),
        ({"extensions": ()}, "ceremony.certificate"),
        ({"not_after": HELD_AT - timedelta(minutes=1)}, "certificate.expired"),
        ({"not_before": HELD_AT + DAY}, "certificate.not_yet_valid"),
    ],
)
def test_any_other_certificate_of_that_ca_is_none_of_an_operators(changes, rule):
    """CPS-5.2.3: another person's, another profile's, of another time."""
    if changes.get("said") == {"number": ""}:
        subject = names.build([("C", "CN"), ("CN", NAMES[9])])
        changes = {"subject": subject}
    assert refused_by_issuer(certified(Room().run(), 9, **changes)) == rule


def test_two_voters_have_two_numbers():
    """Who is in no script is who the certificate says, and nobody else."""
    assert VOTERS == (8, 10)
    room = Room().run()
    room.votes[:1] = [room.vote(20)]
    room.votes.append(enrolling_vote(20))

    assert "20" in ceremonies.check(certified(room), TREE.ca.certificate).people
    taken = {"name": NAMES[9], "number": "S-9"}
    assert refused_by_issuer(certified(room, 20, said=taken)) == "ceremony.person"


def one_key_for(room: Room, *people: int) -> Room:
    """The record that somebody makes up who has one key and says that it is everybody's."""
    shared = pen(1)
    for person in people:
        room.votes.append(enrolling_vote(person) | {"id": 5000 + person})
        room.votes[-1] |= payload_of(enrolment_of(person, shared))
    return room


def payload_of(payload: str) -> dict[str, str]:
    shown = b"[%s,%s]" % (json.dumps(votes.ENROL).encode(), payload.encode())
    return {"payload": payload, "digest": sm3(shown).hex()}


def test_two_people_do_not_share_a_key():
    """CPS-5.2.4: enrolled for both, attested by both, and one person's all the same."""
    room = one_key_for(Room(), 8, 9)
    room.add("began", "gather", 7, round="1")
    room.attest("gather", 8, "", key=pen(1))
    room.attest("gather", 9, "", key=pen(1))

    assert refused(room).rule == "ceremony.shared_key"


def test_a_voter_does_not_attest_for_somebody_else():
    """CPS-5.2.4: with the key that has voted as another person."""
    room = Room()
    room.votes.append(enrolling_vote(9) | {"id": 5009, "approval": 109})
    room.votes[-1] |= payload_of(enrolment_of(9, pen(8)))
    room.add("began", "gather", 7, round="1")
    room.attest("gather", 9, "", key=pen(8))

    assert refused(room).rule == "ceremony.shared_key"


def asking(made: bytes) -> Room:
    """A whole ceremony whose request is this."""
    room = Room(draft(kind="export_request", key="anxin-sub"))
    room.makes["request"] = made
    return room.run()


def test_the_request_in_a_record_is_signed_by_its_key():
    """CPS-3.2.1: for the name in the script, and by whoever has the key."""
    key = keys.generate("sm2")
    subject = names.build([("C", "CN"), ("O", "AnXin CA"), ("CN", "AnXin Root CA")])
    right = requests.build(subject, key)
    assert ceremonies.check(asking(right).record()).end == "finished"

    stolen = requests.assemble(
        requests.encode_body(subject, key.public), "sm2-sm3", keys.generate("sm2").sign(b"x")
    )
    other = requests.build(names.build([("C", "CN"), ("O", "AnXin CA"), ("CN", "Other")]), key)
    for wrong in (stolen, other, b"no request"):
        assert refused(asking(wrong)).rule == "ceremony.request"


def test_a_drill_puts_nothing_to_use():
    """CPS-6.1.1a: a line that says so makes no record of it."""
    room = Room(draft(drill=True))
    room.step(0)
    room.add("began", "device", 7, round="1")
    room.add("entered", "device")

    assert refused(room).rule == "ceremony.drill"


def test_a_signature_over_something_else_is_named():
    room = Room().run()
    room.attestations[0]["signature"] = room.attestations[1]["signature"]

    assert refused(room).rule == "ceremony.signature"


def test_an_attestation_counts_for_one_step_alone():
    room = Room()
    room.step(0)
    room.add("began", "device", 7, round="1")
    room.results["device"] = b"x".hex()
    result = ceremonies.digest(b"x")
    room.add("acted", "device", "", result=result)
    room.attest("device", 7, result)
    first = room.attestations[0]
    room.attestations[-1] |= {"statement": first["statement"], "signature": first["signature"]}

    assert refused(room).rule == "ceremony.statement"


def test_an_attestation_is_over_what_the_step_made():
    room = Room()
    room.step(0)
    room.step(1)
    room.add("began", "make_key", 7, round="1")
    room.results["make_key"] = b"key".hex()
    room.add("acted", "make_key", "", result=ceremonies.digest(b"key"))
    room.attest("make_key", 8, ceremonies.digest(b"another key"))

    assert refused(room).rule == "ceremony.statement"


def test_what_a_step_made_cannot_be_exchanged():
    room = Room().run()
    room.results["make_key"] = b"another key".hex()

    assert refused(room).rule == "ceremony.result_changed"


def beginning(room: Room, code: str, round_: int = 1) -> list[int]:
    """A step has begun; whom it asks."""
    (step,) = [one for one in room.said["steps"] if one["code"] == code]
    room.add("began", code, 7, round=str(round_))
    return [one.id for one in rules.missing(room.said, step, [])]


@pytest.mark.parametrize("first", [b"key", b""], ids=["another", "nothing"])
def test_what_was_attested_is_not_replaced_by_another_result(first):
    """CPS-5.2.2: everybody has signed for the first one, or before there was any."""
    room = Room()
    room.step(0)
    room.step(1)
    asked = beginning(room, "make_key")
    result = ceremonies.digest(first) if first else ""
    if first:
        room.add("acted", "make_key", "", result=result)
    for person in asked:
        room.attest("make_key", person, result)
    room.results["make_key"] = b"another key".hex()
    room.add("acted", "make_key", "", result=ceremonies.digest(b"another key"))
    room.add("done", "make_key")

    assert refused(room).rule == "ceremony.order"


def test_a_step_without_an_act_makes_nothing():
    """CPS-5.2.2: nor does a second line say what a step has made."""
    room = Room()
    beginning(room, "gather")
    room.results["gather"] = b"x".hex()
    room.add("acted", "gather", "", result=ceremonies.digest(b"x"))
    assert refused(room).rule == "ceremony.order"

    room = Room()
    room.step(0)
    beginning(room, "device")
    for made in (b"one", b"another"):
        room.results["device"] = made.hex()
        room.add("acted", "device", "", result=ceremonies.digest(made))
    assert refused(room).rule == "ceremony.order"


@pytest.mark.parametrize("said", ["restarted", "refused", ""])
def test_a_step_that_is_begun_anew_makes_its_result_anew(said):
    """CPS-6.1.1a: whatever was made, and attested, before that; as after a worker was killed."""
    room = Room()
    room.step(0)
    for round_, made in enumerate((b"before", b"after"), 1):
        asked = beginning(room, "device", round_)
        result, room.results["device"] = ceremonies.digest(made), made.hex()
        room.add("acted", "device", "", result=result)
        for person in asked:
            room.attest("device", person, result, round_=round_)
        if round_ == 1 and said:
            room.add(said, "device")
    room.add("done", "device")
    for number in range(2, len(room.said["steps"])):
        room.step(number)
    room.add("finished")

    assert ceremonies.check(room.record()).end == "finished"


def test_the_last_step_signs_the_transcript_before_it():
    room = Room()
    for number in range(4):
        room.step(number)
    room.add("began", "close", 7, round="1")
    room.attest("close", 7, room.lines[2]["digest"])

    assert refused(room).rule == "ceremony.statement"


def test_a_step_out_of_its_turn_is_named():
    room = Room()
    room.step(1)

    assert refused(room).rule == "ceremony.order"


def test_a_step_that_was_left_out_is_named():
    room = Room()
    room.step(0)
    room.add("finished")

    assert refused(room).rule == "ceremony.step_missing"


@pytest.mark.parametrize("said", [True, False], ids=["said", "doubted"])
def test_attestations_before_a_restart_do_not_count_after_it(said):
    """Also where a worker doubted the step, and nothing but its second beginning says so."""
    room = Room()
    room.add("began", "gather", 7, round="1")
    for person in (7, 8, 9, 10):
        room.attest("gather", person, "")
    if said:
        room.add("restarted", "gather")
    room.add("began", "gather", 7, round="2")
    room.attest("gather", 11, "", round_=2)
    room.add("done", "gather")

    assert refused(room).rule == "ceremony.attestation_missing"
    assert "person 7" in refused(room).reason


def test_who_is_not_present_attests_nothing():
    room = Room()
    room.add("began", "gather", 7, round="1")
    room.attest("gather", 12, "")

    assert refused(room).rule == "ceremony.attestation_foreign"


def test_nobody_is_two_of_those_present():
    """CPS-5.2.4"""
    twice = (*PEOPLE[:4], Person(10, "高远", Part.AUDITOR))

    assert refused(Room(people=twice)).rule == "ceremony.two_roles"


@pytest.mark.parametrize(("people", "holds"), [((7, 9), True), ((7,), False), ((7, 7), False)])
def test_two_people_end_a_ceremony_and_not_one(people, holds):
    room = Room()
    room.step(0)
    reason = "设备封条破损"
    for person in people:
        room.attest(
            ceremonies.ABORT,
            person,
            votes.comment_digest(reason),
            what="abort_asked",
            reason=reason,
        )
    room.add("aborted")

    if holds:
        assert ceremonies.check(room.record()).end == "aborted"
    else:
        assert refused(room).rule == "ceremony.attestation_missing"


def test_an_attestation_no_line_speaks_of_is_named():
    room = Room().run()
    room.attestations.append(room.attestations[0] | {"seq": 999})

    assert refused(room).rule == "ceremony.attestation_extra"


@pytest.mark.parametrize("code", ["destroy", "close"])
def test_a_result_no_line_speaks_of_is_named(code):
    """CPS-5.2.2: whoever reads the record takes it for attested."""
    room = Room().run()
    room.results[code] = b'{"remains": {"first": []}}'.hex()

    assert refused(room).rule == "ceremony.result_extra"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b'{"format":"anxin votes 1"}', b'{"format":1}']
)
def test_what_is_no_record_is_said_to_be_none(content):
    with pytest.raises(Malformed):
        ceremonies.check(ceremonies.read(content))


@pytest.mark.parametrize("gone", ["script", "digest", "lines", "attestations", "results"])
def test_a_record_without_one_of_its_parts_cannot_be_read(gone):
    record = Room().run().record()
    del record[gone]

    with pytest.raises(Malformed):
        ceremonies.check(record)


def test_the_command_line_proves_a_record(tmp_path, capsys):
    room = Room().run()
    file = tmp_path / "KC-2026-001.json"
    file.write_text(json.dumps(room.record()))
    assert main(["verify", "ceremony", str(file)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["ceremony"], said["end"], said["drill"]) == ("KC-2026-001", "finished", False)
    assert "--issuer" in said["not_checked"][0]

    ca = tmp_path / "ca.der"
    ca.write_bytes(TREE.ca.certificate.der)
    file.write_text(json.dumps(certified(room)))
    assert main(["verify", "ceremony", str(file), "--issuer", str(ca)]) == 0
    assert "before the ceremony" in json.loads(capsys.readouterr().out)["not_checked"][0]

    del room.lines[2]
    file.write_text(json.dumps(room.record()))
    assert main(["verify", "ceremony", str(file)]) == 1
    assert json.loads(capsys.readouterr().out)["rule"] == "ceremony.line_missing"


def test_a_digest_is_read_aloud_as_four_words():
    digest = "7f3a91c2" + "0" * 56

    assert readback.digits(digest) == "7F3A 91C2"
    assert len(readback.chinese(digest)) == len(readback.english(digest)) == 4


def test_every_octet_has_a_word_of_its_own():
    octets = [f"{octet:02x}" * 4 for octet in range(256)]

    assert len({readback.chinese(one) for one in octets}) == 256
    assert len({readback.english(one) for one in octets}) == 256
