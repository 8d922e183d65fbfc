"""What a worker does for nobody: steps and ceremonies that only a row speaks for (CPS-5.2.2).

The attacker holds the staff site's database role and writes what it may write.
"""

import json
from functools import partial

import pytest
from django.core.management import call_command

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from ca.ceremonies import archiving, queries, services, unused
from ca.ceremonies.models import Ceremony, CeremonyLine, CeremonyStep
from ca.crl.services import issue_due_crls
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.services import found_demo_hierarchy
from ca.issuing.models import Certificate
from ca.keys import services as keys
from ca.operators import services as operators
from ca.profiles.rules import OPERATOR
from ca.revocation.models import AuthorityRevocation
from people.api import Role, approval, dismiss, vote
from people.approvals.models import Approval
from people.operatorkeys.queries import keys_of
from people.personnel import services as personnel
from people.personnel.rules import Cause
from people.sessions.models import Alert
from pki import ceremonies, names, requests
from pki.ceremonies import Line
from pki.errors import Refused
from pki.keys import generate
from tests.support import ca
from tests.support.ca import NOW
from tests.support.ceremonies import draft
from tests.support.ceremony_rooms import step_of
from tests.support.people import hire
from tests.support.races import while_open
from tests.support.refusals import refused_by
from tests.support.voting import enrolled, hand_in, pen, proposed, sign_vote

_labels = iter(range(1, 1000))


def fresh() -> str:
    return f"proof-{next(_labels)}"


@pytest.fixture
def staff(house, connection_as):
    call_command("grant")
    with connection_as("staff") as one:
        yield one


def forge_line(staff, row: Ceremony, what: str, code: str = "", **details: str) -> None:
    """The next line of the transcript, chained as it should be; nobody has to sign it."""
    last = CeremonyLine.objects.filter(ceremony=row).order_by("-seq").first()
    seq, head = (last.seq, last.digest) if last else (0, row.digest)
    line = Line(seq + 1, "2026-11-20T09:00:00+00:00", code, what, str(row.host), details).text()
    staff.execute(
        "INSERT INTO ca_ceremonyline (ceremony_id, seq, text, digest, at)"
        " VALUES (%s, %s, %s, %s, now())",
        [row.pk, seq + 1, line, ceremonies.chained(head, line)],
    )


def forge_ceremony(staff, number: str, label: str, approval_id: int) -> Ceremony:
    """A running one beside a real one: another script, steps that wait for a worker."""
    real = queries.ceremony(number)
    said = queries.script_of(real) | {"number": "KC-2026-900", "key": label}
    script = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    staff.execute(
        "INSERT INTO ca_ceremony (state, number, kind, drill, key_label, script, digest, host,"
        " drafted_at, approval_id, opened_at, abort_reason)"
        " VALUES ('running', 'KC-2026-900', %s, false, %s, %s, %s, %s, now(), %s, now(), '')",
        [
            *(real.kind, label, script, ceremonies.digest(script.encode())),
            *(real.host, approval_id),
        ],
    )
    return queries.ceremony("KC-2026-900")


def forge_step(staff, row: Ceremony, position: int, code: str) -> None:
    """It waits for a worker."""
    staff.execute(
        "INSERT INTO ca_ceremonystep (ceremony_id, position, code, state, round, began_at, given,"
        " result_digest, fault) VALUES (%s, %s, %s, 'acting', 1, now(), '', '', '')",
        [row.pk, position, code],
    )


def faults() -> list[str]:
    entries = Entry.objects.filter(action="ca.ceremonystep.refuse").order_by("pk")
    said = [json.loads(entry.details) for entry in entries]
    return [one["fault"] for one in said if one["rule"] == "ceremonies.unproved"]


def alarmed() -> set[int]:
    return set(Alert.objects.filter(kind="ceremony_unproved").values_list("person_id", flat=True))


