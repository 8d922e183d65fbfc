"""Kinds of certificates that the product did not come with, and those that are retired."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import translation

from anxin.duties import DUTIES
from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal, Refusals
from ca.api import PROFILES, order_certificate, preview, profile, profiles
from ca.issuing.models import Certificate
from ca.profiles.models import ProfileVersion
from ca.profiles.queries import issued_by, longest_days
from ca.profiles.rules import CHANGE, CertificateKind, Publication
from ca.profiling import queries, services, shown
from people.api import Role, approval
from pki import certificates, extension_values, oids
from tests.support import ca
from tests.support.people import hire, signed_in
from tests.support.profiles import REASON, added, decide, propose, propose_new

SCHOOL, PERSONAL = "organization-school-sm2", "personal-sm2-sign"
SUBJECT = (
    ("C", "CN"), ("O", "栖原学校"), ("CN", "栖原学校"), ("serialNumber", "91150100TE5T000083"),
)  # fmt: skip


@pytest.fixture
def own_duty(settings):
    settings.DUTIES = settings.DUTIES | {CHANGE: DUTIES[CHANGE]}


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    found = refusal.value
    return (found.items[0] if isinstance(found, Refusals) else found).rule


def test_a_new_kind_of_certificate_is_agreed_to_like_a_change(db):
    """CPS-1.5.1, CPS-1.5.2"""
    row = propose_new(added())
    assert (row.version, row.state) == (1, "proposed")
    assert refused(profile, SCHOOL) == "profile.unknown"
    said = dict(shown.change(approval(row.approval_id).payload).rows)
    assert (said["版本"], said["证书种类：增加"]) == ("新设，第 1 版", "机构证书")

    decide(row)

    assert (row.state, profile(SCHOOL)) == ("in_force", added())
    assert SCHOOL in {one.code for one in profiles()}
    assert SCHOOL in issued_by("nmg-sm2")
    assert issued_by("rootca") == []
    assert longest_days("nmg-sm2") == 5 * 365


def test_certificates_are_issued_by_it(authorities, own_duty):
    """CPS-1.5.1: from the vote to the certificate, by workers that prove the votes."""
    decide(propose_new(added(purposes=("clientAuth",))))

    issued = ca.issue(profile=SCHOOL, subject=SUBJECT, days=730)

    assert ca.row(issued.id).profile == SCHOOL
    found = issued.parsed.body.extension(oids.EXTENDED_KEY_USAGE)
    assert extension_values.extended_key_usage(found.value) == (oids.CLIENT_AUTH,)
    policies = issued.parsed.body.extension(oids.CERTIFICATE_POLICIES)
    assert b"\x02\x07" in policies.value
    assert certificates.parse(bytes(ca.row(issued.id).der)).subject.get("CN") == "栖原学校"


def test_a_new_one_by_hand_signs_nothing(authorities):
    """CPS-4.3.1"""
    row = propose_new(added())
    ProfileVersion.objects.filter(pk=row.pk).update(state="agreed")
    ProfileVersion.objects.filter(pk=row.pk).update(state="in_force")
    certificate_id = ca.put_on_order(profile=SCHOOL, subject=SUBJECT)
    ca.sign_all()

    found = Certificate.objects.get(pk=certificate_id)
    assert (found.state, found.der) == ("ordered", None)  # whoever is to, agrees to it, or not


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"code": "personal-school-sm2"}, "code"),
        ({"code": "organization"}, "code"),
        ({"code": "organization-School"}, "code"),
        ({"code": "organization-sm2-sign"}, "code_taken"),
        ({"policy": "1.1"}, "policy_taken"),
        ({"titles": (("zh-hans", "机构签名证书（SM2）"), ("en", "A"))}, "title_taken"),
        ({"titles": (("zh-hans", "学校"), ("en", ""))}, "titles"),
        ({"titles": (("zh-hans", "学校"), ("en", "学校"))}, "titles"),
        ({"titles": (("zh-hans", "学" * 41), ("en", "School"))}, "titles"),
        ({"kind": CertificateKind.STAFF}, "kind"),
        ({"issuer": "anxin-rsa"}, "fixed"),
        ({"key_algorithm": "rsa"}, "fixed"),
        ({"years": (6,)}, "years"),
        ({"evidence": ()}, "evidence"),
        ({"kind": CertificateKind.SCENARIO}, "publication"),
    ],
)
def test_a_new_one_keeps_within_what_its_basis_is(db, changes, rule):
    """CPS-1.5.1, CPS-3.2.2, CPS-4.4.2, CPS-6.3.2"""
    assert refused(propose_new, added(**changes)) == f"profiles.{rule}"
    assert ProfileVersion.objects.filter(proposed_by__isnull=False).count() == 0


def test_nobody_draws_another_from_the_certificates_of_staff(db):
    """CPS-5.2.3"""
    operator = replace(profile("operator-p256"), basis="operator-p256", code="operator-more")
    one = replace(operator, titles=added().titles, policy="4.7")
    assert refused(propose_new, one) == "profiles.kind"


@pytest.mark.parametrize("kind", [CertificateKind.SCENARIO, CertificateKind.CLOUD])
def test_a_kind_that_none_is_delivered_of_can_be_drawn(db, kind):
    """CPS-1.5.1, CPS-4.4.2: a scenario's certificate is never published."""
    decide(propose_new(added(kind=kind, publication=Publication.NEVER)))
    assert profile(SCHOOL).kind is kind


