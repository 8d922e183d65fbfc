"""Control of domain names and addresses, against real name servers and web servers (CPS 3.2.4)."""

from ipaddress import ip_network

import pytest
from django.core.management import call_command
from django.test import Client
from psycopg.errors import InsufficientPrivilege

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import Role
from ra.applicants.hosts import NameKind
from ra.applications.models import Application
from ra.domains import fetching, queries, resolving, services
from ra.domains.checking import PATH, Question, look
from ra.domains.models import NameProof
from ra.domains.resolving import vantages
from ra.domains.rules import ASK_TERM, CAA_TERM, PROOF_TERM
from ra.intake import handing_in
from ra.intake import services as intake
from ra.review import decisions
from ra.review.case import case
from tests.support import ra
from tests.support.names import NAME, web_server
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE

pytestmark = pytest.mark.django_db

CHALLENGE = f"_acme-challenge.{NAME}"
SOON = AT + 11 * MINUTE  # after the first pause


@pytest.fixture
def site(resolvers, settings):
    """The applicant's web server."""
    with web_server() as server:
        settings.VALIDATION_PORTS = {"http": server.port, "https": 9}
        yield server


@pytest.fixture
def inside(site):
    """A server of ours that nobody outside may reach: same port, another loopback address."""
    with web_server("127.0.0.2", site.port) as server:
        yield server


@pytest.fixture
def application(counter):
    return ra.draft(counter.chen)


def asked(counter, application, *names):
    services.request_proofs(application, names or (NAME,), actor=counter.chen, at=AT)
    return view(application)


def view(application, name=NAME):
    return queries.proofs(application)[name]


def publish_record(resolvers, value):
    for one in resolvers:
        one.tell(CHALLENGE, "TXT", f'"{value}"')


def path_of(proof):
    return proof.url.removeprefix(f"http://{NAME}")


def proved(counter, application, resolvers):
    publish_record(resolvers, asked(counter, application).value)
    services.sweep(at=SOON)
    return view(application)


# --- what is proved --------------------------------------------------------------------------


def test_a_record_seen_from_everywhere_proves_a_name(counter, application, resolvers, site):
    """CPS-3.2.4b, CPS-3.2.2"""
    proof = asked(counter, application)
    assert (proof.state, proof.txt_name) == ("asked", CHALLENGE)
    publish_record(resolvers, proof.value)

    assert services.sweep(at=SOON) == 1

    proof = view(application)
    assert (proof.state, proof.method, proof.caa) == ("proved", "dns", "permitted")
    assert proof.valid_until == SOON + PROOF_TERM
    assert [one.name for one in proof.vantages] == ["north", "south"]
    assert dict(proof.vantages[0].seen)["dns"] == "found"
    assert queries.hindrances(application, [NAME.upper()], at=SOON) == []
    entry = Entry.objects.get(action="ra.nameproof.prove")
    assert NAME not in entry.details
    assert '"method":"dns"' in entry.details


def test_a_file_proves_a_name(counter, application, site):
    """CPS-3.2.4b"""
    proof = asked(counter, application)
    site.put(path_of(proof), f"{proof.value}\r\n".encode())

    services.sweep(at=SOON)

    assert (view(application).state, view(application).method) == ("proved", "http")
    assert site.asked == [(NAME, path_of(proof))] * 2


def test_a_file_proves_an_address(site):
    """CPS-3.2.4b; RFC 8738. The address of a test is not of the internet, so no intake."""
    site.put(f"{PATH}token", b"expected")
    question = Question(1, NameKind.IP, "127.0.0.1", "token", "expected", proof=True)

    found = look([question], vantages())[1]

    assert [(one.method, one.outcome) for one in found] == [("http", "found")] * 2


def test_a_redirect_on_the_web_ports_is_followed(counter, application, resolvers, site):
    """RFC 8555 8.3"""
    proof = asked(counter, application)
    for one in resolvers:
        one.tell("files.example.cn", "A", "127.0.0.1")
    site.put(path_of(proof), b"", 302, Location="http://files.example.cn/there")
    site.put("/there", proof.value.encode())

    services.sweep(at=SOON)

    assert view(application).method == "http"
    assert ("files.example.cn", "/there") in site.asked


