"""A profile changes by two people, and what was reviewed is what is issued."""

import json
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.utils import translation

from anxin.duties import DUTIES
from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal, Refusals
from anxin.kernel.workdays import day_of
from anxin.wording import WORDING
from audit.journal.models import Entry
from audit.log import subject_of
from ca.api import order_certificate, preview, profile, profiles
from ca.issuing.models import Certificate
from ca.profiles.delivered import EVERYTHING
from ca.profiles.models import ProfileVersion
from ca.profiles.queries import are_published
from ca.profiles.rules import CALL_OFF, CHANGE, Publication
from ca.profiling import queries, services, shown, trials
from people.api import Role, approval, open_approvals, vote
from pki import certificates, extension_values, oids
from pki.errors import Finding
from tests.support import ca
from tests.support.people import hire, signed_in
from tests.support.profiles import REASON, decide, members, propose
from tests.support.voting import sign_vote

AT, DAY = ca.NOW, timedelta(days=1)
PERSONAL, ORGANIZATION = "personal-sm2-sign", "organization-sm2-sign"


def shorter(code=PERSONAL):
    return replace(profile(code), years=(1, 2))


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    found = refusal.value
    rules = [one.rule for one in (found.items if isinstance(found, Refusals) else [found])]
    assert set(rules) <= WORDING.keys()
    return rules[0]


@pytest.fixture
def own_duty(settings):
    """Beside a signer, whose tests only spend approvals."""
    settings.DUTIES = settings.DUTIES | {CHANGE: DUTIES[CHANGE]}


# --- by two ------------------------------------------------------------------------------------


def test_an_administrator_proposes_and_a_member_of_the_committee_agrees(db):
    """CPS-1.5.1, CPS-1.5.2"""
    row = propose(shorter())
    assert (row.state, profile(PERSONAL).version) == ("proposed", 1)
    assert refused(profile, PERSONAL, 2) == "profile.unknown"

    decide(row)

    assert (row.state, row.in_force_at) == ("in_force", AT)
    assert profile(PERSONAL).years == (1, 2)
    assert profile(PERSONAL, 1).years == (1, 2, 3, 4, 5)
    told = Entry.objects.filter(action__startswith="ca.profileversion").values_list("action")
    steps = ("agree", "replace", "put_in_force")
    assert {action for (action,) in told} == {f"ca.profileversion.{step}" for step in steps}


@pytest.mark.parametrize("role", [Role.POLICY_MEMBER, Role.OPERATOR, Role.CUSTODIAN])
def test_nobody_else_proposes(db, role):
    assert refused(propose, shorter(), who=role) == "approval.not_a_maker"


def test_what_lint_would_not_let_be_signed_is_not_proposed(db):
    """CPS-7.1: a purpose named twice, which no rule of profiles looks for."""
    twice = replace(profile(PERSONAL), purposes=("clientAuth", "clientAuth"))

    assert refused(propose, twice) == "profiles.lint"
    assert not ProfileVersion.objects.filter(state="proposed").exists()


def test_whoever_proposes_does_not_agree(db):
    """CPS-5.2.4"""
    row = propose(shorter())
    asked, gao = approval(row.approval_id), ca.staff("gao", Role.CA_ADMIN)
    assert refused(vote, asked.id, grants=True, seen=asked.digest, actor=gao, at=AT) == (
        "approval.not_a_checker"
    )


def test_a_no_leaves_everything_as_it_was(db):
    row = decide(propose(shorter()), grants=False)

    assert (row.state, profile(PERSONAL).version) == ("dropped", 1)
    assert propose(shorter()).version == 3


def test_a_change_begins_on_its_day(db):
    """CPS-1.5.2"""
    row = decide(propose(shorter(), valid_from=day_of(AT) + DAY))
    assert (row.state, profile(PERSONAL).version) == ("agreed", 1)

    assert services.begin_due(at=AT) == 0
    assert services.begin_due(at=AT + DAY) == 1
    assert services.begin_due(at=AT + DAY) == 0

    assert profile(PERSONAL).version == 2


def called_off(row, *, at=AT, who="gao", role=Role.CA_ADMIN):
    actor = ca.staff(who, role)
    return services.call_off(row.code, row.version, reason=REASON, actor=actor, at=at)