def test_a_ceremony_nobody_agreed_to_makes_no_key(house, staff):
    """CPS-6.1.1a: running, its step acting, its lines chained; and no votes."""
    real, label = house.draft(draft(key=fresh())), fresh()
    row = forge_ceremony(staff, real, label, 987_654)
    forge_line(staff, row, "opened", script=row.digest, approval="987654")
    forge_line(staff, row, "began", "make_key", round="1")
    forge_step(staff, row, 2, "make_key")

    assert house.work() == 1

    assert keys.key_of(label) is None
    assert step_of("KC-2026-900", "make_key").state == "waiting"
    assert faults() == ["ceremony.votes"]
    asked = {house.people["tang"].person_id, house.people["jiang"].person_id}
    assert asked <= alarmed()
    assert house.people["lu"].person_id not in alarmed()


def test_the_approval_of_another_ceremony_serves_none(house, staff):
    """Two people agreed, to another script; a ceremony of its own holds the approval."""
    real, label = house.draft(draft(key=fresh())), fresh()
    house.agree(real)
    spent = Ceremony.objects.get(number=real).approval_id
    staff.execute("UPDATE ca_ceremony SET state = 'drafted', approval_id = NULL")
    row = forge_ceremony(staff, real, label, spent)
    forge_line(staff, row, "opened", script=row.digest, approval=str(spent))
    forge_step(staff, row, 1, "device")

    house.work()

    assert faults() == ["ceremony.votes"]
    assert CeremonyStep.objects.get().result is None


def test_an_approval_written_by_hand_has_no_votes_that_hold(house, staff):
    """Rows `used` with two votes for it, and signatures of nobody."""
    real, label = house.draft(draft(key=fresh())), fresh()
    house.agree(real)
    agreed = Approval.objects.get(pk=Ceremony.objects.get(number=real).approval_id)
    row = forge_ceremony(staff, real, label, 77_777)
    payload = f'{{"ceremony":"KC-2026-900","script":"{row.digest}"}}'
    (forged,) = staff.execute(
        "INSERT INTO people_approval (state, action, subject, payload, digest, maker_id,"
        " proposed_at, expires_at) SELECT 'used', action, 'ca.ceremony:0', %s, %s, maker_id,"
        " proposed_at, expires_at FROM people_approval WHERE id = %s RETURNING id",
        [payload, agreed.digest, agreed.pk],
    ).fetchone()
    staff.execute(
        "INSERT INTO people_vote (approval_id, maker_id, checker_id, grants, comment, address,"
        " voted_at, key_id, statement, signature) SELECT %s, maker_id, checker_id, grants, comment,"
        " address, voted_at, key_id, statement, signature FROM people_vote WHERE approval_id = %s",
        [forged, agreed.pk],
    )
    staff.execute("UPDATE ca_ceremony SET approval_id = %s WHERE id = %s", [forged, row.pk])
    forge_line(staff, row, "opened", script=row.digest, approval=str(forged))
    forge_step(staff, row, 1, "device")

    house.work()

    assert faults() == ["vote.payload"]
    assert step_of("KC-2026-900", "device").result is None


def test_a_step_is_not_done_before_those_before_it_are_attested(house, staff):
    """In a ceremony that two agreed to: the key, with nobody but one having signed for anything."""
    label = fresh()
    number = house.opened(draft(key=label))
    house.begin(number, "gather")
    house.attest(number, "gather", "lu")
    row = queries.ceremony(number)
    staff.execute("UPDATE ca_ceremonystep SET state = 'done' WHERE code IN ('gather', 'device')")
    forge_line(staff, row, "done", "gather")
    staff.execute("UPDATE ca_ceremonystep SET state = 'acting', round = 1 WHERE code = 'make_key'")

    assert house.work() == 1

    assert keys.key_of(label) is None
    assert faults() == ["ceremony.attestation_missing"]


def test_a_step_that_the_transcript_does_not_begin_is_not_done(house, staff):
    label = fresh()
    number = house.opened(draft(key=label))
    house.steps(number, "gather", "device")
    staff.execute("UPDATE ca_ceremonystep SET state = 'acting', round = 1 WHERE code = 'make_key'")

    house.work()

    assert keys.key_of(label) is None
    assert faults() == ["ceremony.order"]


def test_a_certificate_of_the_attackers_own_founds_no_authority(house, staff):
    """The step whose certificate is to be put to use, with another result than was attested."""
    label = fresh()
    number = house.opened(draft(key=label))
    house.steps(number, "gather", "device", "make_key")
    house.begin(number, "certify")
    house.work()
    staff.execute("UPDATE ca_ceremonystep SET state = 'entering' WHERE code = 'certify'")

    house.work()

    assert CertificateAuthority.objects.get(code=label).state == "planned"
    assert faults() == ["ceremony.attestation_missing"]