# --- what is not -----------------------------------------------------------------------------


def outcome(application, method):
    return {dict(one.seen)[method] for one in view(application).vantages}


def test_a_name_nobody_published_for_stays_asked_until_its_term_is_over(
    counter, application, resolvers, site
):
    asked(counter, application)

    services.sweep(at=SOON)
    proof = view(application)
    assert (proof.state, proof.reason) == ("asked", "domains.not_found")
    assert services.sweep(at=SOON + MINUTE) == 0
    assert services.sweep(at=SOON + 10 * MINUTE) == 1

    services.sweep(at=AT + ASK_TERM)
    assert view(application).state == "failed"
    assert Entry.objects.filter(action="ra.nameproof.fail").count() == 1
    assert services.sweep(at=AT + 2 * ASK_TERM) == 0


def test_the_token_of_another_application_proves_nothing(counter, application, resolvers, site):
    other = ra.draft(counter.chen, 2, ra.OTHER)
    publish_record(resolvers, asked(counter, other).value)
    site.put(path_of(view(other)), view(other).value.encode())
    asked(counter, application)

    services.sweep(at=SOON)

    assert view(other).state == "proved"
    assert view(application).state == "asked"
    assert outcome(application, "dns") == {"wrong"}


def test_one_poisoned_resolver_proves_nothing(counter, application, resolvers, site):
    """CPS-3.2.4b: an attacker who owns one vantage point's answers."""
    value = asked(counter, application).value
    resolvers[1].tell(CHALLENGE, "TXT", f'"{value}"')

    services.sweep(at=SOON)

    proof = view(application)
    assert (proof.state, proof.reason) == ("asked", "domains.disagreement")
    assert queries.hindrances(application, [NAME], at=SOON)[0].rule == "domains.not_proved"


def test_a_poisoned_address_leads_one_vantage_point_astray_and_no_more(
    counter, application, resolvers, site, settings
):
    proof = asked(counter, application)
    settings.VALIDATION_NETWORKS = (ip_network("127.0.0.0/30"),)
    resolvers[1].tell(NAME, "A", "127.0.0.3")
    with web_server("127.0.0.3", site.port) as attacker:
        attacker.put(path_of(proof), proof.value.encode())
        services.sweep(at=SOON)

    assert attacker.asked
    assert view(application).reason == "domains.disagreement"


def test_fewer_than_two_vantage_points_prove_nothing(
    counter, application, resolvers, site, settings
):
    settings.RESOLVERS = settings.RESOLVERS[:1]

    proof = proved(counter, application, resolvers)

    assert (proof.state, proof.reason) == ("asked", "domains.no_vantage")


def test_a_resolver_that_fails_is_not_one_that_denies(counter, application, resolvers, site):
    value = asked(counter, application).value
    publish_record(resolvers, value)
    resolvers[0].break_down("TXT")

    services.sweep(at=SOON)

    assert view(application).state == "asked"
    assert outcome(application, "dns") == {"unreachable", "found"}


# --- being sent where one should not go ------------------------------------------------------


def test_a_name_that_points_inside_is_not_visited(counter, application, resolvers, site, inside):
    """CPS-3.2.4b; an applicant who wants us to knock at our own doors."""
    proof = asked(counter, application)
    inside.put(path_of(proof), proof.value.encode())
    for one in resolvers:
        one.tell(NAME, "A", "127.0.0.1", "127.0.0.2")

    services.sweep(at=SOON)

    assert (view(application).state, view(application).reason) == (
        "failed",
        "domains.leads_inside",
    )
    assert site.asked == inside.asked == []


