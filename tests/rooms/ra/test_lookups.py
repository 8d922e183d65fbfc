"""What authority sources say, beside what is declared (CPS 4.2.1), and how it is recorded."""

import io
import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import Role
from ra.applications.models import Application, Dossier
from ra.applications.queries import content
from ra.intake import handing_in
from ra.intake import services as intake
from ra.lookups import connectors, queries, services
from ra.lookups.connectors import configured
from ra.lookups.file_source import sealed_lines
from ra.lookups.http_source import LARGEST
from ra.lookups.rules import (
    MOST,
    PARTIES,
    Match,
    NoAnswer,
    Silence,
    packed,
    questions,
    unpacked,
)
from ra.review import services as review
from ra.review.case import case
from ra.review.services import ask_sources
from ra.verifications import services as verifications
from ra.verifications.models import Verification
from ra.verifications.rules import Verified
from tests.support import ra
from tests.support.authority import authority
from tests.support.people import hire, signed_in
from tests.support.ra import AT, COMPANY, FIELDS, MINUTE

LATER = AT + 5 * MINUTE
REGISTRY = "户籍登记册"
SERVICE = "人口信息服务"
PERSON = {word: FIELDS[word] for word in ("name", "document_type", "document_number")}


def row(application_id):
    return Application.objects.get(pk=application_id)


def kept(application_id):
    return unpacked(content(row(application_id)).lookups)


def current(application_id, slot="id_front"):
    return Verification.objects.get(application=application_id, slot=slot, ended_at=None)


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as caught:
        act(*arguments, **named)
    return caught.value


def question(fields=FIELDS):
    return questions(fields)[0]


def field(application_id, code, reviewer):
    view = case(row(application_id).number, reviewer, at=LATER)
    return next(one for one in view.fields if one.code == code)


@pytest.fixture
def set_up(settings, tmp_path):
    """`set_up({...}, ...)`: these sources and no others."""

    def told(*sources, hosts=("127.0.0.1",)):
        page = tmp_path / "sources.json"
        page.write_text(json.dumps(sources), "utf-8")
        settings.SOURCES_FILE, settings.SOURCE_HOSTS = str(page), hosts

    return told


@pytest.fixture
def register(set_up, tmp_path):
    """A register on this machine that holds these records."""

    def told(*records, name=REGISTRY, answers=("person", "organization")):
        path = tmp_path / "register.csv"
        path.write_text("\n".join(sealed_lines(records)), "ascii")
        set_up({"name": name, "answers": list(answers), "file": str(path)})
        return path

    return told


@pytest.fixture
def people_in_it(register):
    return register({"kind": "person", **PERSON})


@pytest.fixture
def office(tmp_path, set_up, monkeypatch):
    """An authority with a certificate that its own CA issued; a busy machine gets its time."""
    monkeypatch.setattr(connectors, "PATIENCE", 30.0)
    folder = tmp_path / "tls"
    folder.mkdir()
    with authority(folder) as server:
        set_up(service(server))
        yield server


def service(server, **more):
    return {"name": SERVICE, "answers": ["person"], "url": server.url, "ca": server.ca, **more}


@pytest.fixture
def short(monkeypatch):
    """Nobody waits five seconds in a test."""
    monkeypatch.setattr(connectors, "PATIENCE", 0.3)


@pytest.fixture
def draft(counter):
    return ra.draft(counter.chen)


@pytest.fixture
def on_desk(counter):
    application_id, _ = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=LATER)
    return application_id


def ask_service(patience=30.0):
    (source,) = configured()
    return source.look_up(question(), patience)


# --- what is asked ---------------------------------------------------------------------------


def test_a_source_is_asked_about_a_party_with_the_words_it_needs():
    """CPS-9.3: no telephone, no e-mail, nothing of the certificate."""
    (asked,) = questions(FIELDS)

    assert (asked.party, asked.kind, dict(asked.fields)) == ("person", "person", PERSON)


def test_an_organization_and_its_agent_are_asked_about_apart():
    assert [(one.party, one.kind) for one in questions(COMPANY)] == [
        ("agent", "person"),
        ("organization", "organization"),
    ]


def test_nobody_is_asked_about_half_a_person():
    assert questions(FIELDS | {"document_number": ""}) == []