def test_its_proposer_calls_off_what_is_still_to_come(db):
    """CPS-1.5.2"""
    row = decide(propose(shorter(), valid_from=day_of(AT) + DAY))

    assert called_off(row) is True

    row.refresh_from_db()
    told = Entry.objects.get(action="ca.profileversion.call_off")
    assert (row.state, json.loads(told.details)["reason"]) == ("dropped", REASON)
    assert services.begin_due(at=AT + DAY) == 0
    assert profile(PERSONAL).version == 1
    assert propose(shorter()).version == 3


def test_another_administrator_calls_it_off_with_a_second_person(db):
    """CPS-5.2.4"""
    row = decide(propose(shorter(), valid_from=day_of(AT) + DAY))

    assert called_off(row, who="mu") is False
    row.refresh_from_db()
    assert row.state == "agreed"

    asked = open_approvals(CALL_OFF, [subject_of(row)])[subject_of(row)]
    assert dict(shown.calling_off(asked.payload).rows)["撤回的版本"].startswith("第 2 版")
    mu = ca.staff("mu", Role.CA_ADMIN)
    shao, key = members()["shao"]
    assert refused(sign_vote, key, asked.id, mu, at=AT) == "approval.not_a_checker"
    sign_vote(key, asked.id, shao, at=AT)
    row.refresh_from_db()
    assert row.state == "dropped"


def test_what_has_begun_or_waits_for_votes_is_not_called_off(db):
    """CPS-1.5.2"""
    waits = propose(shorter(), valid_from=day_of(AT) + DAY)
    assert refused(called_off, waits) == "profiles.not_to_come"
    decide(waits)
    assert refused(called_off, waits, at=AT + DAY) == "profiles.not_to_come"
    assert refused(called_off, waits, role=Role.OPERATOR) == "approval.not_a_maker"
    services.begin_due(at=AT + DAY)
    assert refused(called_off, waits) == "profiles.not_to_come"


def test_one_change_at_a_time(db):
    propose(shorter())
    assert refused(propose, replace(profile(PERSONAL), years=(1,))) == "profiles.change_open"


def test_a_change_is_drawn_from_what_is_in_force(db):
    decide(propose(shorter()))
    assert refused(propose, replace(shorter(), years=(1,))) == "profiles.changed_meanwhile"
    assert refused(propose, shorter(), base=2) == "profiles.same"


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_no_change_begins_today_or_in_a_year(db, days):
    day = day_of(AT) + days * DAY
    assert refused(propose, shorter(), valid_from=day) == "profiles.valid_from"


def test_what_the_voter_reads_says_what_changes(db):
    """CPS-1.5.2"""
    before = profile(ORGANIZATION)
    after = replace(
        before,
        years=(1, 2, 3, 4),
        purposes=("clientAuth",),
        extensions=(("organization_code", "both"),),
    )
    asked = approval(propose(after).approval_id)

    rows = dict(shown.change(asked.payload).rows)

    assert rows["年限：去掉"] == "5 年"
    assert rows["增强型密钥用法：去掉"] == "安全电子邮件"
    assert rows["国标扩展：增加"] == "企业组织机构代码，新旧 OID 都写"
    assert "主体名称：去掉" not in rows
    assert rows["原因"] == REASON


# --- what was reviewed is what is issued ---------------------------------------------------------


def order_now(order):
    requester = "ra.application:1"
    warrant = ca.warrant(requester)
    return order_certificate(order, requester=requester, warrant=warrant, actor=SYSTEM, at=AT)


def test_what_was_reviewed_under_an_older_version_is_issued_under_it(authorities, own_duty):
    """CPS-1.5.2, CPS-4.3.1"""
    reviewed = ca.order(days=5 * 365, version=1)
    digest = preview(reviewed, at=AT).digest
    decide(propose(replace(shorter(), purposes=("clientAuth",))))

    assert preview(reviewed, at=AT).digest == digest
    assert refused(preview, ca.order(days=5 * 365), at=AT) == "profile.days"
    certificate_id = order_now(reviewed)
    ca.sign_all()

    row = Certificate.objects.get(pk=certificate_id)
    assert (row.state, row.profile_version) == ("valid", 1)