def test_a_name_that_changes_its_mind_is_connected_where_it_was_looked_up(
    counter, application, resolvers, site, inside
):
    """Rebinding: the first answer is harmless, every later one points inside."""
    proof = asked(counter, application)
    inside.put(path_of(proof), proof.value.encode())
    for one in resolvers:
        one.turns[NAME, "A"] = [("127.0.0.1",)]
        one.tell(NAME, "A", "127.0.0.2")

    services.sweep(at=SOON)

    assert len(site.asked) == 2
    assert inside.asked == []
    assert all(one.asked.count((NAME, "A")) == 1 for one in resolvers)
    assert view(application).state == "asked"


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("http://127.0.0.2/", "private"),
        ("http://[::ffff:127.0.0.2]/", "private"),
        ("http://inside.example.cn/", "private"),
        ("http://169.254.169.254/latest/", "private"),
        ("http://2130706434/", "absent"),
        ("http://127.0.0.1:22/", "redirect"),
        ("http://user@files.example.cn/", "redirect"),
        ("ftp://files.example.cn/", "redirect"),
        ("file:///etc/passwd", "redirect"),
        ("gopher://127.0.0.2/", "redirect"),
        ("/", "redirect"),  # and round again
        ("http://[", "redirect"),
    ],
)
def test_a_redirect_leads_nowhere_else(
    counter, application, resolvers, site, inside, *, target, seen
):
    """CPS-3.2.4b"""
    proof = asked(counter, application)
    site.put(path_of(proof), b"", 302, Location=target)
    site.put("/", b"", 302, Location=path_of(proof))
    inside.put("/", proof.value.encode())
    for one in resolvers:
        one.tell("inside.example.cn", "A", "127.0.0.2")

    services.sweep(at=SOON)

    assert outcome(application, "http") == {seen}
    assert inside.asked == []
    assert view(application).state != "proved"


def test_a_page_that_is_too_long_is_not_read_to_its_end(counter, application, site):
    proof = asked(counter, application)
    site.put(path_of(proof), proof.value.encode() + b" " * 2000)

    services.sweep(at=SOON)

    assert outcome(application, "http") == {"too_large"}


def test_a_server_that_drips_is_left(counter, application, resolvers, site, monkeypatch):
    monkeypatch.setattr(fetching, "WHOLE", 1.0)
    proof = asked(counter, application)
    site.put(path_of(proof), b"", 302, Location=f"http://{NAME}/drip")

    services.sweep(at=SOON)

    assert (NAME, "/drip") in site.asked
    assert outcome(application, "http") <= {"unreachable", "wrong"}


@pytest.fixture
def silent_twins(resolvers, site, inside, settings):
    """A name with two addresses; both send whoever comes on to where nobody says a word."""
    settings.VALIDATION_NETWORKS = (ip_network("127.0.0.0/30"),)
    for one in resolvers:
        one.tell(NAME, "A", "127.0.0.1", "127.0.0.2")

    def send_on(path):
        for server in (site, inside):
            server.put(path, b"", 302, Location=f"http://{NAME}/silence")
        return lambda: [path for one in (site, inside) for _, path in one.asked]

    return send_on


def test_the_time_is_for_all_addresses_and_redirects_together(
    counter, application, silent_twins, resolvers, monkeypatch
):
    """Whoever says nothing at many addresses keeps a worker no longer than at one."""
    monkeypatch.setattr(fetching, "WHOLE", 1.0)
    paths = silent_twins(path_of(asked(counter, application)))

    services.sweep(at=SOON)

    assert paths().count("/silence") <= len(resolvers)  # once from each place that looks
    assert outcome(application, "http") == {"unreachable"}


def test_a_name_of_many_labels_and_a_slow_server_is_left(
    counter, application, resolvers, site, monkeypatch
):
    """RFC 8659 asks on the way up, and each place may take its time."""
    monkeypatch.setattr(resolving, "WHOLE", 0.0)
    asked(counter, application)

    services.sweep(at=SOON)

    assert [kind for one in resolvers for _, kind in one.asked if kind == "CAA"] == ["CAA"] * 2
    assert outcome(application, "caa") == {"unknown"}


# --- CAA -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [NAME, "example.cn", "cn"])
def test_a_domain_that_names_another_authority_gets_nothing_from_us(
    counter, application, resolvers, site, place
):
    """CPS-3.2.4b; RFC 8659 3"""
    for one in resolvers:
        one.tell(place, "CAA", '0 issue "other.example"')

    proof = proved(counter, application, resolvers)

    assert (proof.state, proof.reason, proof.caa) == ("failed", "domains.caa", "forbidden")


def test_the_nearest_set_of_records_counts(counter, application, resolvers, site):
    for one in resolvers:
        one.tell("example.cn", "CAA", '0 issue "other.example"')
        one.tell(NAME, "CAA", '0 issue "anxin.example"')

    assert proved(counter, application, resolvers).state == "proved"