def test_every_party_is_asked_about_by_fields_of_the_form():
    from ra.applicants.rules import FIELDS as ALL

    assert all(field in ALL for party in PARTIES.values() for field in party.words.values())


# --- a register on this machine ----------------------------------------------------------------


def test_a_register_bears_out_what_stands_in_it(counter, draft, people_in_it):
    """CPS-4.2.1, CPS-3.2.4a: source, reference and time are recorded, sealed."""
    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    (one,) = kept(draft)
    assert (one.source, one.party, one.at) == (REGISTRY, "person", LATER)
    assert one.officer_id == counter.chen.person_id
    assert one.reference.startswith("SM3-")
    assert {code: said.outcome for code, said in one.found.items()} == dict.fromkeys(
        PERSON, Match.MATCHES
    )
    sealed = bytes(Dossier.objects.get(application=draft).lookups)
    assert REGISTRY.encode() not in sealed
    assert FIELDS["document_number"].encode() not in sealed


def test_nobody_reads_names_in_a_register(people_in_it):
    text = people_in_it.read_text("ascii")

    assert FIELDS["document_number"] not in text
    assert "林" not in text


def test_another_name_under_the_number_differs(counter, draft, register):
    register({"kind": "person", **PERSON, "name": "林知霞"})

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    found = kept(draft)[0].found
    assert found["name"].outcome == Match.DIFFERS
    assert found["document_number"].outcome == Match.MATCHES


def test_a_register_without_the_number_knows_nothing(counter, draft, register):
    register({"kind": "person", **PERSON, "document_number": "330199198807120012"})

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    assert {said.outcome for said in kept(draft)[0].found.values()} == {Match.UNKNOWN}
    assert current(draft).method == "on_site"


@pytest.mark.parametrize(("text", "why"), [(None, "unreachable"), ("a,b\n", "malformed")])
def test_a_register_that_cannot_be_read_has_not_answered(counter, draft, people_in_it, text, why):
    people_in_it.unlink()
    if text:
        people_in_it.write_text(text, "ascii")

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    assert [(one.silence, dict(one.found)) for one in kept(draft)] == [(why, {})]


def test_a_register_is_made_from_a_list_that_stays_in_the_pipe(monkeypatch, people_in_it):
    plain = io.StringIO(
        "kind,name,document_type,document_number\nperson," + ",".join(PERSON.values())
    )
    monkeypatch.setattr("sys.stdin", plain)
    made = io.StringIO()

    call_command("seal_register", stdout=made)

    assert made.getvalue().strip() == people_in_it.read_text("ascii")


def test_a_list_with_a_line_that_says_nothing_makes_no_register(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("kind,name\nperson,林知夏"))

    with pytest.raises(CommandError, match="line 2"):
        call_command("seal_register", stdout=io.StringIO())


# --- a service -------------------------------------------------------------------------------


def test_a_service_is_told_the_question_and_nothing_else(office):
    office.say(name="matches", document_number="matches", document_type="matches")

    reply = ask_service()

    assert office.asked == [("", {"kind": "person", "fields": PERSON})]
    assert reply.reference == "GA-2026-0001"
    assert {said.outcome for said in reply.fields.values()} == {Match.MATCHES}


def test_a_service_may_know_another_value(office):
    office.say(name=("differs", "林知霞"), document_number="matches")

    fields = ask_service().fields

    assert (fields["name"].outcome, fields["name"].value) == (Match.DIFFERS, "林知霞")
    assert fields["document_type"].outcome == Match.UNKNOWN


def test_the_token_comes_from_a_private_file(office, set_up, tmp_path):
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    token.chmod(0o600)
    set_up(service(office, token=str(token)))
    office.say(name="matches")

    ask_service()

    assert office.asked[0][0] == "Bearer t0ken"


def test_a_token_others_can_read_is_not_used(counter, draft, office, set_up, tmp_path):
    token = tmp_path / "token"
    token.write_text("t0ken")
    token.chmod(0o644)
    set_up(service(office, token=str(token)))

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    assert [one.silence for one in kept(draft)] == [Silence.SETTINGS]
    assert office.asked == []


def test_our_certificate_is_shown_where_it_is_asked_for(tmp_path, set_up):
    folder = tmp_path / "mutual"
    folder.mkdir()
    with authority(folder, asks_for_certificate=True) as server:
        ours = {"certificate": str(folder / "client.pem"), "key": str(folder / "client.key")}
        set_up(service(server, **ours))
        server.say(name="matches")

        reply = ask_service()

        assert reply.fields["name"].outcome == Match.MATCHES
        assert server.clients == ["client"]