def test_what_is_ordered_afterwards_follows_the_new_version(authorities, own_duty):
    """CPS-1.5.2"""
    decide(propose(replace(shorter(), purposes=("clientAuth",))))
    issued = ca.issue(days=730)

    found = issued.parsed.body.extension(oids.EXTENDED_KEY_USAGE)
    assert extension_values.extended_key_usage(found.value) == (oids.CLIENT_AUTH,)
    assert ca.row(issued.id).profile_version == 2


def test_an_order_that_waits_is_signed_as_it_was_ordered(authorities, own_duty):
    certificate_id = ca.put_on_order()
    decide(propose(replace(shorter(), purposes=("clientAuth",))))
    ca.sign_all()

    row = Certificate.objects.get(pk=certificate_id)
    assert (row.state, row.profile_version) == ("valid", 1)


def test_national_extensions_say_what_the_credit_code_says(authorities, own_duty):
    """CPS-7.1.2-gb: in the new form and the old one, as the profile says."""
    changes = (("registration_number", "old"), ("organization_code", "both"))
    private = (("1.3.6.1.4.1.32473.2.1", "项目编号 7"),)
    decide(propose(replace(profile(ORGANIZATION), extensions=changes, private=private)))
    code = "91150100TE5T000083"
    subject = (("C", "CN"), ("O", "栖原公司"), ("CN", "栖原公司"), ("serialNumber", code))

    issued = ca.issue(profile=ORGANIZATION, subject=subject)

    said = {
        oid: extension_values.national_identity(issued.parsed.body.extension(oid).value).number
        for oid in (
            oids.OLD_REGISTRATION_NUMBER,
            oids.ORGANIZATION_CODE,
            oids.OLD_ORGANIZATION_CODE,
        )
    }
    assert said == {
        oids.OLD_REGISTRATION_NUMBER: code,
        oids.ORGANIZATION_CODE: "TE5T0000-8",
        oids.OLD_ORGANIZATION_CODE: "TE5T0000-8",
    }
    assert issued.parsed.body.extension(oids.REGISTRATION_NUMBER) is None
    own = issued.parsed.body.extension("1.3.6.1.4.1.32473.2.1")
    assert (own.critical, extension_values.private(own.value)) == (False, "项目编号 7")
    rows = dict(preview(ca.order(2, profile=ORGANIZATION, subject=subject), at=AT).rows)
    assert rows["专用扩展 1.3.6.1.4.1.32473.2.1"] == "项目编号 7"

    without = (*subject[:3], ("serialNumber", "S1"))
    order = ca.order(3, profile=ORGANIZATION, subject=without)
    assert refused(preview, order, at=AT) == "profile.credit_code"


def test_what_is_no_longer_published_was_published_before(db):
    """CPS-4.4.2"""
    decide(propose(replace(profile(PERSONAL), publication=Publication.NEVER)))
    assert are_published([(PERSONAL, 1), (PERSONAL, 2)]) == {(PERSONAL, 1)}


def test_what_is_taken_off_offer_is_not_offered(db):
    """CPS-1.5.1"""
    decide(propose(replace(profile(PERSONAL), offered=False)))
    assert PERSONAL not in {one.code for one in profiles()}


# --- a test certificate --------------------------------------------------------------------------


@pytest.mark.parametrize("one", EVERYTHING, ids=lambda one: one.code)
def test_a_test_certificate_of_every_profile_has_no_fault(one):
    """CPS-7.1: without a database, a signer, or an authority's key."""
    made = trials.issue(one, at=AT, entropy=secrets.token_bytes)

    parsed = certificates.parse(made.der)
    assert made.findings == ()
    assert "TEST" in parsed.issuer.text
    assert one.server or "TEST" in parsed.subject.text
    assert parsed.not_after - parsed.not_before == timedelta(days=one.days[-1], seconds=-1)
    assert len(made.rows) >= 16 - (not one.server)


def test_mail_without_an_address_is_advised_against_and_not_refused(db):
    """CPS-7.1: mail programs look for the address (CA/B Forum S/MIME BR 7.1.4.2.1)."""
    mail = profile(PERSONAL)
    assert "emailProtection" in mail.purposes
    page = signed_in(hire("gao", Role.AUDITOR)).get(f"/ca/profiles/{PERSONAL}/1/test/")
    shown = page.content.decode()
    assert "没有发现问题" in shown
    assert "建议：用途有 emailProtection，证书里却没有电子邮箱" in shown

    for other in (
        replace(mail, purposes=("clientAuth",)),
        replace(mail, attributes={**mail.attributes, "emailAddress": False}),
    ):
        assert trials.issue(other, at=AT, entropy=secrets.token_bytes).advice == ()