def test_no_answer_about_caa_is_no_permission(counter, application, resolvers, site):
    for one in resolvers:
        one.break_down("CAA")

    proof = proved(counter, application, resolvers)

    assert (proof.state, proof.caa) == ("proved", "unknown")
    refusal = queries.hindrances(application, [NAME], at=SOON)[0]
    assert (refusal.rule, refusal.cps) == ("domains.caa_unknown", "4.2.2")


def test_caa_is_asked_again_before_eight_hours_are_over(counter, application, resolvers, site):
    """CPS-3.2.4b: right before issuance."""
    proved(counter, application, resolvers)
    late = SOON + CAA_TERM + MINUTE
    assert queries.hindrances(application, [NAME], at=late)[0].rule == "domains.caa_old"

    services.sweep(at=late)
    assert queries.hindrances(application, [NAME], at=late) == []

    for one in resolvers:
        one.tell("cn", "CAA", '128 unheard "of"')
    services.sweep(at=late + CAA_TERM)
    refusal = queries.hindrances(application, [NAME], at=late + CAA_TERM)[0]
    assert refusal.rule == "domains.caa"
    assert Entry.objects.filter(action="ra.note_caa").count() == 1


# --- proofs and applications -----------------------------------------------------------------


def test_a_proof_ends(counter, application, resolvers, site):
    proof = proved(counter, application, resolvers)

    services.sweep(at=proof.valid_until)

    assert view(application).state == "expired"
    with pytest.raises(Refusal) as refused:
        queries.check_proved(application, [NAME], at=proof.valid_until)
    assert (refused.value.rule, refused.value.cps) == ("domains.not_proved", "3.2.4")


def test_what_was_not_asked_for_is_not_proved(counter, application, resolvers, site):
    proved(counter, application, resolvers)

    found = queries.hindrances(application, [NAME, "mail.example.cn"], at=SOON)

    assert [one.details["name"] for one in found] == ["mail.example.cn"]


def test_names_may_change_and_what_was_proved_stays(counter, application, resolvers, site):
    before = proved(counter, application, resolvers)

    services.request_proofs(application, ["mail.example.cn"], actor=counter.chen, at=SOON)
    assert list(queries.proofs(application)) == ["mail.example.cn"]
    services.request_proofs(application, [NAME], actor=counter.chen, at=SOON)

    assert view(application).state == "proved"
    assert view(application).value == before.value
    assert Entry.objects.filter(action="ra.request_name_proofs").count() == 3


def test_bad_names_are_refused_together_and_nothing_is_kept(counter, application):
    """CPS-3.2.4b"""
    with pytest.raises(Refusal) as refused:
        asked(counter, application, NAME, "com.cn", "10.0.0.1", "*.example.cn")

    rules = [one.rule.removeprefix("domains.") for one in refused.value.items]
    assert rules == ["public_suffix", "private_address", "wildcard"]
    assert not NameProof.objects.exists()


@pytest.mark.parametrize(("names", "rule"), [([], "none"), (range(21), "too_many")])
def test_an_application_has_some_names_and_not_too_many(counter, application, names, rule):
    with pytest.raises(Refusal) as refused:
        services.request_proofs(
            application, [f"n{one}.example.cn" for one in names], actor=counter.chen, at=AT
        )
    assert refused.value.rule == f"domains.{rule}"