def test_no_administrator_among_those_who_agreed_is_no_approval(house, staff):
    """He was not one when he voted, whatever he is now."""
    number = house.opened(draft(drill=True, key=fresh()))
    house.step(number, "gather")
    staff.execute(
        "UPDATE people_appointment SET until = since WHERE role = 'ca_admin' AND person_id = %s",
        [house.people["gao"].person_id],
    )
    row = step_of(number, "device")
    staff.execute("UPDATE ca_ceremonystep SET state = 'acting', round = 1 WHERE id = %s", [row.pk])
    forge_line(staff, queries.ceremony(number), "began", "device", round="1")

    house.work()

    assert faults() == ["ceremony.admin"]


def test_an_administrator_who_has_left_since_has_agreed_all_the_same(house):
    """What was right when it was signed goes on; who is present is asked in `check_people`."""
    number = house.opened(draft(drill=True, key=fresh()))
    house.step(number, "gather")
    house.begin(number, "device")
    dismiss(house.people["gao"].person_id, Role.CA_ADMIN, actor=SYSTEM, at=house.now())

    house.work()

    assert faults() == []
    assert queries.fault_in(step_of(number, "device").fault).rule == "ceremonies.role_ended"


def test_nobody_agrees_to_a_ceremony_without_a_key_of_their_own(house):
    """CPS-5.2.3: signed votes, also where the house asks for none elsewhere."""
    number = house.draft(draft(drill=True, key=fresh()))
    services.ask(number, actor=house.people["tang"], at=house.now())
    asked = approval(Ceremony.objects.get(number=number).approval_id)
    other = house.others["gao"]

    refused = refused_by(vote, asked.id, grants=True, seen=asked.digest, actor=other, at=house.at)

    assert refused == "approval.key_needed"


# --- once operators have certificates ------------------------------------------------------------


def certify_operators(house) -> None:
    house.signer.be_active()
    found_demo_hierarchy(actor=SYSTEM, at=ca.FOUNDED, entropy=ca.entropy)
    operators.certify(at=house.now())
    ca.sign_all("anxin-rsa", at=house.now())


def test_every_signature_is_one_of_a_certified_key_then(house):
    """CPS-5.2.3: what was agreed to before is agreed to again; nobody is left out."""
    before = house.opened(draft(drill=True, key=fresh()))
    house.step(before, "gather")
    certify_operators(house)
    house.activate(before)

    house.begin(before, "device")
    house.work()
    assert faults() == ["certificate.not_yet_valid"]
    assert step_of(before, "device").result is None

    house.end_early(before, "qin", "有证书之前审批的，重新举行")
    house.end_early(before, "gao")
    number = house.run(draft(drill=True, key=fresh()))
    record = queries.record(number)
    found = ceremonies.check(record, ca.authority("anxin-rsa").certificate)
    assert found.people[str(house.people["qin"].person_id)].number == "S-qin"


def test_since_when_keys_are_in_use_unproves_no_ceremony_then(house, staff):
    """CPS-5.2.3: one UPDATE, and the first enrolment looks as if a signature were missing."""
    first = house.others["gao"]  # agreed to the first key of all without one of their own
    enrolled(pen(950), first, house.others["tang"], house.people["gao"], at=house.now())
    certify_operators(house)
    number = house.opened(draft(drill=True, key=fresh()))
    house.step(number, "gather")
    house.begin(number, "device")
    changed = "UPDATE people_operatorkey SET active_from = active_from - interval '1 year'"
    assert staff.execute(changed).rowcount

    house.work()

    assert faults() == []
    assert step_of(number, "device").result


def test_a_key_without_a_certificate_agrees_to_nothing_then(house):
    """CPS-5.2.2: said at once, not by the worker who cannot prove the vote."""
    certify_operators(house)
    rotated(house, "lu")
    number = house.draft(draft(drill=True, key=fresh()))

    assert refused_by(house.agree, number, "lu") == "operators.uncertified"
    asked = approval(Ceremony.objects.get(number=number).approval_id)
    assert asked.votes == ()
    certified_now(house)
    for login in ("lu", "gao"):
        sign_vote(house.pen_of(login), asked.id, house.people[login], at=house.now())
    assert Ceremony.objects.get(number=number).state == "approved"


