"""Certificates of servers: their names stand in subjectAltName, and others find them there."""

import pytest

from anxin.kernel.errors import Refusal
from ca.api import check_order, preview
from ca.issuing.models import Certificate
from pki import extension_values, oids
from tests.oracles.refusals import OracleRefused
from tests.support import ca

HOST, OTHER, IPV4, IPV6 = "www.example.cn", "mail.example.cn", "8.8.4.4", "2001:4860:4860::8844"
NAMES = (HOST, OTHER, IPV4, IPV6)
SUBJECT = (("C", "CN"), ("O", "栖原云帆科技有限公司"), ("CN", HOST))
SERVER = {"profile": "server-sm2-sign", "subject": SUBJECT, "names": NAMES}


@pytest.fixture
def issued(authorities):
    return ca.issue(**SERVER)


def named(certificate) -> list[tuple[str, str]]:
    values = {one.oid: one for one in certificate.extensions}
    alternative = values[oids.SUBJECT_ALT_NAME]
    assert not alternative.critical
    return [tuple(one) for one in extension_values.subject_alternative_name(alternative.value)]


def test_a_server_has_all_its_names_in_the_certificate(issued):
    """CPS-3.1.2, CPS-1.5.2: for servers and for nothing else."""
    certificate = issued.parsed

    assert named(certificate) == [("dns", HOST), ("dns", OTHER), ("ip", IPV4), ("ip", IPV6)]
    assert certificate.subject.get("CN") == HOST
    assert Certificate.objects.get(pk=issued.id).names == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_openssl_finds_the_server_by_each_name(issued, openssl, name):
    """CPS-1.5.2: as a TLS client looks at it."""
    issuer = ca.authority().certificate.der

    assert "OK" in openssl.verify_certificate(issued.parsed.der, issuer, at=ca.NOW, name=name)


@pytest.mark.parametrize("name", ["example.cn", "www2.example.cn", "8.8.8.8"])
def test_openssl_finds_it_by_no_other_name(issued, openssl, name):
    issuer = ca.authority().certificate.der

    with pytest.raises(OracleRefused, match="mismatch"):
        openssl.verify_certificate(issued.parsed.der, issuer, at=ca.NOW, name=name)


def test_reviewers_see_the_names_before_they_agree(authorities):
    """CPS-4.2.1: and agree to these names, not to others."""
    seen = preview(ca.order(**SERVER), at=ca.NOW)
    fewer = preview(ca.order(**SERVER | {"names": (HOST,)}), at=ca.NOW)

    assert dict(seen.rows)["主体替换名称"] == "、".join(NAMES)
    assert seen.digest != fewer.digest


def test_a_person_has_no_names_of_servers(authorities):
    """CPS-1.5.2"""
    with pytest.raises(Refusal) as refused:
        check_order(ca.order(names=(HOST,)), at=ca.NOW)

    assert refused.value.rule == "profile.names_foreign"


def test_names_that_are_none_are_never_signed(authorities):
    """CPS-7.1: the linter says no to what the order carries."""
    odd = SERVER | {"names": (HOST, "a_b.example.cn")}

    certificate_id = ca.put_on_order(**odd)
    ca.sign_all()

    row = ca.row(certificate_id)
    assert (row.state, "domain is none" in row.refusal) == ("refused", True)