def test_a_server_of_an_unknown_ca_is_told_nothing(office, set_up):
    set_up({key: value for key, value in service(office).items() if key != "ca"})

    with pytest.raises(NoAnswer) as silence:
        ask_service()

    assert silence.value.why == Silence.UNREACHABLE
    assert office.asked == []


@pytest.mark.parametrize("way", ["silence", "drip"])
def test_who_does_not_answer_in_time_has_not_answered(office, way):
    office.way = way

    with pytest.raises(NoAnswer) as silence:
        ask_service(patience=0.3)

    assert silence.value.why == Silence.TIMEOUT


def test_nobody_waits_for_a_silent_service(counter, draft, office, short):
    office.way = "silence"

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    assert [one.silence for one in kept(draft)] == [Silence.TIMEOUT]


def test_a_port_where_nobody_listens_is_no_answer(office, set_up):
    set_up(service(office, url="https://127.0.0.1:9/"))

    with pytest.raises(NoAnswer) as silence:
        ask_service()

    assert silence.value.why == Silence.UNREACHABLE


@pytest.mark.parametrize("status", [302, 401, 500])
def test_what_is_not_ok_is_no_answer_and_leads_nowhere(office, status):
    office.status = status

    with pytest.raises(NoAnswer) as silence:
        ask_service()

    assert silence.value.why == Silence.REFUSED
    assert len(office.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"<html>",
        b"[]",
        {"fields": {}},
        {"reference": "", "fields": {}},
        {"reference": "x" * 65, "fields": {}},
        {"reference": "a\nb", "fields": {}},
        {"reference": "1", "fields": {"name": {"outcome": "perhaps"}}},
        {"reference": "1", "fields": {"name": {"outcome": "differs", "value": "x" * 201}}},
        {"reference": "1", "fields": {"name": "matches"}},
        b" " * LARGEST + b"{}",
    ],
)
def test_an_odd_answer_is_none(office, reply):
    office.reply = reply

    with pytest.raises(NoAnswer) as silence:
        ask_service()

    assert silence.value.why == Silence.MALFORMED


@pytest.mark.parametrize(
    "page",
    [
        {"name": "A", "answers": ["person"], "url": "http://127.0.0.1/"},
        {"name": "A", "answers": ["person"], "url": "https://elsewhere.example/"},
        {"name": "A", "answers": ["animal"], "file": "/x"},
        {"name": "A", "answers": [], "file": "/x"},
        {"name": "", "answers": ["person"], "file": "/x"},
        {"name": "A", "answers": ["person"], "file": "/x", "passwort": "x"},
        {"name": "A", "answers": ["person"]},
    ],
)
def test_a_source_that_is_not_set_up_right_is_refused(set_up, page):
    set_up(page)

    with pytest.raises(ImproperlyConfigured):
        configured()


def test_two_sources_have_two_names(set_up):
    one = {"name": "A", "answers": ["person"], "file": "/x"}
    set_up(one, one)

    with pytest.raises(ImproperlyConfigured):
        configured()


# --- how it is recorded ------------------------------------------------------------------------


def test_what_a_database_bears_out_is_how_the_document_was_verified(counter, draft, people_in_it):
    """CPS-3.2.3, CPS-3.2.4a: by a trusted third-party database, with its reference."""
    Verification.objects.filter(application=draft, slot="id_front").delete()

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    noted = current(draft)
    assert (noted.method, noted.result, noted.at) == ("database", "passed", LATER)
    assert noted.officer_id == counter.chen.person_id
    assert set(noted.proves) == set(PERSON)


def test_a_licence_is_verified_by_the_register_of_companies(counter, register):
    """CPS-3.2.2"""
    application_id = ra.draft(counter.chen, fields=COMPANY, profile="organization-sm2-sign")
    Verification.objects.filter(application=application_id, slot="licence").delete()
    company = {code: COMPANY[code] for code in ("legal_name", "credit_code")}
    register({"kind": "organization", **company})

    services.ask_at_counter(application_id, actor=counter.chen, at=LATER)

    noted = current(application_id, "licence")
    assert (noted.method, noted.result) == ("database", "passed")