def test_nor_does_it_attest_or_end_anything(house):
    """CPS-5.2.2: one line of it, and nothing that follows could be proved."""
    certify_operators(house)
    number = house.opened(draft(drill=True, key=fresh()))
    house.begin(number, "gather")
    rotated(house, "lu")
    lines = CeremonyLine.objects.count()

    assert refused_by(house.attest, number, "gather", "lu") == "operators.uncertified"
    assert refused_by(house.end_early, number, "lu", "停电，改期举行") == "operators.uncertified"
    assert CeremonyLine.objects.count() == lines
    certified_now(house)
    for login in house.cast:
        house.attest(number, "gather", login)
    house.step(number, "device")
    assert faults() == []


def founded_here(house, label: str) -> None:
    """The authority with this key has certified an operator, who is the first and not present."""
    first = hire("bo", Role.CA_OPERATOR)
    enrolled(pen(960), first, house.others["tang"], house.people["gao"], at=house.now())
    certify_operators(house)
    here = CertificateAuthority.objects.get(code=label)
    theirs = Certificate.objects.filter(profile=OPERATOR)
    others = theirs.exclude(holder=f"staff:{first.person_id}")
    others.update(profile="personal-rsa-sign")  # they have none yet
    assert theirs.update(ca=here) == 1


def test_where_the_operators_authority_is_founded_nobody_needs_one(house):
    """CPS-5.2.3: those present attest the rest of that ceremony with the keys they have; of no
    other one, whatever becomes of the same key in it.
    """
    label = fresh()
    number = certified(house, label)
    for login in ("lu", "qin", "gao", "jiang"):
        house.attest(number, "certify", login)
    house.work()
    later = house.opened(draft(kind="archive", key=label, ending="compromise"))
    for one, code in ((number, "close"), (later, "gather")):
        house.begin(one, code)
    founded_here(house, label)
    rotated(house, "lu")

    house.attest(number, "close", "lu")
    assert refused_by(house.attest, later, "gather", "lu") == "operators.uncertified"


def test_what_founds_it_is_put_to_use_also_after_it_has_certified_operators(house):
    """CPS-5.2.3: a worker died at it; those who attested had no certificates then."""
    label = fresh()
    number = certified(house, label)
    for login in ("lu", "qin", "gao", "jiang"):
        house.attest(number, "certify", login)
    house.die_at_work("end_step", services)
    founded_here(house, label)
    house.activate(number)

    assert house.work() == 1

    assert (step_of(number, "certify").state, faults()) == ("done", [])


def lost(house, login: str) -> None:
    """A security administrator notes that the token is lost."""
    whose, by = house.people[login].person_id, house.people["tang"]
    personnel.suspend(whose, Cause.TOKEN_LOST, actor=by, at=house.now())


def test_a_key_that_is_lost_later_takes_nothing_back_of_what_is_over(house):
    """CPS-5.2.2: record, document and request of a ceremony that ended before."""
    certify_operators(house)
    number = house.run(draft(kind="generate", key=fresh()))
    made = queries.result(number, "request")
    lost(house, "qin")

    record = queries.record(number)
    found = ceremonies.check(record, ca.authority("anxin-rsa").certificate)
    assert found.end == "finished"
    assert queries.result(number, "request") == made
    assert archiving.run(at=house.now()) == 1
    assert queries.paper(number)


def ended_in_vain(house) -> str:
    """The number of a ceremony that was ended early after its authority was certified."""
    certify_operators(house)
    said = draft(kind="generate_subordinate", key=fresh(), superior="anxin-sm2", years=10)
    number = house.opened(said)
    house.steps(number, "gather", "device", "make_key", "make_responder")
    house.begin(number, "subordinate")
    house.work()
    house.end_early(number, "qin", "封条破损，停止仪式")
    house.end_early(number, "gao")
    return number


