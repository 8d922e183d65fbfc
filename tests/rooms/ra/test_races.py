"""Two at once: of two who want the same, the database keeps one (CPS-3.1.4, CPS-4.2.3)."""

from datetime import timedelta

from anxin.kernel.errors import Refusal
from ca import api as certification
from ca.issuing.models import Certificate
from ca.revocation.models import Hold, Revocation
from people.api import Role, vote
from people.personnel import services as personnel
from ra.applicants.models import Subscriber
from ra.applications.models import Application
from ra.branches.models import Office
from ra.imports import queries as import_queries
from ra.imports import rules as import_rules
from ra.imports import services as imports
from ra.intake import handing_in
from ra.intake import services as intake
from ra.offices import services as offices
from ra.partners import services as keys
from ra.partners.models import PartnerKey
from ra.procedures import services as procedures
from ra.review import decisions
from ra.review import services as review
from ra.review.models import Decision, ItemVerdict
from ra.revocations import queries as revocations
from tests.rooms.ra import test_holds, test_imports, test_revocations
from tests.support import partners, ra
from tests.support.people import hire
from tests.support.ra import AT, FIELDS, MINUTE, OTHER
from tests.support.races import at_once, while_open

NAMESAKE = OTHER | {"name": FIELDS["name"]}


def test_of_two_namesakes_approved_at_once_one_gets_the_name(live_counter):
    """CPS-3.1.4: also between two approvals in two transactions."""
    counter = live_counter
    first, _ = ra.submitted(counter, 1)
    second, _ = ra.submitted(counter, 2, fields=NAMESAKE)
    seen = {
        key: ra.look_through(key, person)
        for key, person in ((first, counter.ren), (second, counter.shen))
    }

    def approve(key, person):
        return lambda: (
            decisions.decide_approve(key, seen=seen[key], actor=person, at=AT + 3 * MINUTE).state
        )

    outcomes = at_once(approve(first, counter.ren), approve(second, counter.shen))

    assert sorted(outcomes) == ["approved", "name.taken"]
    assert Certificate.objects.count() == 1
    assert {ra.state_of(first), ra.state_of(second)} == {"approved", "submitted"}


def test_of_two_who_begin_a_successor_at_once_one_does(live_counter):
    """CPS-4.6: the table lets one be under way at a time."""
    counter = live_counter
    lin = hire("lin", Role.OPERATOR, office=counter.chen.office)
    old = Application.objects.get(pk=ra.issued(counter)).certificate_id
    at = AT + timedelta(days=300)

    def begin(person, procedure):
        return lambda: procedures.begin(old, procedure, occasion="expiring", actor=person, at=at).id

    outcomes = at_once(begin(counter.chen, "renewal"), begin(lin, "re_key"))

    drafts = [one for one in outcomes if isinstance(one, int)]
    assert "procedures.begun_already" in outcomes
    assert (
        list(Application.objects.filter(predecessor_id=old).values_list("pk", flat=True)) == drafts
    )


def test_two_reviewers_who_take_the_next_get_different_ones(live_counter):
    counter = live_counter
    for number, fields in ((1, FIELDS), (2, OTHER)):
        ra.submitted(counter, number, fields=fields)

    taken = at_once(
        lambda: review.claim_next(actor=counter.ren, at=AT + 2 * MINUTE),
        lambda: review.claim_next(actor=counter.shen, at=AT + 2 * MINUTE),
    )

    assert len(set(taken)) == 2
    assert None not in taken


def test_of_two_who_claim_the_same_one_gets_it(live_counter):
    counter = live_counter
    application_id, _ = ra.submitted(counter)

    outcomes = at_once(
        *(
            lambda person=person: review.claim(application_id, actor=person, at=AT + 2 * MINUTE)
            for person in (counter.ren, counter.shen)
        )
    )

    assert sorted(outcomes) == [Application.objects.get(pk=application_id).number, "review.claimed"]


def test_numbers_given_out_at_once_are_all_different(live_counter):
    drafts = at_once(
        *(
            lambda: intake.open_draft("personal-sm2-sign", actor=live_counter.chen, at=AT)
            for _ in range(4)
        )
    )

    assert len({draft.number for draft in drafts}) == 4


def test_one_person_entered_twice_at_once_is_one_subscriber(live_counter):
    """CPS-3.1.4"""
    counter = live_counter
    drafts = [ra.draft(counter.chen, number) for number in (1, 2)]

    at_once(
        *(
            lambda key=key: handing_in.submit(key, actor=counter.chen, at=AT + MINUTE)
            for key in drafts
        )
    )

    assert Subscriber.objects.count() == 1
    assert {ra.state_of(key) for key in drafts} == {"submitted"}


