"""An application is reviewed and issued under the version of its profile it was handed in under."""

from dataclasses import replace

from anxin.kernel.workdays import day_of
from ca.api import certificate, profile
from people.api import Role, approval, vote
from ra.applications.models import Application
from ra.branches.models import Authority
from ra.fees import prices
from ra.fees import queries as fees
from ra.fees.models import FeeOrder, FeePrice
from ra.fees.rules import Price
from ra.intake import handing_in, queries, services
from ra.review import decisions
from tests.support import ra
from tests.support.people import hire
from tests.support.profiles import added, decide, propose, propose_new
from tests.support.ra import AT, MINUTE
from tests.support.refusals import refused

PERSONAL = "personal-sm2-sign"


def change(**changes):
    decide(propose(replace(profile(PERSONAL), **changes), at=AT), at=AT)


def row(application_id):
    return Application.objects.get(pk=application_id)


def test_a_change_breaks_no_application_that_was_handed_in(counter):
    """CPS-1.5.2, CPS-4.3.1"""
    application_id, _ = ra.submitted(counter)
    seen = ra.look_through(application_id, counter.ren)
    change(years=(2, 3), purposes=("clientAuth",), reviews=2)

    decisions.decide_approve(application_id, seen=seen, actor=counter.ren, at=AT + 3 * MINUTE)

    found = certificate(row(application_id).certificate_id)
    assert (found.state, found.profile_version, found.days) == ("ordered", 1, 365)


def test_a_draft_follows_the_version_in_force(counter):
    """CPS-1.5.2"""
    application_id = ra.draft(counter.chen)
    change(reviews=2)
    handing_in.submit(application_id, actor=counter.chen, at=AT + MINUTE)

    held = row(application_id)
    assert (held.profile_version, held.reviews_needed) == (2, 2)


def test_a_term_that_is_not_on_offer_any_more_is_refused_beside_its_field(counter):
    application_id = ra.draft(counter.chen)
    change(years=(2, 3))

    refusal = refused(handing_in.submit, application_id, actor=counter.chen, at=AT + MINUTE)

    assert (refusal.rule, refusal.field) == ("profile.days", "days")


def test_what_comes_back_is_handed_in_under_the_new_version(counter):
    application_id, _ = ra.submitted(counter)
    ra.look_through(application_id, counter.ren)
    change(reviews=2)
    decisions.return_for_correction(
        application_id, ["A06"], message="请补签姓名", actor=counter.ren, at=AT + 3 * MINUTE
    )
    assert row(application_id).profile_version == 0

    handing_in.submit(application_id, actor=counter.chen, at=AT + 4 * MINUTE)
    assert row(application_id).profile_version == 2


def test_what_a_profile_asks_of_everybody_is_asked_of_each(counter):
    """CPS-3.2.3"""
    application_id = ra.draft(counter.chen)
    evidence = dict(profile(PERSONAL).evidence) | {"organization_letter": "always"}
    change(evidence=tuple(evidence.items()))

    refusal = refused(handing_in.submit, application_id, actor=counter.chen, at=AT + MINUTE)

    assert [(one.rule, one.field) for one in refusal.items] == [
        ("evidence.missing", "organization_letter")
    ]


def test_what_is_off_offer_is_neither_begun_nor_handed_in(counter):
    """CPS-1.5.1"""
    application_id = ra.draft(counter.chen)
    under_way, _ = ra.submitted(counter, 2)
    change(offered=False)

    begun = refused(services.open_draft, PERSONAL, actor=counter.chen, at=AT)
    handed_in = refused(handing_in.submit, application_id, actor=counter.chen, at=AT + MINUTE)
    seen = ra.look_through(under_way, counter.ren)
    decisions.decide_approve(under_way, seen=seen, actor=counter.ren, at=AT + 3 * MINUTE)

    assert (begun.rule, handed_in.rule) == ("profile.not_offered", "profile.not_offered")
    assert PERSONAL not in {one.code for one in queries.profiles()}
    assert row(under_way).state == "approved"


# --- kinds of certificates that the product did not come with -----------------------------------

TEACHER = added(
    "personal-teacher-sm2",
    basis=PERSONAL,
    titles=(("zh-hans", "教师签名证书（SM2）"), ("en", "Teacher's signing certificate (SM2)")),
    policy="1.7",
    years=(1,),
)


def price(fen):
    yuan, gu = hire("yuan", Role.FINANCE, office=""), hire("gu", Role.CA_ADMIN, office="")
    prices.propose_schedule([Price(TEACHER.code, 1, fen)], valid_from=day_of(AT), actor=yuan, at=AT)
    asked = approval(fees.proposed().approval_id)
    vote(asked.id, grants=True, seen=asked.digest, actor=gu, at=AT)


def test_what_the_ca_has_added_is_applied_for_once_it_has_a_price(counter):
    """CPS-1.5.1, CPS-9.1.1"""
    decide(propose_new(TEACHER, at=AT), at=AT)
    Authority.objects.update(profiles=[TEACHER.code])

    assert refused(ra.draft, counter.chen, profile=TEACHER.code).rule == "fees.no_price"
    price(20_000)
    application_id, _ = ra.submitted(counter, profile=TEACHER.code)
    seen = ra.look_through(application_id, counter.ren)
    decisions.decide_approve(application_id, seen=seen, actor=counter.ren, at=AT + 3 * MINUTE)

    found = certificate(row(application_id).certificate_id)
    assert (found.state, found.profile, found.profile_version) == ("ordered", TEACHER.code, 1)
    assert FeeOrder.objects.get(application=application_id).fen == 20_000


def test_a_price_that_ends_stops_the_sale_and_makes_nothing_free(counter):
    """CPS-9.1.1"""
    decide(propose_new(TEACHER, at=AT), at=AT)
    Authority.objects.update(profiles=[TEACHER.code])
    price(20_000)
    application_id = ra.draft(counter.chen, profile=TEACHER.code)
    FeePrice.objects.update(profile=PERSONAL)

    refusal = refused(handing_in.submit, application_id, actor=counter.chen, at=AT + MINUTE)
    assert refusal.rule == "fees.no_price"
    assert row(application_id).state == "draft"


def test_what_is_retired_is_neither_begun_nor_handed_in(counter):
    """CPS-1.5.1: what was handed in goes on."""
    application_id = ra.draft(counter.chen)
    under_way, _ = ra.submitted(counter, 2)
    change(offered=False, retired=True)

    handed_in = refused(handing_in.submit, application_id, actor=counter.chen, at=AT + MINUTE)
    seen = ra.look_through(under_way, counter.ren)
    decisions.decide_approve(under_way, seen=seen, actor=counter.ren, at=AT + 3 * MINUTE)

    assert handed_in.rule == "profile.not_offered"
    assert row(under_way).state == "approved"