def test_what_was_made_in_vain_is_revoked_whoever_lost_a_key_since(house):
    """CPS-4.9.1"""
    number = ended_in_vain(house)
    lost(house, "lu")

    assert unused.revoke(at=house.now()) == 1
    assert AuthorityRevocation.objects.get().authority.code == queries.ceremony(number).key_label


def test_a_row_besides_the_steps_keeps_no_certificate_made_in_vain_off_the_list(house, staff):
    """CPS-4.9.1: with what is no certificate."""
    number = ended_in_vain(house)
    staff.execute(
        "INSERT INTO ca_ceremonystep (ceremony_id, position, code, state, round, given, result,"
        " result_digest, fault) VALUES (%s, 90, 'subordinate', 'done', 1, '', 'x', '', '')",
        [queries.ceremony(number).pk],
    )

    assert unused.revoke(at=house.now()) == 1
    assert AuthorityRevocation.objects.get().authority.code == queries.ceremony(number).key_label


def test_a_key_that_is_lost_proves_nothing_of_what_goes_on(house):
    """CPS-5.2.3"""
    certify_operators(house)
    number = house.opened(draft(drill=True, key=fresh()))
    house.step(number, "gather")
    house.begin(number, "device")
    lost(house, "qin")

    house.work()

    assert faults() == ["ceremony.certificate"]
    assert step_of(number, "device").result is None


def rotated(house, login: str) -> None:
    """Another key, in use, whose certificate is on its way."""
    new = pen(800 + list(house.cast).index(login))
    people = house.people[login], house.others["tang"], house.people["gao"]
    enrolled(new, *people, at=house.now())
    house.pens[login] = new


def certified_now(house) -> None:
    assert operators.certify(at=house.now()) == 1
    assert ca.sign_all("anxin-rsa", at=house.now()) == 1


def enrol_made_up(house, staff, login: str, number: int) -> None:
    """A key that somebody made up for them, put to use by rows."""
    person, asks = house.people[login], house.others["tang"]
    key_id = hand_in(pen(number), person, at=house.now())
    asked = proposed(person, key_id, asks, at=house.now())
    staff.execute("UPDATE people_approval SET state = 'used' WHERE id = %s", [asked.id])
    staff.execute(
        "INSERT INTO people_vote (approval_id, maker_id, checker_id, grants, comment, address,"
        " voted_at, statement, signature) VALUES (%s, %s, %s, true, '', '', %s, '', '')",
        [asked.id, asks.person_id, house.others["gao"].person_id, NOW],
    )
    staff.execute(
        "UPDATE people_operatorkey SET active_from = now(), warrant_id = %s WHERE id = %s",
        [asked.id, key_id],
    )
    use(staff, person, key_id)
    house.pens[login] = pen(number)


def use(staff, person, key_id: int) -> None:
    """Of all their keys this one signs."""
    for state, which in (("replaced", "<>"), ("active", "=")):
        staff.execute(
            f"UPDATE people_operatorkey SET state = %s WHERE person_id = %s AND id {which} %s",
            [state, person.person_id, key_id],
        )


def made_up(house, staff, hold):
    """What `hold` does with keys that somebody made up for two voters; their own are back then."""
    own = {login: keys_of(house.people[login].person_id)[0].id for login in ("gao", "lu")}
    for number, login in enumerate(own, 901):
        enrol_made_up(house, staff, login, number)
    held = hold()
    for login, key_id in own.items():
        use(staff, house.people[login], key_id)
    house.pens.clear()
    return held


def test_keys_that_somebody_made_up_make_no_ceremony(house, staff):
    """CPS-5.2.3: two voters' keys as rows, enrolled by votes as rows, and votes they sign."""
    number = made_up(house, staff, lambda: house.opened(draft(drill=True, key=fresh())))
    certify_operators(house)
    house.activate(number)
    house.begin(number, "gather")
    for login in house.cast:
        house.attest(number, "gather", login)
    house.begin(number, "device")

    house.work()

    assert faults() == ["ceremony.certificate"]