def test_nothing_is_proved_for_an_application_that_is_over(counter, application):
    proof = asked(counter, application)
    intake.cancel(application, reason="applicant", actor=counter.chen, at=AT)

    for act in (
        lambda: asked(counter, application),
        lambda: services.check_again(application, proof.id, actor=counter.chen, at=SOON),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.rule == "domains.decided"


def test_a_new_start_gets_a_new_token(counter, application, resolvers, site):
    old = asked(counter, application)
    services.sweep(at=AT + ASK_TERM)
    later = AT + ASK_TERM + MINUTE

    services.check_again(application, old.id, actor=counter.chen, at=later)

    proof = view(application)
    assert proof.state == "asked"
    assert proof.value != old.value
    assert proof.ask_until == later + ASK_TERM


def test_nobody_asks_for_a_check_every_second(counter, application, resolvers, site):
    proof = asked(counter, application)
    services.check_again(application, proof.id, actor=counter.chen, at=AT)
    assert services.check([proof.id], at=AT) == 1

    with pytest.raises(Refusal) as refused:
        services.check_again(application, proof.id, actor=counter.chen, at=AT + MINUTE / 2)

    assert refused.value.rule == "domains.too_soon"
    services.check_again(application, proof.id, actor=counter.ren, at=AT + MINUTE)


def test_a_check_that_was_overtaken_says_nothing(counter, application, resolvers, site):
    """The names were asked anew while somebody was looking for the old token."""
    proof = asked(counter, application)
    publish_record(resolvers, proof.value)
    row = NameProof.objects.select_related("application").get(pk=proof.id)
    findings = look([queries.question(row)], vantages())[row.pk]
    NameProof.objects.filter(pk=row.pk).update(token="another")

    services._settle(row, findings, vantages_asked=2, at=SOON)

    assert view(application).state == "asked"
    assert view(application).checked_at is None


def test_nothing_is_approved_before_its_names_are_proved(counter, application, resolvers, site):
    """CPS-3.2.4b, CPS-3.2.2: what is not examined is refused."""
    proof = asked(counter, application)
    handing_in.submit(application, actor=counter.chen, at=AT)
    seen = ra.look_through(application, counter.ren)

    with pytest.raises(Refusal) as refused:
        decisions.decide_approve(application, seen=seen, actor=counter.ren, at=SOON)
    assert [one.rule for one in refused.value.items] == ["domains.not_proved"]
    hindrances = case(number_of(application), counter.ren, at=SOON).hindrances
    assert [(one.rule, one.cps) for one in hindrances] == [("domains.not_proved", "3.2.4")]

    publish_record(resolvers, proof.value)
    services.sweep(at=SOON)
    done = decisions.decide_approve(application, seen=seen, actor=counter.ren, at=SOON)
    assert done.state == "approved"


def test_what_a_device_is_called_is_asked_for_and_stands_in_the_way(counter, application):
    """CPS-3.2.4b: when it is submitted, beside what was asked for before."""
    services.request_proofs(application, ["mail.example.cn"], actor=counter.chen, at=AT)
    declared = {"device_name": "WWW.example.cn"}
    assert len(queries.in_the_way(application, declared, at=AT)) == 2

    for _ in range(2):
        services.ask_for_claimed(application, declared, actor=counter.chen, at=AT)

    assert list(queries.proofs(application)) == ["mail.example.cn", NAME]
    assert Entry.objects.filter(action="ra.request_name_proofs").count() == 2
    inside = queries.in_the_way(application, {"device_name": "10.0.0.1"}, at=AT)
    assert [one.rule for one in inside] == ["domains.private_address"]


# --- who sees what ---------------------------------------------------------------------------


def test_another_office_does_not_know_the_names(counter, application):
    proof = asked(counter, application)

    for act in (
        lambda: services.request_proofs(application, [NAME], actor=counter.zhao, at=AT),
        lambda: services.check_again(application, proof.id, actor=counter.zhou, at=AT),
        lambda: queries.proofs_of(number_of(application), counter.zhou),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.rule == "applications.unknown"


def test_a_proof_is_asked_for_through_its_own_application(counter, application):
    other = ra.draft(counter.chen, 2, ra.OTHER)
    proof = asked(counter, other)

    with pytest.raises(Refusal) as refused:
        services.check_again(application, proof.id, actor=counter.chen, at=AT)

    assert refused.value.rule == "domains.unknown"


def number_of(application):
    return Application.objects.get(pk=application).number


def page_of(application):
    return f"/w/cases/{number_of(application)}/names/"


def test_the_page_says_what_to_publish_and_what_was_seen(counter, application, resolvers, site):
    """CPS-3.2.4b"""
    proof = asked(counter, application)
    operator = signed_in(counter.chen)
    page = operator.get(page_of(application)).content.decode()
    assert proof.value in page
    assert CHALLENGE in page
    assert proof.url in page

    operator.post(f"{page_of(application)}{proof.id}/")
    services.sweep(at=NameProof.objects.get().due_at)

    page = operator.get(page_of(application)).content.decode()
    assert "north" in page
    assert "没有找到" in page
    assert "各检查点都没有看到要求的内容" in page


def test_names_are_entered_at_the_counter(counter, application):
    """CPS-3.2.4b: by whoever is on duty there; a reviewer enters nothing."""
    operator, ask = signed_in(counter.chen), f"{page_of(application)}ask/"

    page = operator.post(ask, {"names": f"{NAME}\ncom.cn"})
    assert page.status_code == 422
    assert "com.cn 是公共域名后缀" in page.content.decode()
    assert queries.proofs(application) == {}

    assert operator.post(ask, {"names": f"{NAME}\n8.8.8.8"}).status_code == 302
    assert list(queries.proofs(application)) == [NAME, "8.8.8.8"]
    assert signed_in(counter.ren).post(ask, {"names": NAME}).status_code == 403
    assert ask not in signed_in(counter.ren).get(page_of(application)).content.decode()


def test_the_page_is_for_the_counter_only(counter, application, settings):
    """The outsider of the pages."""
    proof = asked(counter, application)
    auditor = signed_in(hire("auditor", Role.AUDITOR))

    assert auditor.get(page_of(application)).status_code == 403
    assert auditor.post(f"{page_of(application)}{proof.id}/").status_code == 403
    assert Client().get(page_of(application)).status_code == 302
    assert signed_in(counter.zhao).get(page_of(application)).status_code == 404


@pytest.mark.urls("anxin.urls_public")
def test_the_applicant_reads_what_to_publish(counter, application):
    """CPS-3.2.4b: whoever has the access code."""
    told = handing_in.submit(application, actor=counter.chen, at=AT)
    proof = asked(counter, application)

    code = {"number": told.number, "code": told.access_code}
    page = Client().post("/status/", code, follow=True).content.decode()

    assert proof.value in page
    assert CHALLENGE in page


FORGED = [
    "UPDATE ra_nameproof SET state = 'proved', method = 'dns', valid_until = now()",
    "UPDATE ra_nameproof SET method = 'dns'",
    "UPDATE ra_nameproof SET valid_until = now() + interval '10 years'",
    "UPDATE ra_nameproof SET caa = 'permitted'",
    "UPDATE ra_nameproof SET name = 'www.example.com'",
    """INSERT INTO ra_nameproof (state, application_id, name, kind, current, token, asked_at,
    ask_until, tries, findings, reason, method, valid_until, caa) SELECT 'proved', application_id,
    'www.example.com', kind, true, token, asked_at, ask_until, 0, '[]', '', 'dns', now(), ''
    FROM ra_nameproof""",
]


def test_whoever_takes_the_staff_site_over_proves_no_name(live_counter, connection_as):
    """CPS-3.2.4b: what workers saw, and nobody else."""
    asked(live_counter, ra.draft(live_counter.chen))
    call_command("grant")
    staff = connection_as("staff")

    for sql in FORGED:
        with pytest.raises(InsufficientPrivilege):
            staff.execute(sql)


def test_staff_ask_and_ask_anew_under_their_role(live_counter, in_role, resolvers, site):
    application = ra.draft(live_counter.chen)
    proof = asked(live_counter, application)
    publish_record(resolvers, proof.value)
    services.sweep(at=SOON)
    services.sweep(at=SOON + PROOF_TERM)
    assert view(application).state == "expired"

    with in_role("staff"):
        services.check_again(application, proof.id, actor=live_counter.ren, at=SOON + PROOF_TERM)
        services.request_proofs(application, ["8.8.8.8"], actor=live_counter.chen, at=SOON)

    row = NameProof.objects.get(pk=proof.id)
    assert (row.state, row.method, row.valid_until, row.current) == ("asked", "", None, False)
    assert row.token not in proof.value


def test_both_sites_roles_are_enough(live_counter, in_role, resolvers, site):
    """The public site reads what to publish, the worker proves; neither may more."""
    application = ra.draft(live_counter.chen)
    proof = asked(live_counter, application)
    number = number_of(application)
    publish_record(resolvers, proof.value)

    with in_role("public"):
        assert [one.value for one in queries.told_to_applicant(number)] == [proof.value]
    with in_role("worker"):
        services.sweep(at=SOON)

    assert view(application).state == "proved"