# --- pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "reads", "changes"),
    [
        (Role.CA_ADMIN, 200, 200),
        (Role.SECURITY_ADMIN, 200, 200),
        (Role.POLICY_MEMBER, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.OPERATOR, 403, 403),
        (Role.CUSTODIAN, 403, 403),
    ],
)
def test_who_reads_and_who_changes(db, role, reads, changes):
    one = signed_in(hire("gao", role))
    for path in ("", f"{PERSONAL}/", f"{PERSONAL}/1/", f"{PERSONAL}/1/test/"):
        assert one.get(f"/ca/profiles/{path}").status_code == reads
    assert one.get(f"/ca/profiles/{PERSONAL}/change/").status_code == changes


def test_a_change_is_made_in_a_form_and_read_by_the_committee(db):
    """CPS-1.5.2"""
    gao, shao = hire("gao", Role.CA_ADMIN), hire("shao", Role.POLICY_MEMBER)
    page = signed_in(gao)
    address = f"/ca/profiles/{ORGANIZATION}/change/"
    form = page.get(address).context["form"]
    said = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
    said = {name: value for name, value in said.items() if value not in (None, "", False)}

    assert page.post(address, said).status_code == 422
    same = page.post(address, said | {"reason": REASON})
    assert (same.status_code, ProfileVersion.objects.filter(version=2).count()) == (422, 0)
    wrong = page.post(address, said | {"reason": REASON, "attribute_serialNumber": "may"})
    assert wrong.context["form"].errors.keys() == {"attribute_serialNumber"}
    done = page.post(address, said | {"reason": REASON, "extension_taxation_number": "new"})
    assert done.status_code == 302

    row = ProfileVersion.objects.get(code=ORGANIZATION, version=2)
    shown_to_all = page.get(f"/ca/profiles/{ORGANIZATION}/").content.decode()
    assert "企业税号，新 OID" in shown_to_all
    assert "修改 待审批" in page.get("/ca/profiles/").content.decode()
    ballot = signed_in(shao).get(f"/approvals/{row.approval_id}/").content.decode()
    assert "国标扩展：增加" in ballot
    assert queries.page(ORGANIZATION).may_change is False


@pytest.mark.parametrize(("language", "said"), [("zh-hans", False), ("en", True)])
def test_a_chinese_page_says_nothing_in_english(db, rf, language, said):
    request = rf.get("/")
    request.user, request.actor = AnonymousUser(), ca.staff("gao", Role.CA_ADMIN)
    faulty = trials.Trial((), (Finding("lint.version", "The version is not 3."),), b"")
    found = {"page": queries.page(PERSONAL, 1), "trial": faulty}
    with translation.override(language):
        page = render_to_string("ca/profiles/trial.html", found, request)
    assert "lint.version" in page
    assert ("The version is not 3." in page) is said


def test_what_is_to_come_is_called_off_on_its_page(db):
    """CPS-1.5.2"""
    gao = hire("gao", Role.CA_ADMIN)
    row = decide(propose(shorter(), valid_from=day_of(AT) + 2 * DAY))
    page, address = signed_in(gao), f"/ca/profiles/{PERSONAL}/2/call-off/"

    assert address in page.get(f"/ca/profiles/{PERSONAL}/2/").content.decode()
    assert page.post(address, {"reason": ""}).status_code == 422
    assert page.post(address, {"reason": REASON}).status_code == 302
    row.refresh_from_db()
    assert row.state == "dropped"
    assert "只有已同意" in page.post(address, {"reason": REASON}).content.decode()


def test_a_test_certificate_is_seen_and_taken_away(db):
    one = signed_in(hire("gao", Role.AUDITOR))
    page = one.get("/ca/profiles/server-sm2-sign/1/test/").content.decode()
    taken = one.get("/ca/profiles/server-sm2-sign/1/test.cer")

    assert "test.invalid" in page
    assert "没有发现问题" in page
    assert certificates.parse(taken.content).subject.get("CN") == "test.invalid"
    assert one.get("/ca/profiles/server-sm2-sign/9/test/").status_code == 404
    assert one.get("/ca/profiles/gold-card/").status_code == 404
