"""The life of an authority on its page, and its end (CPS-5.6, CPS-6.3.2)."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError
from django.test import Client

from ca.api import check_order, overview, preview
from ca.authorities import queries, services
from ca.hierarchy.models import CertificateAuthority, LinkCertificate, Responder
from ca.issuing.models import Certificate
from people.api import Role
from tests.support import ca
from tests.support.people import hire, signed_in
from tests.support.refusals import refused_by

SECOND = timedelta(seconds=1)


@pytest.fixture
def stop(authorities):
    """The moment from which the issuing authority issues nothing."""
    return ca.authority().stops


def test_after_its_day_an_authority_issues_nothing_not_even_for_a_year(stop):
    """CPS-5.6"""
    before, order = stop - SECOND, ca.order(1)
    assert ca.authority().certificate.not_after - stop == 1825 * ca.DAY
    check_order(order, at=before)
    assert ca.put_on_order(1, before)

    assert refused_by(check_order, order, at=stop) == "hierarchy.issuing_ended"
    assert refused_by(preview, order, at=stop) == "hierarchy.issuing_ended"
    assert refused_by(ca.put_on_order, 2, stop) == "hierarchy.issuing_ended"


def test_an_order_that_comes_to_be_signed_too_late_is_refused(stop):
    """CPS-5.6: the day counts at the signature, too."""
    late = ca.put_on_order(1, stop - SECOND)

    assert ca.sign_all(at=stop) == 0

    assert ca.row(late).state == "refused"
    assert "hierarchy.issuing_ended" in ca.row(late).refusal


def test_the_dashboard_tells_a_year_before_and_what_is_to_be_done(stop):
    """CPS-5.6"""

    def told(at):
        return {one.code: one for one in overview(at).alarms if one.code.startswith("issuing")}

    assert not told(stop - 361 * ca.DAY)
    assert told(stop - 359 * ca.DAY)["issuing_ends"].level == "warn"
    assert told(stop - 89 * ca.DAY)["issuing_ends_now"].level == "bad"
    assert "密钥更替仪式" in told(stop)["issuing_over"].text


def test_a_page_tells_the_life_of_an_authority(authorities):
    """CPS-5.6, CPS-6.3.2"""
    page = queries.authority("nmg-sm2", at=ca.NOW)

    assert (page.line.phase, page.line.generation) == ("issuing", 1)
    assert (page.age.years, page.age.used) == (15, round(100 * 500 / (15 * 365)))
    assert (page.superior.code, page.path_length) == ("anxin-sm2", 0)
    assert queries.authority("rootca", at=ca.NOW).age.years == 30
    below = queries.authority("anxin-sm2", at=ca.NOW).subordinates
    assert [one.code for one in below] == ["nmg-sm2"]
    assert refused_by(queries.authority, "nobody", at=ca.NOW) == "hierarchy.unknown"


def test_a_page_names_algorithms_and_says_that_a_root_has_no_superior(authorities, settings):
    """CPS-7.1.3"""
    settings.ROOT_URLCONF = "anxin.urls_staff"
    browser = signed_in(hire("gu", Role.CA_OPERATOR))

    root, below = (browser.get(f"/ca/authorities/{one}/").text for one in ("rootca", "nmg-sm2"))

    assert "自签名，没有上级" in root
    assert "自签名，没有上级" not in below
    assert "<dd>SM2 + SM3</dd>" in below
    assert "sm2-sm3" not in below


@pytest.mark.parametrize("path", ["", "nmg-sm2/", "rootca/"])
@pytest.mark.parametrize(("role", "status"), [(Role.CA_OPERATOR, 200), (Role.REVIEWER, 403)])
def test_those_who_run_the_ca_see_its_authorities(authorities, settings, path, role, status):
    settings.ROOT_URLCONF = "anxin.urls_staff"
    answer = signed_in(hire("gu", role)).get(f"/ca/authorities/{path}")
    assert answer.status_code == status
    if status == 200 and path:
        assert "停止签发" in answer.content.decode()


def test_an_authority_in_force_does_not_retire(authorities, in_role):
    with in_role("worker"):
        assert services.retire(at=ca.NOW) == 0


def test_an_authority_retires_when_its_certificate_has_ended(authorities, in_role):
    """CPS-5.6: its certificate stays to be had."""
    end = ca.authority().certificate.not_after

    with in_role("worker"):
        assert services.retire(at=end + SECOND) == 1

    row = CertificateAuthority.objects.get(code="nmg-sm2")
    assert (row.state, row.retired_at) == ("retired", end + SECOND)
    assert queries.authority("nmg-sm2", at=end + SECOND).line.phase == "retired"
    assert refused_by(ca.put_on_order, 1, end + SECOND) == "hierarchy.not_active"


def test_public_keys_stay_when_authority_and_certificate_have_ended(authorities, in_role, settings):
    """CPS-6.3.1: to be had by everybody, and no process may delete one."""
    issued, own = ca.issue(1), ca.authority().certificate
    with in_role("worker"):
        assert services.retire(at=own.not_after + SECOND) == 1

    settings.ROOT_URLCONF = "anxin.urls_public"
    with in_role("public"):
        assert Client().get("/ca/nmg-sm2.cer").content == own.der
    with in_role("staff"):
        assert bytes(Certificate.objects.get(pk=issued.id).der) == issued.parsed.der
    for role in ("staff", "worker", "public"):
        for table in (CertificateAuthority, Certificate, LinkCertificate, Responder):
            with in_role(role), pytest.raises(ProgrammingError, match="permission denied"):
                table.objects.all()._raw_delete("default")