def test_a_withdrawal_and_an_approval_at_once_do_not_both_happen(live_counter):
    counter = live_counter
    application_id, _ = ra.submitted(counter)
    seen = ra.look_through(application_id, counter.ren)

    outcomes = at_once(
        lambda: intake.cancel(
            application_id, reason="applicant_wish", actor=counter.chen, at=AT + 3 * MINUTE
        ),
        lambda: (
            decisions.decide_approve(
                application_id, seen=seen, actor=counter.ren, at=AT + 3 * MINUTE
            ).state
        ),
    )

    state = ra.state_of(application_id)
    assert (state, Certificate.objects.count()) in {("approved", 1), ("cancelled", 0)}
    assert outcomes in (
        [None, "review.not_submitted"],
        ["state.no_such_step", "approved"],
        ["state.changed_meanwhile", "approved"],
    )


def test_a_freeze_and_a_revocation_agreed_to_at_once_end_in_a_revocation_or_a_conflict(
    live_counter,
):
    """CPS-4.9.5, CPS-4.9.12: whichever comes first, nothing revoked is ever good again."""
    counter = live_counter
    certificate = Application.objects.get(pk=ra.issued(counter)).certificate_id
    frozen = test_holds.ask(certificate, counter.chen)
    test_revocations.ask(certificate, counter.chen)
    (revoked,) = revocations.waiting(counter.ren)

    outcomes = at_once(
        lambda: test_holds.decide(frozen, counter.ren),
        lambda: test_revocations.decide(revoked.number, counter.shen),
    )

    state = certification.certificate(certificate).state
    holding = Hold.objects.filter(certificate=certificate, ended_at=None).exists()
    assert (state, holding) in {("revoked", False), ("held", True)}
    assert outcomes.count(None) >= 1
    assert Revocation.objects.count() == (state == "revoked")


def test_a_freeze_is_lifted_once_though_two_agree_at_once(live_counter):
    """CPS-4.9.15: one approval, one release."""
    counter = live_counter
    certificate = Application.objects.get(pk=ra.issued(counter)).certificate_id
    test_holds.frozen(certificate, counter)
    asked = test_holds.ask(certificate, counter.chen, act="unfreeze")

    outcomes = at_once(
        lambda: test_holds.decide(asked, counter.ren),
        lambda: test_holds.decide(asked, counter.shen),
    )

    assert outcomes.count(None) == 1
    assert certification.certificate(certificate).state == "valid"
    assert Hold.objects.exclude(release_warrant=None).count() == 1


def steps_of(number, person):
    """Go on with an import, step by step, as the script of its page does."""

    def go_on():
        steps = 0
        while import_queries.view(number, person).line.goes_on:
            try:
                imports.go_on(number, actor=person, at=AT + MINUTE)
            except Refusal as refusal:
                return refusal.rule
            steps += 1
        return steps

    return go_on


def test_two_browsers_that_take_one_file_in_at_once_make_each_row_once(live_counter, monkeypatch):
    """CPS-4.1: whichever asks first takes a piece, the other the next one."""
    monkeypatch.setattr(import_rules, "CHUNK", 2)
    counter = live_counter
    number = test_imports.upload(counter, test_imports.file_of(test_imports.people(12)))
    test_imports.through(number, counter.chen)
    imports.take(number, actor=counter.chen, at=AT + MINUTE)

    outcomes = at_once(*(steps_of(number, counter.chen) for _ in range(2)))

    line = import_queries.view(number, counter.chen).line
    assert (line.state, line.taken, line.wrong) == ("taken", 12, 0)
    marks = [bytes(m) for m in Application.objects.values_list("document_index", flat=True)]
    assert len(marks) == len(set(marks)) == 12
    assert {one for one in outcomes if isinstance(one, str)} <= {"imports.nothing_left"}


def test_two_files_of_the_same_people_taken_in_at_once_make_each_draft_once(live_counter):
    """CPS-4.2.1: in whatever order they name them."""
    counter = live_counter
    lin = hire("lin", Role.OPERATOR, office=counter.chen.office)
    rows = test_imports.people(8)
    files = {}
    for person, ordered in ((counter.chen, rows), (lin, rows[::-1])):
        data = test_imports.file_of(ordered)
        number = imports.upload(test_imports.PROFILE, data, actor=person, at=AT)
        test_imports.through(number, person)
        files[number] = person
    for number, person in files.items():
        imports.take(number, actor=person, at=AT + MINUTE)

    at_once(*(steps_of(number, person) for number, person in files.items()))

    taken = [import_queries.view(number, person).line.taken for number, person in files.items()]
    assert sum(taken) == 8
    marks = [bytes(m) for m in Application.objects.values_list("document_index", flat=True)]
    assert len(marks) == len(set(marks)) == 8