def test_what_a_person_has_looked_at_stays(counter, draft, people_in_it):
    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    assert (current(draft).method, current(draft).at) == ("on_site", AT)


def test_a_document_a_database_contradicts_has_failed(counter, draft, register):
    """CPS-3.2.3: also where somebody was satisfied before; it can be noted anew."""
    register({"kind": "person", **PERSON, "name": "林知霞"})

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    assert (current(draft).method, current(draft).result) == ("database", "failed")
    again = [Verified("id_front", "on_site")]
    verifications.note(draft, again, actor=counter.chen, at=LATER + MINUTE)
    assert current(draft).result == "passed"


def test_an_employer_in_the_register_proves_no_employment(counter, register):
    """CPS-3.2.3: the organisation itself confirms that."""
    employed = FIELDS | {
        "organization": COMPANY["legal_name"],
        "organization_code": COMPANY["credit_code"],
    }
    application_id = ra.draft(counter.chen, fields=employed)
    ra.hold(application_id, "organization_letter", counter.chen)
    company = {code: COMPANY[code] for code in ("legal_name", "credit_code")}
    register({"kind": "organization", **company}, answers=("organization",))

    services.ask_at_counter(application_id, actor=counter.chen, at=LATER)

    assert [one.party for one in kept(application_id)] == ["employer"]
    noted = Verification.objects.filter(application=application_id, method="database")
    assert not noted.exists()


def test_the_journal_knows_who_asked_whom_about_what(counter, draft, register):
    """CPS-5.4.1-RA: before anything goes out, and what came back; never a value."""
    register({"kind": "person", **PERSON, "name": "林知霞"})

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    out, back = Entry.objects.filter(action__in=("ra.ask_sources", "ra.look_up")).order_by("pk")
    assert json.loads(out.details) == {"asked": [[REGISTRY, "person"]]}
    assert (back.actor_id, back.outcome) == (counter.chen.person_id, "done")
    told = json.loads(back.details)
    assert told["fields"]["name"] == "differs"
    assert "林" not in back.details
    assert FIELDS["document_number"] not in back.details


def test_silence_is_in_the_journal_too(counter, draft, people_in_it):
    people_in_it.unlink()

    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    back = Entry.objects.get(action="ra.look_up")
    assert (back.outcome, json.loads(back.details)["silence"]) == ("failed", "unreachable")


# --- who may ask -------------------------------------------------------------------------------


def test_nobody_is_asked_where_no_source_is_set_up(counter, draft):
    refusal = refused(services.ask_at_counter, draft, actor=counter.chen, at=LATER)

    assert (refusal.rule, refusal.cps) == ("lookups.nobody", "4.2.1")


def test_sources_are_not_asked_without_end(counter, draft, people_in_it):
    services.ask_at_counter(draft, actor=counter.chen, at=LATER)
    dossier = Dossier.objects.get(application=draft)
    many = packed(kept(draft) * MOST)
    dossier.lookups = services.kmc.seal(row(draft).data_key, dossier.lookups_context(), many)
    dossier.save()

    refusal = refused(services.ask_at_counter, draft, actor=counter.chen, at=LATER)

    assert (refusal.rule, refusal.details) == ("lookups.enough", {"most": MOST})


def test_only_who_enters_it_asks_at_the_counter(counter, draft, people_in_it):
    zhang = hire("zhang", Role.OPERATOR, office="LRA0103")

    refusal = refused(services.ask_at_counter, draft, actor=zhang, at=LATER)

    assert (refusal.rule, refusal.cps) == ("applications.not_yours", "4.3.1")


def test_the_counter_asks_nothing_about_what_is_reviewed(counter, on_desk, people_in_it):
    refusal = refused(services.ask_at_counter, on_desk, actor=counter.chen, at=LATER)

    assert (refusal.rule, refusal.cps) == ("applications.not_editable", "4.2.1")


def test_a_reviewer_asks_about_what_is_on_their_desk_alone(counter, on_desk, people_in_it):
    refusal = refused(ask_sources, on_desk, actor=counter.shen, at=LATER)

    assert refusal.rule == "review.not_claimed"
    assert kept(on_desk) == []


# --- side by side ------------------------------------------------------------------------------


