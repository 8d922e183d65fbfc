"""Key ceremonies on a database and with a real signer (CPS-5.2.2, CPS-6.1.1a)."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from ca.ceremonies import acts, importing, queries, services
from ca.ceremonies.models import Attestation, Ceremony, CeremonyLine, CeremonyStep
from ca.custody import noting
from ca.hierarchy.models import CertificateAuthority
from ca.keys import services as keys
from people.api import Role, approval, dismiss, vote
from pki import ceremonies, certificates, extensions, names, pem, publickeys, requests
from pki import keys as software
from tests.plugin_journal import triggers_disabled
from tests.support.ceremonies import draft
from tests.support.ceremony_rooms import NOW, external_root, signed_by_root, step_of
from tests.support.people import hire
from tests.support.refusals import refused_by
from tests.support.signer import script
from tests.support.voting import with_pen

_labels = iter(range(1, 1000))


def fresh(prefix: str = "root") -> str:
    """The signer outlives the tables of a test, and keeps its keys."""
    return f"{prefix}-{next(_labels)}"


@pytest.fixture
def gathering(house) -> str:
    """A drill whose first step is asked for."""
    number = house.opened(draft(drill=True, key=fresh()))
    house.begin(number, "gather")
    return number


def whats(number: str) -> list[str]:
    rows = CeremonyLine.objects.filter(ceremony__number=number).order_by("seq")
    return [json.loads(row.text)["what"] for row in rows]


# --- whole ceremonies ------------------------------------------------------------------------


def test_a_root_is_made_in_a_ceremony_also_in_production(house, settings):
    """CPS-6.1.1a, CPS-5.2.2: what `hierarchy.needs_ceremony` asks for."""
    settings.PRODUCTION = True
    label = fresh()

    number = house.run(draft(key=label))

    row = CertificateAuthority.objects.get(code=label)
    made = certificates.parse(bytes(row.certificate))
    assert (row.state, row.demo) == ("active", False)
    assert made.subject.text == "CN=AnXin Root CA, O=AnXin CA, C=CN"
    assert queries.result(number, "certify") == made.der
    assert queries.result(number, "make_key") == made.public_key.spki
    assert keys.key_of(label).certificate == made.der
    found = ceremonies.check(queries.record(number))
    assert (found.end, found.drill, found.attestations) == ("finished", False, 20)


def test_every_line_of_a_transcript_is_in_the_journal(house):
    """CPS-5.4.1"""
    number = house.run(draft(drill=True, key=fresh()))

    lines = CeremonyLine.objects.filter(ceremony__number=number).order_by("seq")
    entries = Entry.objects.filter(action="ca.ceremony_line").order_by("pk")
    noted = [json.loads(entry.details)["digest"] for entry in entries]
    assert noted == [line.digest for line in lines]


def test_a_drill_leaves_no_authority_behind(house):
    label = fresh()

    number = house.run(draft(drill=True, key=label))

    assert not CertificateAuthority.objects.exists()
    made = certificates.parse(queries.result(number, "certify"))
    assert made.subject.get("CN") == "AnXin Root CA DRILL"
    assert keys.key_of(f"drill-{label}").certificate is None
    assert ceremonies.check(queries.record(number)).drill


@pytest.mark.parametrize("algorithm", ["sm2", "rsa-2048"])
def test_a_request_goes_out_and_a_certificate_comes_in(house, algorithm, settings):
    """CPS-7.4, CPS-6.1.1a: drill and act, with a root elsewhere."""
    settings.PRODUCTION = True
    label, root = fresh("sub"), external_root(algorithm)
    asked = house.run(draft(kind="generate", key=label, algorithm=algorithm))
    wish = queries.result(asked, "request")
    requests.verify(requests.parse(wish))
    made = signed_by_root(wish, root)
    given = pem.write("CERTIFICATE", made.der).decode()
    said = draft(
        kind="import_certificate",
        key=label,
        algorithm=algorithm,
        issuer=root[1].der,
        request=wish,
    )

    house.run(replace(said, drill=True), given)
    assert not CertificateAuthority.objects.exists()
    number = house.run(said, given)

    row = CertificateAuthority.objects.get(code=label)
    assert (row.state, bytes(row.certificate)) == ("active", made.der)
    assert keys.key_of(label).certificate == made.der
    assert queries.result(number, "enter") == made.der
    assert ceremonies.check(queries.record(number)).end == "finished"


def test_a_request_is_exported_again_for_the_same_key(house):
    label = fresh("sub")
    first = house.run(draft(kind="generate", key=label))

    second = house.run(draft(kind="export_request", key=label, name="AnXin Sub CA"))

    one, other = (requests.parse(queries.result(number, "request")) for number in (first, second))
    assert one.public_key.spki == other.public_key.spki
    assert other.subject.get("CN") == "AnXin Sub CA"


# --- before ----------------------------------------------------------------------------------


def test_a_ceremony_takes_a_host_and_two_who_agree(house):
    """CPS-5.2.2"""
    number = house.draft(draft(drill=True, key=fresh()))
    tang = house.people["tang"]

    assert (
        refused_by(services.open_room, number, actor=tang, at=house.now()) == "state.no_such_step"
    )
    house.agree(number, "gao")
    assert Ceremony.objects.get().state == "drafted"


def test_one_of_those_who_agree_is_a_ca_administrator(house):
    """CPS-5.2.2"""
    number = house.draft(draft(drill=True, key=fresh()))

    assert refused_by(house.agree, number, "lu", "qin") == "ceremonies.admin_agrees"
    assert Ceremony.objects.get().state == "drafted"


def test_a_no_drops_it(house):
    number = house.draft(draft(drill=True, key=fresh()))
    services.ask(number, actor=house.people["tang"], at=house.now())
    asked = approval(Ceremony.objects.get().approval_id)
    at = house.now()
    gao = with_pen(house.pen_of("gao"), asked, house.people["gao"], at=at, grants=False)
    vote(asked.id, grants=False, seen=asked.digest, actor=gao, at=at)

    assert Ceremony.objects.get().state == "dropped"


def test_nobody_takes_two_parts(house):
    """CPS-5.2.4"""
    lu = house.people["lu"].person_id
    twice = {"custodians": [lu, lu]}

    assert refused_by(house.draft, draft(), **twice) == "ceremonies.two_parts"


def test_who_has_no_such_role_takes_no_part(house):
    """CPS-5.2.1"""
    other = hire("fang", Role.SUPPORT)

    wrong = refused_by(house.draft, draft(), witness=other.person_id)

    assert wrong == "ceremonies.role_ended"


def test_a_label_that_is_taken_is_refused(house):
    label = fresh()
    house.draft(draft(key=label))

    assert refused_by(house.draft, draft(key=label)) == "ceremonies.label_taken"


def test_a_key_from_before_the_ceremony_is_not_used(house):
    """CPS-6.1.1a"""
    label = fresh()
    keys.ensure_key(label, "sm2", ("ca-certificate", "certificate", "crl"))
    house.at = NOW + timedelta(minutes=30)
    number = house.opened(draft(key=label))
    house.steps(number, "gather", "device")

    house.begin(number, "make_key")
    house.work()

    waiting = step_of(number, "make_key")
    assert (waiting.state, json.loads(waiting.fault)["rule"]) == (
        "waiting",
        "ceremonies.key_there",
    )


# --- attesting -------------------------------------------------------------------------------


def test_only_those_present_attest_and_each_once(house, gathering):
    """CPS-5.2.2"""
    house.attest(gathering, "gather", "lu")

    assert refused_by(house.attest, gathering, "gather", "lu") == "ceremonies.attested"
    stranger = hire("bo", Role.CUSTODIAN)
    wrong = refused_by(services.attest, gathering, "gather", actor=stranger, at=house.now())
    assert wrong == "ceremonies.not_present"


def test_who_has_lost_the_role_attests_nothing(house, gathering):
    """CPS-5.2.1"""
    house.people["lu"] = replace(house.people["lu"], roles=frozenset())

    assert refused_by(house.attest, gathering, "gather", "lu") == "ceremonies.role_ended"


def test_a_ceremony_does_not_go_on_while_one_of_its_people_has_lost_the_role(house, gathering):
    """CPS-5.2.1, CPS-5.3.6: asked again at every step."""
    for login in ("tang", "lu", "qin", "gao", "jiang"):
        house.attest(gathering, "gather", login)
    dismiss(house.people["qin"].person_id, Role.CUSTODIAN, actor=SYSTEM, at=house.now())

    assert refused_by(house.begin, gathering, "device") == "ceremonies.role_ended"


@pytest.mark.parametrize(
    "change",
    [
        {"script": "ab" * 32},
        {"step": "close"},
        {"round": "2"},
        {"result": "cd" * 32},
        {"ceremony": "KC-2026-999"},
    ],
)
def test_a_signature_over_something_else_counts_for_nothing(house, gathering, change):
    """CPS-5.2.3: a changed script cannot be attested."""
    assert refused_by(house.attest, gathering, "gather", "lu", **change) == "keys.signed_wrong"
    assert not Attestation.objects.exists()


def test_nobody_attests_with_the_key_of_another_or_with_none(house, gathering):
    """CPS-5.2.3"""
    assert refused_by(house.attest, gathering, "gather", "lu", key="qin") == "keys.signed_wrong"
    lu = house.people["lu"]
    unsigned = refused_by(services.attest, gathering, "gather", actor=lu, at=house.now())
    assert unsigned == "keys.not_signed"


def test_an_old_second_factor_attests_nothing(house, gathering):
    """CPS-5.2.3"""
    house.people["lu"] = replace(house.people["lu"], proved_at=house.at - timedelta(minutes=16))

    assert refused_by(house.attest, gathering, "gather", "lu") == "sessions.proof_old"


def test_steps_come_in_their_order_and_begin_by_the_host(house, gathering):
    assert refused_by(house.begin, gathering, "device") == "ceremonies.turn"
    assert refused_by(house.begin, gathering, "gather") == "state.no_such_step"
    gao = house.people["gao"]
    wrong = refused_by(services.begin, gathering, "device", actor=gao, at=house.now())
    assert wrong == "ceremonies.not_host"
    assert refused_by(house.attest, gathering, "device", "tang") == "ceremonies.closed"


def test_two_attestations_at_once_are_both_kept_in_one_chain(house, gathering):
    """A race of two people; the transcript stays a chain."""
    at, row, start = house.now(), queries.ceremony(gathering), Barrier(2)
    waiting = step_of(gathering, "gather")
    signing = {
        login: house.signing(login, queries.fields(row, waiting, house.people[login].person_id), at)
        for login in ("lu", "qin")
    }

    def attest(login: str) -> None:
        try:
            start.wait()
            services.attest(gathering, "gather", actor=signing[login], at=at)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(attest, signing))

    assert whats(gathering) == ["opened", "began", "attested", "attested"]
    assert Attestation.objects.count() == 2


# --- time ------------------------------------------------------------------------------------


def test_a_step_that_takes_too_long_begins_anew_and_its_attestations_are_void(house, gathering):
    house.attest(gathering, "gather", "lu")
    house.at += timedelta(minutes=15)
    assert refused_by(house.attest, gathering, "gather", "qin") == "ceremonies.late"

    assert house.work() == 1

    assert step_of(gathering, "gather").state == "waiting"
    house.begin(gathering, "gather")
    assert queries.given(step_of(gathering, "gather")) == []
    house.attest(gathering, "gather", "lu")
    assert whats(gathering)[-4:] == ["attested", "restarted", "began", "attested"]


def test_a_step_in_time_is_left_alone(house, gathering):
    house.at += timedelta(minutes=14)

    assert house.work() == 0
    assert step_of(gathering, "gather").state == "asked"


# --- crashes ---------------------------------------------------------------------------------


def test_a_worker_that_dies_after_the_key_and_before_the_line_makes_no_second_key(house):
    """CPS-6.1.1a: resumed where it was."""
    label = fresh()
    number = house.opened(draft(drill=True, key=label))
    house.steps(number, "gather", "device")
    house.begin(number, "make_key")
    house.die_at_work()
    assert step_of(number, "make_key").state == "acting"
    made = keys.key_of(f"drill-{label}").public_key

    assert house.work() == 1

    assert bytes(step_of(number, "make_key").result) == made
    assert whats(number).count("acted") == 2  # the device's and this one


def test_a_worker_that_dies_after_the_plan_signs_that_plan(house):
    label = fresh()
    number = house.opened(draft(key=label))
    house.steps(number, "gather", "device", "make_key")
    house.begin(number, "certify")
    house.die_at_work()
    planned = bytes(CertificateAuthority.objects.get(code=label).tbs)

    house.work()

    assert certificates.parse(bytes(step_of(number, "certify").result)).tbs == planned


def test_a_step_waits_while_the_signer_is_away_and_goes_on_when_it_is_back(house, settings):
    number = house.opened(draft(drill=True, key=fresh()))
    house.steps(number, "gather")
    house.begin(number, "device")
    there, settings.SIGNER_SOCKET = settings.SIGNER_SOCKET, "/nowhere/signer.sock"
    assert house.work() == 0
    assert step_of(number, "device").state == "acting"

    settings.SIGNER_SOCKET = there

    assert house.work() == 1
    assert step_of(number, "device").state == "asked"


# --- an end before the end -------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_shares_that_were_brought_for_another_ceremony_serve_none(signer):
    """CPS-6.2.8"""
    job = acts.Job({"number": "KC-2026-002"}, "", NOW, NOW, bytes)
    signer.agree(script("generate", "some", "KC-2026-001"))
    assert refused_by(acts.look, job) == "ceremonies.other_ceremony"
    signer.agree(script("generate", "some", "KC-2026-002"))
    assert json.loads(acts.look(job))["device"]["model"] == "software"


def test_the_signer_is_sealed_when_a_ceremony_is_finished(house):
    """CPS-6.2.9"""
    number = house.run(draft(drill=True, key=fresh()))
    assert keys.custody()["ceremony"] == number

    noting.note(at=house.now())

    assert keys.custody()["state"] == "sealed"


def test_one_person_ends_nothing_and_two_do(house, gathering):
    """CPS-5.2.2"""
    assert not house.end_early(gathering, "qin", "封条破损，停止仪式")
    assert Ceremony.objects.get().state == "running"
    assert refused_by(house.end_early, gathering, "qin") == "ceremonies.abort_alone"

    assert house.end_early(gathering, "jiang")

    row = Ceremony.objects.get()
    assert (row.state, row.abort_reason) == ("aborted", "封条破损，停止仪式")
    assert ceremonies.check(queries.record(gathering)).end == "aborted"
    assert refused_by(house.attest, gathering, "gather", "lu") == "ceremonies.not_running"


def test_an_end_needs_a_reason(house, gathering):
    assert refused_by(house.end_early, gathering, "qin", "x") == "ceremonies.reason"


def test_a_step_of_an_ended_ceremony_is_not_acted_on(house, gathering):
    for login in ("tang", "lu", "qin", "gao", "jiang"):
        house.attest(gathering, "gather", login)
    house.begin(gathering, "device")
    Ceremony.objects.filter(number=gathering).update(state="aborted")  # people wait for the step

    assert house.work() == 0
    assert step_of(gathering, "device").result is None


def test_what_no_worker_came_for_in_time_is_ended_once_one_is_there(house, gathering):
    for login in ("tang", "lu", "qin", "gao", "jiang"):
        house.attest(gathering, "gather", login)
    house.begin(gathering, "device")
    house.at += timedelta(minutes=10)
    assert refused_by(house.end_early, gathering, "qin", "设备编号不符") == "ceremonies.entering"

    assert house.work() == 1

    assert not house.end_early(gathering, "qin", "设备编号不符")
    assert house.end_early(gathering, "gao")


def test_what_the_signer_may_not_do_now_is_said_and_done_later(house):
    """CPS-6.2.8, CPS-6.1.1a: sealed, active for daily work, and asked for a key nobody made."""
    label = fresh("nobody")
    number = house.opened(draft(kind="export_request", key=label), active=False)
    house.step(number, "gather")

    def fault(code: str) -> str:
        house.begin(number, code)
        house.work()
        return queries.fault_in(step_of(number, code).fault).rule

    house.signer.client().lock()
    assert fault("device") == "ceremonies.device_locked"
    house.signer.activate("activate")
    assert fault("device") == "ceremonies.not_for_ceremony"
    house.activate(number)
    house.step(number, "device")
    assert fault("request") == "ceremonies.no_key"
    assert keys.key_of(label) is None
    for code in ("gather", "request", "nothing"):
        assert refused_by(queries.result, number, code) == "ceremonies.unknown_step"


# --- what is kept ----------------------------------------------------------------------------


@pytest.mark.parametrize("model", [CeremonyLine, Attestation])
@pytest.mark.parametrize("change", ["update", "delete", "truncate"])
def test_lines_and_attestations_are_never_changed(house, gathering, model, change):
    """CPS-5.4.4: not even by the owner of the table."""
    house.attest(gathering, "gather", "lu")
    table = model._meta.db_table
    column = "digest" if model is CeremonyLine else "statement"
    sql = {
        "update": f"UPDATE {table} SET {column} = ''",
        "delete": f"DELETE FROM {table}",
        "truncate": f"TRUNCATE {table} CASCADE",
    }

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(sql[change])


def test_there_is_no_record_before_the_end(house, gathering):
    assert refused_by(queries.record, gathering) == "ceremonies.goes_on"


def test_a_line_changed_in_the_database_all_the_same_is_found(house):
    number = house.run(draft(drill=True, key=fresh()))
    with triggers_disabled():
        row = CeremonyLine.objects.get(ceremony__number=number, seq=4)
        CeremonyLine.objects.filter(pk=row.pk).update(text=row.text.replace("T", "t", 1))

    with pytest.raises(ceremonies.Refused) as refused:
        ceremonies.check(queries.record(number))

    assert refused.value.reason == "Line 4 was changed."


# --- what may be imported --------------------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere():
    """A request, and a root that answers it."""
    key = software.generate("sm2")
    name = names.build([("C", "CN"), ("O", "AnXin CA"), ("CN", "AnXin SM2 CA")])
    return requests.build(name, key), external_root()


def imported(elsewhere, **changes):
    wish, root = elsewhere
    issuer = changes.pop("issuer_given", root[1])
    made = signed_by_root(wish, root, **changes)
    importing.check(made, issuer, wish, 0, at=NOW)


def test_the_certificate_that_was_asked_for_is_taken(elsewhere):
    """CPS-7.4"""
    imported(elsewhere)


def test_a_root_numbers_as_it_likes(elsewhere):
    imported(elsewhere, serial=4097)


def test_another_key_is_refused(elsewhere):
    other = software.generate("sm2").public
    assert refused_by(imported, elsewhere, public_key=other) == "importing.key"


def test_another_name_is_refused(elsewhere):
    other = names.build([("C", "CN"), ("O", "AnXin CA"), ("CN", "Another CA")])
    assert refused_by(imported, elsewhere, subject=other) == "importing.name"


def test_another_root_is_refused(elsewhere):
    other = external_root()[1]
    assert refused_by(imported, elsewhere, issuer_given=other) == "importing.chain"


@pytest.mark.parametrize("days", [1, -400])
def test_a_certificate_out_of_its_time_is_refused(elsewhere, days):
    begin = NOW + timedelta(days=days)
    wrong = {"not_before": begin, "not_after": begin + timedelta(days=365)}
    assert refused_by(imported, elsewhere, **wrong) == "importing.chain"


def test_another_path_length_is_refused(elsewhere):
    assert refused_by(imported, elsewhere, path_length=1) == "importing.path_length"


def test_a_certificate_of_no_ca_is_refused(elsewhere):
    said = (extensions.key_usage(("digitalSignature",)), extensions.basic_constraints(ca=False))
    assert refused_by(imported, elsewhere, extensions=said) == "importing.constraints"


def test_a_certificate_that_outlives_root_or_key_is_refused(elsewhere):
    """CPS-6.3.2"""
    wish, _ = elsewhere
    beyond = {"not_after": NOW + timedelta(days=365 * 21)}
    assert refused_by(imported, elsewhere, **beyond) == "importing.validity"
    long = external_root(years=40)
    too_old = {"not_after": NOW + timedelta(days=365 * 16)}
    assert refused_by(imported, (wish, long), **too_old) == "importing.validity"


def test_a_certificate_against_the_profile_is_refused(elsewhere):
    public = requests.parse(elsewhere[0]).public_key
    said = (
        extensions.subject_key_identifier(public.key_identifier),
        extensions.key_usage(("keyCertSign", "cRLSign")),
        extensions.basic_constraints(ca=True, path_length=0),
    )
    assert refused_by(imported, elsewhere, extensions=said) == "importing.form"


@pytest.mark.parametrize("given", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----"])
def test_what_is_no_certificate_is_refused(given):
    assert refused_by(importing.read, given) == "importing.unreadable"


def test_a_subscribers_certificate_is_no_root(elsewhere):
    wish, root = elsewhere
    said = (extensions.key_usage(("digitalSignature",)), extensions.basic_constraints(ca=False))
    leaf = signed_by_root(wish, root, extensions=said)
    assert refused_by(importing.read_issuer, leaf.der) == "importing.issuer"


def test_a_wrong_certificate_leaves_the_step_to_be_begun_again(house):
    """CPS-7.4: refused with its rule, and nothing has changed."""
    label, root = fresh("sub"), external_root()
    wish = queries.result(house.run(draft(kind="generate", key=label)), "request")
    said = draft(kind="import_certificate", key=label, issuer=root[1].der, request=wish)
    number = house.opened(said)
    house.steps(number, "gather", "device", "make_responder")
    wrong = signed_by_root(wish, root, path_length=1)
    house.begin(number, "enter", pem.write("CERTIFICATE", wrong.der).decode())
    house.work()

    waiting = step_of(number, "enter")
    assert waiting.state == "waiting"
    assert queries.fault_in(waiting.fault).rule == "importing.path_length"
    assert not CertificateAuthority.objects.exists()
    right = pem.write("CERTIFICATE", signed_by_root(wish, root).der).decode()
    house.step(number, "enter", right)
    assert CertificateAuthority.objects.get().code == label


# --- what roles of the database may ------------------------------------------------------------


def test_each_process_does_its_part_with_the_rights_it_has(house, in_role):
    """Staff write scripts and attest; what steps do is written by workers."""
    label = fresh()
    with in_role("staff"):
        number = house.opened(draft(key=label))
        house.begin(number, "gather")
        for login in ("tang", "lu", "qin", "gao", "jiang"):
            house.attest(number, "gather", login)
        house.begin(number, "device")
    with in_role("worker"):
        assert house.work() == 1
    with in_role("staff"):
        for login in ("tang", "gao"):
            house.attest(number, "device", login)
        house.begin(number, "make_key")
    with in_role("worker"):
        assert house.work() == 1
    with in_role("staff"):
        for login in ("lu", "qin", "gao", "jiang"):
            house.attest(number, "make_key", login)
        house.begin(number, "certify")
    with in_role("worker"):
        assert house.work() == 1
    with in_role("staff"):
        for login in ("lu", "qin", "gao", "jiang"):
            house.attest(number, "certify", login)
    with in_role("worker"):
        assert house.work() == 1
    assert publickeys.parse(bytes(step_of(number, "make_key").result)).algorithm == "sm2"
    assert CertificateAuthority.objects.get(code=label).state == "active"


def test_a_page_puts_nothing_into_what_a_step_made(house, gathering, in_role):
    with in_role("staff"), pytest.raises(DatabaseError, match="denied"):
        CeremonyStep.objects.update(result=b"made up")


def test_a_script_is_never_changed_by_a_page(house, gathering, in_role):
    with in_role("staff"), pytest.raises(DatabaseError, match="denied"):
        Ceremony.objects.update(script="{}")


def test_two_scripts_at_once_get_two_numbers(house):
    start = Barrier(2)

    def write(label: str) -> str:
        try:
            start.wait()
            return house.draft(draft(key=label))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(write, [fresh(), fresh()]))

    assert len(set(found)) == 2