def test_of_twenty_reviewers_none_gets_anothers_and_no_verdict_is_lost(live_counter):
    """CPS-4.2.3: one claim each, and what each of them found and decided is kept."""
    counter = live_counter
    people = test_imports.people(20)
    for number, fields in enumerate(people, 1):
        ra.submitted(counter, number, fields=fields)
    crowd = [hire(f"reviewer{number}", Role.REVIEWER, office="RA01") for number in range(20)]
    at = AT + 2 * MINUTE

    def work(person):
        number = review.claim_next(actor=person, at=at)
        row = Application.objects.get(number=number)
        seen = row.content_version
        for item in ("document_type", "check.form_signed"):
            review.set_verdict(row.pk, item, "agrees", seen=seen, actor=person, at=at)
        decisions.return_for_correction(
            row.pk, ["A06"], message="请补签申请表", actor=person, at=at + MINUTE
        )
        return row.pk

    claimed = at_once(*(lambda person=person: work(person) for person in crowd))

    done = list(zip(claimed, (person.person_id for person in crowd), strict=True))
    assert sorted(claimed) == sorted(Application.objects.values_list("pk", flat=True))
    assert sorted(Decision.objects.values_list("application_id", "reviewer_id")) == sorted(done)
    kept = ItemVerdict.objects.values_list("application_id", "reviewer_id", "item")
    assert sorted(kept) == sorted(
        (*one, item) for one in done for item in ("document_type", "check.form_signed")
    )
    assert {ra.state_of(one) for one in claimed} == {"returned"}


def agreed(asked, checker):
    return lambda: vote(asked.id, grants=True, seen=asked.digest, actor=checker, at=AT).state


def test_a_key_agreed_to_while_its_person_leaves_is_not_issued(live_counter):
    """CPS-1.4.2, WP-8.2"""
    counter, tang = live_counter, hire("tang", Role.SECURITY_ADMIN, office="")
    asked, checker = partners.asked(counter.chen)

    outcome = while_open(
        lambda: personnel.leave(counter.chen.person_id, actor=tang, at=AT), agreed(asked, checker)
    )

    assert outcome == "partners.responsible"
    assert not PartnerKey.objects.exists()


def test_who_leaves_while_their_key_is_agreed_to_takes_it_along(live_counter):
    """CPS-1.4.2, WP-8.2"""
    counter, tang = live_counter, hire("tang", Role.SECURITY_ADMIN, office="")
    asked, checker = partners.asked(counter.chen)

    outcome = while_open(
        agreed(asked, checker),
        lambda: personnel.leave(counter.chen.person_id, actor=tang, at=AT),
    )

    assert outcome is None
    assert PartnerKey.objects.get().state == "revoked"


def test_a_key_drawn_while_its_person_leaves_ends(live_counter):
    """WP-8.2: and neither waits for the other for ever."""
    counter, tang = live_counter, hire("tang", Role.SECURITY_ADMIN, office="")
    keeper, row = hire("keeper", Role.CA_ADMIN, office=""), partners.issued(live_counter.chen)

    outcomes = at_once(
        lambda: personnel.leave(counter.chen.person_id, actor=tang, at=AT),
        lambda: bool(keys.hand_out(row.number, actor=keeper, at=AT)),
    )

    assert outcomes[0] is None
    assert outcomes[1] in (True, "state.no_such_step")
    assert PartnerKey.objects.get().state == "revoked"


def test_a_key_agreed_to_while_its_office_stops_is_not_issued(live_counter):
    """CPS-1.4.2, CPS-5.8"""
    counter, gao = live_counter, hire("gao", Role.CA_ADMIN, office="")
    tang = hire("tang", Role.SECURITY_ADMIN, office="")
    stopping = Office.objects.get(code=counter.chen.office)
    end = offices.propose_stop(stopping.pk, "RA02", actor=tang, at=AT)
    asked, checker = partners.asked(counter.chen)

    outcome = while_open(agreed(end, gao), agreed(asked, checker))

    assert outcome == "branches.stopped"
    assert not PartnerKey.objects.exists()