def test_two_that_ask_for_one_policy_do_not_both_get_it(db):
    first, second = propose_new(added()), added("organization-pupil-sm2")
    assert refused(propose_new, second) == "profiles.policy_taken"
    decide(first, grants=False)
    assert propose_new(second).version == 1
    assert refused(propose_new, added()) == "profiles.policy_taken"


def test_what_it_is_stays_in_later_versions(db):
    decide(propose_new(added()))
    for changes in ({"titles": (("zh-hans", "学院"), ("en", "A"))}, {"policy": "2.8"}):
        assert refused(propose, added(years=(1,), **changes)) == "profiles.fixed"
    assert decide(propose(added(years=(1,)))).version == 2


def test_its_name_is_in_the_language_of_the_page(db):
    decide(propose_new(added()))
    assert str(PROFILES[SCHOOL]) == "学校签名证书（SM2）"
    with translation.override("en"):
        assert str(PROFILES[SCHOOL]) == "School signing certificate (SM2)"
    assert PROFILES.get("gold-card", "gold-card") == "gold-card"


def test_the_public_site_offers_it_by_its_name(in_role):
    """CPS-1.5.1: with the columns that its role reads."""
    decide(propose_new(added()))
    with in_role("public"):
        assert SCHOOL in {one.code for one in profiles()}
        assert str(PROFILES[SCHOOL]) == "学校签名证书（SM2）"


# --- retiring ----------------------------------------------------------------------------------


def retired(code=PERSONAL):
    return replace(profile(code), offered=False, retired=True)


def test_nothing_is_ordered_by_a_retired_profile_and_what_was_handed_in_goes_on(
    authorities, own_duty
):
    """CPS-1.5.1"""
    reviewed, waiting = ca.order(2, version=1), ca.put_on_order(1)
    decide(propose(retired()))

    assert refused(preview, ca.order(), at=ca.NOW) == "profile.not_offered"
    assert refused(ca.put_on_order, 3) == "profile.not_offered"
    asks = "ra.application:2"
    order_certificate(reviewed, requester=asks, warrant=ca.warrant(asks), actor=SYSTEM, at=ca.NOW)
    assert ca.sign_all() == 2
    assert ca.row(waiting).state == "valid"
    assert PERSONAL not in {one.code for one in profiles()}


def test_a_retired_profile_stays_retired(db):
    decide(propose(retired()))
    again = replace(profile(PERSONAL), retired=False, offered=True)
    assert refused(propose, again, base=2) == "profiles.retired"
    page = queries.page(PERSONAL)
    assert (page.may_change, dict(page.rows)["停用"]) == (False, ("不再接受新的申请和订单",))


def test_staff_go_on_signing_in(db):
    """CPS-5.2.3"""
    assert refused(propose, retired("operator-p256")) == "profiles.retired_needed"
    assert refused(propose, replace(retired(), offered=True)) == "profiles.retired_needed"


# --- pages -------------------------------------------------------------------------------------


def test_a_new_one_is_proposed_in_a_form(db):
    """CPS-1.5.1"""
    page = signed_in(hire("gao", Role.CA_ADMIN))
    address = "/ca/profiles/organization-sm2-sign/new/"
    form = page.get(address).context["form"]
    said = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
    said = {name: value for name, value in said.items() if value not in (None, "", False)}
    said |= {
        "code": SCHOOL,
        "title_zh": "学校签名证书（SM2）",
        "title_en": "School signing certificate (SM2)",
        "kind": "organization",
        "policy": "2.1",
        "reason": REASON,
    }

    wrong = page.post(address, said)
    assert (wrong.status_code, [*wrong.context["form"].errors]) == (422, ["policy"])
    assert page.post(address, said | {"policy": "2.7"}).status_code == 302

    shown_page = page.get(f"/ca/profiles/{SCHOOL}/").content.decode()
    assert "学校签名证书（SM2）" in shown_page
    assert "待审批" in shown_page
    everything = page.get("/ca/profiles/").content.decode()
    assert "尚未生效" in everything
    assert page.get(f"/ca/profiles/{SCHOOL}/1/test/").status_code == 200
    assert page.get("/ca/profiles/operator-p256/new/").status_code == 404
    decide(ProfileVersion.objects.get(code=SCHOOL))
    assert page.get(f"/ca/profiles/{SCHOOL}/change/").status_code == 200


def test_a_profile_is_retired_in_a_form(db):
    page = signed_in(hire("gao", Role.CA_ADMIN))
    address = f"/ca/profiles/{PERSONAL}/change/"
    form = page.get(address).context["form"]
    said = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
    said = {name: value for name, value in said.items() if value not in (None, "", False)}

    assert page.post(address, said | {"reason": REASON, "retired": "on"}).status_code == 302

    decide(ProfileVersion.objects.get(code=PERSONAL, version=2))
    assert "已停用" in page.get("/ca/profiles/").content.decode()
    assert page.get(f"/ca/profiles/{PERSONAL}/").content.decode().count("/change/") == 0


def test_a_new_one_that_came_to_nothing_leaves_its_code_free(db):
    decide(propose_new(added()), grants=False)
    assert SCHOOL not in {line.code for line in queries.everything()}
    row = decide(propose_new(added()))
    assert (row.version, row.state) == (2, "in_force")
    assert services.begin_due(at=ca.NOW + timedelta(days=1)) == 0