def test_a_reviewer_sees_source_and_time_beside_what_is_declared(counter, on_desk, people_in_it):
    """CPS-4.2.1: a source that agrees spares nobody a look at the document."""
    ask_sources(on_desk, actor=counter.ren, at=LATER)

    name = field(on_desk, "name", counter.ren)
    assert [(one.source, one.outcome, one.at) for one in name.said] == [
        (REGISTRY, "matches", LATER)
    ]
    assert (name.agrees, name.unseen) == (None, True)
    assert current(on_desk).method == "on_site"


def test_the_latest_answer_counts_and_only_for_the_value_it_was_about(counter, draft, register):
    register({"kind": "person", **PERSON, "name": "林知霞"})
    services.ask_at_counter(draft, actor=counter.chen, at=AT)
    fields = content(row(draft)).fields
    assert queries.said(kept(draft), fields)["name"][0].outcome == Match.DIFFERS

    register({"kind": "person", **PERSON})
    services.ask_at_counter(draft, actor=counter.chen, at=LATER)

    assert queries.said(kept(draft), fields)["name"][0].outcome == Match.MATCHES
    intake.save_draft(draft, FIELDS | {"name": "林知秋"}, actor=counter.chen, at=LATER)
    assert "name" not in queries.said(kept(draft), content(row(draft)).fields)


def test_what_was_verified_before_is_looked_at_again_when_a_source_denies_it(counter, register):
    """CPS-4.2.1"""
    ra.approved(counter)
    application_id = ra.draft(counter.chen, 2)
    handing_in.submit(application_id, actor=counter.chen, at=LATER)
    review.claim(application_id, actor=counter.ren, at=LATER)
    assert field(application_id, "name", counter.ren).agrees is True
    register({"kind": "person", **PERSON, "name": "林知霞"})

    ask_sources(application_id, actor=counter.ren, at=LATER)

    name = field(application_id, "name", counter.ren)
    assert (name.agrees, name.unseen) == (False, True)
    version = row(application_id).content_version
    agreeing = {"seen": version, "actor": counter.ren, "at": LATER}
    refusal = refused(review.set_verdict, application_id, "name", "agrees", **agreeing)
    assert refusal.rule == "review.not_seen"


# --- pages -------------------------------------------------------------------------------------


def test_the_page_marks_what_differs_by_characters_and_words(counter, on_desk, office):
    """CPS-4.2.1: the source's own word is masked like the declared one."""
    office.say(name=("differs", "林知夏子"), document_number="matches", document_type="unknown")
    review.claim(on_desk, actor=counter.ren, at=timezone.now())
    reviewer, address = signed_in(counter.ren), f"/w/cases/{row(on_desk).number}/"

    answer = reviewer.post(f"{address}lookups/")

    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    page = reviewer.get(address).content.decode()
    assert "不一致" in page
    assert "<del>" in page
    assert "林知夏子" not in page
    assert "GA-2026-0001" in page
    assert SERVICE in page


def test_the_page_of_a_case_with_answers_is_made_of_as_few_queries(
    counter, on_desk, people_in_it, django_assert_max_num_queries
):
    ask_sources(on_desk, actor=counter.ren, at=LATER)
    reviewer, address = signed_in(counter.ren), f"/w/cases/{row(on_desk).number}/"
    reviewer.get(address)

    with django_assert_max_num_queries(12):
        reviewer.get(address)


def test_the_operator_asks_from_the_page_of_the_draft(counter, draft, people_in_it):
    operator, address = signed_in(counter.chen), f"/w/intake/{row(draft).number}/"

    answer = operator.post(f"{address}lookups/")

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{address}#verified")
    page = operator.get(address).content.decode()
    assert REGISTRY in page
    assert "权威来源的回答" in page


def test_the_page_says_where_no_source_is_connected(counter, draft):
    page = signed_in(counter.chen).get(f"/w/intake/{row(draft).number}/").content.decode()

    assert "没有接入" in page
    assert "查询权威来源" not in page


@pytest.mark.parametrize(
    ("role", "place"),
    [(Role.AUDITOR, "cases"), (Role.OPERATOR, "cases"), (Role.REVIEWER, "intake")],
)
def test_others_are_kept_out(counter, draft, people_in_it, role, place):
    office = {} if role == Role.AUDITOR else {"office": "RA01"}
    outsider = signed_in(hire("outsider", role, **office))

    answer = outsider.post(f"/w/{place}/{row(draft).number}/lookups/")

    assert answer.status_code == 403