def test_what_made_up_keys_have_finished_leaves_no_house(house, staff):
    """CPS-5.2.2, CPS-3.2.1: no document, no request; and no other ceremony waits for it."""
    asked = draft(kind="generate", drill=True, key=fresh())
    forged = made_up(house, staff, lambda: house.run(asked))
    honest = house.run(draft(drill=True, key=fresh()))
    unreadable = forge_ceremony(staff, forged, fresh(), 987_652)
    forge_attestation(staff, unreadable, "[" * 100_000)
    staff.execute("UPDATE ca_ceremony SET state = 'finished', ended_at = opened_at")
    certify_operators(house)

    assert refused_by(queries.result, forged, "request") == "ceremonies.not_attested"
    assert archiving.run(at=house.now()) == 1
    assert queries.paper(honest)
    assert refused_by(queries.paper, forged) == "ceremonies.no_paper"


def forge_attestation(staff, row: Ceremony, enrolment: str) -> None:
    forge_line(staff, row, "attested", "gather")
    staff.execute(
        "INSERT INTO ca_attestation (line_id, round, person_id, statement, signature, public_key,"
        " enrolled_by, enrolment) SELECT id, 1, 1, '', '', '', 1, %s FROM ca_ceremonyline"
        " WHERE ceremony_id = %s",
        [enrolment, row.pk],
    )


def test_a_step_that_was_doubted_is_begun_again_and_both_beginnings_are_on_record(house):
    """CPS-5.2.2, CPS-6.1.1a: a drill is not called the real thing; once the row says what was
    agreed to again, the ceremony goes on and is proved.
    """
    number = house.opened(draft(drill=True, key=fresh()))
    house.step(number, "gather")
    house.begin(number, "device")
    Ceremony.objects.filter(number=number).update(drill=False)
    house.work()
    assert (step_of(number, "device").result, faults()) == (None, ["ceremony.row"])
    Ceremony.objects.filter(number=number).update(drill=True)

    house.steps(number, "device", "make_key", "certify", "close")

    record = queries.record(number)
    lines = [ceremonies.line_of(one["text"]) for one in record["lines"]]
    begun = [one.details["round"] for one in lines if (one.what, one.step) == ("began", "device")]
    assert (faults(), begun) == (["ceremony.row"], ["1", "2"])
    assert ceremonies.check(record).end == "finished"


def test_a_request_that_nobody_attested_is_not_exported(house, staff):
    """CPS-3.2.1: a ceremony with a request of the attacker's own, every row as it should be."""
    number = house.run(draft(kind="generate", drill=True, key=fresh()))
    assert queries.result(number, "request")
    own = requests.build(names.build([("C", "CN"), ("CN", "Other")]), generate("sm2"))
    rows = CeremonyStep.objects.filter(ceremony__number=number, code="request")
    rows.update(result=own)  # as the owner of the tables

    assert refused_by(queries.result, number, "request") == "ceremonies.not_attested"

    row = forge_ceremony(staff, number, fresh(), 987_653)
    staff.execute(
        "INSERT INTO ca_ceremonystep (ceremony_id, position, code, state, round, given, result,"
        " result_digest, fault) VALUES (%s, 3, 'request', 'done', 1, '', %s, '', '')",
        [row.pk, own],
    )
    assert refused_by(queries.result, row.number, "request") == "ceremonies.not_attested"


# --- nothing in use before the last attestation --------------------------------------------------


def certified(house, label: str) -> str:
    """A ceremony whose certificate is signed, and not attested yet."""
    number = house.opened(draft(key=label))
    house.steps(number, "gather", "device", "make_key")
    house.begin(number, "certify")
    house.work()
    return number


def test_an_authority_is_active_only_after_the_last_attestation(house):
    """CPS-6.1.1a"""
    label = fresh()
    number = certified(house, label)
    for login in ("lu", "qin", "gao"):
        house.attest(number, "certify", login)
    assert house.work() == 0
    assert CertificateAuthority.objects.get(code=label).state == "planned"
    assert keys.key_of(label).certificate is None
    assert issue_due_crls(at=house.at) == 0

    house.attest(number, "certify", "jiang")
    assert step_of(number, "certify").state == "entering"
    assert house.work() == 1

    row = CertificateAuthority.objects.get(code=label)
    assert (row.state, step_of(number, "certify").state) == ("active", "done")
    assert bytes(row.certificate) == bytes(step_of(number, "certify").result)
    assert keys.key_of(label).certificate == bytes(row.certificate)
    assert issue_due_crls(at=house.at) == 1


def test_the_next_step_waits_until_it_is_active(house):
    number = certified(house, fresh())
    for login in ("lu", "qin", "gao", "jiang"):
        house.attest(number, "certify", login)

    assert refused_by(house.begin, number, "close") == "ceremonies.turn"

    house.work()
    house.begin(number, "close")


@pytest.mark.parametrize("dies_in", ["ensure_certificate", "end_step"])
def test_a_worker_that_dies_while_it_puts_to_use_is_followed_by_another(house, dies_in):
    label = fresh()
    number = certified(house, label)
    for login in ("lu", "qin", "gao", "jiang"):
        house.attest(number, "certify", login)
    room = keys if dies_in == "ensure_certificate" else services
    house.die_at_work(dies_in, room)
    assert step_of(number, "certify").state == "entering"
    assert refused_by(house.end_early, number, "qin", "封条破损，停止仪式") == "ceremonies.entering"

    assert house.work() == 1

    assert CertificateAuthority.objects.get(code=label).state == "active"
    house.step(number, "close")
    assert ceremonies.check(queries.record(number)).end == "finished"


def half_ended(house):
    """All but jiang have attested the certificate, and qin has signed for the end."""
    label = fresh()
    number = certified(house, label)
    for login in ("lu", "qin", "gao"):
        house.attest(number, "certify", login)
    house.end_early(number, "qin", "封条破损，停止仪式")
    return number, label


def test_a_ceremony_that_ends_before_leaves_no_authority(house):
    number, label = half_ended(house)

    late = while_open(
        partial(house.end_early, number, "gao"), partial(house.attest, number, "certify", "jiang")
    )

    assert late == "ceremonies.not_running"
    assert house.work() == 0
    assert CertificateAuthority.objects.get(code=label).state == "planned"
    assert ceremonies.check(queries.record(number)).end == "aborted"


def test_a_ceremony_does_not_end_while_what_it_made_comes_into_use(house):
    """CPS-6.1.1a: the second signature for its end meets the last attestation, and waits."""
    number, label = half_ended(house)

    late = while_open(
        partial(house.attest, number, "certify", "jiang"), partial(house.end_early, number, "gao")
    )

    assert (late, step_of(number, "certify").state) == ("ceremonies.entering", "entering")
    assert house.work() == 1
    assert CertificateAuthority.objects.get(code=label).state == "active"
    assert queries.ceremony(number).state == "running"
    assert house.end_early(number, "gao")  # what is in use stays so: everybody has attested it


# --- called off ----------------------------------------------------------------------------------


def test_the_host_calls_off_what_was_agreed_to(house):
    """CPS-5.2.2: with a reason, signed, in a record that holds."""
    number = house.draft(draft(key=fresh()))
    house.agree(number)

    house.cancel(number, "设备送检，改期举行")

    row = queries.ceremony(number)
    assert (row.state, row.abort_reason) == ("cancelled", "设备送检，改期举行")
    found = ceremonies.check(queries.record(number))
    assert (found.end, found.attestations, len(found.voters)) == ("cancelled", 1, 2)
    tang = house.people["tang"]
    opened = refused_by(services.open_room, number, actor=tang, at=house.now())
    assert opened == "state.no_such_step"


def test_nobody_else_calls_it_off_and_nobody_once_it_is_open(house):
    number = house.draft(draft(key=fresh()))
    house.agree(number)
    assert refused_by(house.cancel, number, "改期举行", login="gao") == "ceremonies.not_host"
    services.open_room(number, actor=house.people["tang"], at=house.now())
    assert refused_by(house.cancel, number, "改期举行") == "state.no_such_step"


def test_the_votes_are_part_of_the_record(house):
    """CPS-5.2.2: who agreed is proved with nothing else at hand."""
    number = house.run(draft(drill=True, key=fresh()))
    record = queries.record(number)

    assert set(ceremonies.check(record).voters) == {
        house.people["gao"].person_id,
        house.people["lu"].person_id,
    }
    lu = house.people["lu"].person_id
    record["votes"] = [one for one in record["votes"] if one["voter"] != lu]
    with pytest.raises(Refused, match="2 people agree"):
        ceremonies.check(record)
