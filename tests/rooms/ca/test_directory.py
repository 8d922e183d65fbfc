"""CPS-4.4.2: what is published by LDAP, read back with OpenLDAP's own tools."""

import socket
from base64 import b64encode
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction

from anxin.kernel import outbox
from anxin.kernel.outbox import take
from audit.journal.models import Entry
from ca.api import directory_entry, overview
from ca.crl import queries as lists
from ca.crl.services import issue_due_crls
from ca.directory import ldap
from ca.directory.models import DirectoryEntry, DirectoryReport
from ca.directory.queries import contents
from ca.directory.services import enter, place, publish
from ca.issuing.models import Certificate
from ca.profiles.delivered import MEASURED, OPERATOR
from pki import crls, extension_values, oids
from tests.support import ca
from tests.support.directory import cut_off, encrypted

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BRANCH = "ou=nmg-sm2,c=CN"
VALUE = "userCertificate;binary"
PUBLIC = "anxin.urls_public"
USERS = "(objectClass=pkiUser)"


def alarms(at=ca.NOW) -> dict[str, str]:
    return {alarm.code: alarm.text for alarm in overview(at).alarms}


def of(issued: ca.Issued) -> str:
    return f"serialNumber={issued.parsed.serial:x},{BRANCH}"


def compare(*arguments: str) -> str:
    said = StringIO()
    call_command("check_directory", *arguments, stdout=said)
    return said.getvalue()


def test_a_certificate_is_there_as_soon_as_it_is_issued(authorities, directory, openssl):
    """CPS-2.2a, CPS-4.4.2: fetched by a program that is not ours, and verified by another."""
    issued = ca.issue(1)

    publish(at=ca.NOW)

    (found,) = directory.search(BRANCH, "(cn=王小明)")
    (authority,) = directory.search(BRANCH, "(objectClass=pkiCA)")
    assert found[VALUE] == [issued.parsed.der]
    openssl.verify_certificate(
        found[VALUE][0], authority["cACertificate;binary"][0], at=ca.NOW + HOUR
    )
    assert directory_entry(issued.id).published_at == ca.NOW


def test_an_entry_says_nothing_that_the_certificate_does_not_and_finds_no_document_number(
    authorities, directory
):
    """CPS-2.2a, CPS-9.4: the subject's own number, and whatever the order holds, stay away."""
    ca.issue(7)

    publish(at=ca.NOW)

    (found,) = directory.search(BRANCH, USERS)
    assert found.keys() == {"dn", "objectClass", "serialNumber", "cn", VALUE}
    assert directory.search("c=CN", "(serialNumber=S000007)") == []


@pytest.mark.parametrize("profile", [MEASURED.code, OPERATOR.code])
def test_what_the_profile_does_not_publish_never_gets_there(authorities, directory, profile):
    """CPS-4.4.2: scenario certificates are of such a profile."""
    issued = ca.issue(1)
    Certificate.objects.filter(pk=issued.id).update(profile=profile)
    DirectoryEntry.objects.all().delete()

    with transaction.atomic():
        enter([ca.row(issued.id)], ca.authority().id, at=ca.NOW)
    publish(at=ca.NOW)

    assert directory.search(BRANCH, USERS) == []
    assert directory_entry(issued.id) is None


def test_status_is_told_by_the_directory_as_by_http(authorities, directory, openssl):
    """CPS-4.10, CPS-2.3: a revoked certificate stays there to be looked up, the list names it."""
    issued = ca.issue(1)
    issue_due_crls(at=ca.NOW - 2 * HOUR)
    publish(at=ca.NOW - 2 * HOUR)
    ca.revoke_it(issued.id, at=ca.NOW - HOUR)
    issue_due_crls(at=ca.NOW)

    publish(at=ca.NOW)

    (found,) = directory.search(f"cn=crl,{BRANCH}")
    (der,) = found["certificateRevocationList;binary"]
    assert der == lists.list_file("nmg-sm2").der
    assert crls.parse(der).by_serial.keys() == {issued.parsed.serial}
    openssl.verify_crl(der, ca.authority().certificate.der)
    assert directory.search(of(issued))[0][VALUE] == [issued.parsed.der]


def test_certificates_say_where_in_the_directory_their_list_is(authorities, directory, settings):
    """CPS-4.10, CPS-7.1.2: followed to the letter by a client of RFC 4516 addresses."""
    settings.LDAP_PUBLIC_URL = directory.url
    issued = ca.issue(1)
    issue_due_crls(at=ca.NOW)
    publish(at=ca.NOW)

    places = extension_values.distribution_points(
        issued.parsed.body.extension(oids.CRL_DISTRIBUTION_POINTS).value
    )

    http, ldap = [place.text for place in places]
    assert http == ca.authority().addresses.crl
    (found,) = directory.follow(ldap)
    assert found["certificateRevocationList;binary"] == [lists.list_file("nmg-sm2").der]


def test_the_public_page_says_where_the_directory_is(authorities, settings, client):
    """CPS-2.1, CPS-2.3"""
    settings.LDAP_PUBLIC_URL, settings.ROOT_URLCONF = "ldap://ldap.example.cn:390", PUBLIC

    page = client.get("/certificates/").content.decode()

    assert "ldap://ldap.example.cn:390/ou=nmg-sm2,c=CN" in page


def test_lists_about_authorities_are_found_under_both_names(authorities, directory):
    """CPS-4.10"""
    issue_due_crls(at=ca.NOW)

    publish(at=ca.NOW)

    (found,) = directory.search("cn=crl,ou=anxin-sm2,c=CN")
    assert found["authorityRevocationList;binary"] == found["certificateRevocationList;binary"]
    (plain,) = directory.search(f"cn=crl,{BRANCH}")
    assert "authorityRevocationList;binary" not in plain


def test_publishing_again_changes_nothing(authorities, directory):
    ca.issue(1)
    publish(at=ca.NOW)
    before, entries = directory.search("c=CN"), Entry.objects.count()

    assert publish(at=ca.NOW + MINUTE) == 0
    DirectoryEntry.objects.update(state="due")  # as if a worker had died before it wrote it down
    assert publish(at=ca.NOW + HOUR) == len(authorities) + 1

    assert directory.search("c=CN") == before
    assert Entry.objects.count() == entries + len(authorities) + 1


def test_while_the_directory_is_down_certificates_are_issued_and_follow_later(
    authorities, directory
):
    """CPS-4.4.2"""
    directory.stop()
    issued = ca.issue(1)

    assert publish(at=ca.NOW) == 0

    assert ca.row(issued.id).state == "valid"
    assert directory_entry(issued.id).waiting_since == ca.NOW
    assert "连接不上" in alarms()["directory_down"]
    directory.start()
    assert publish(at=ca.NOW + timedelta(seconds=29)) == 0  # it is left in peace for a while
    assert publish(at=ca.NOW + timedelta(seconds=30)) == len(authorities) + 1
    assert directory.search(of(issued))
    assert "directory_down" not in alarms()
    noted = Entry.objects.filter(action__startswith="ca.directory_").order_by("pk")
    assert [entry.action for entry in noted] == ["ca.directory_lost", "ca.directory_back"]


def test_a_worker_that_dies_in_the_middle_leaves_nothing_out(authorities, directory):
    """It took both, the directory took the first, and nobody wrote that down."""
    first, second = ca.issue(1), ca.issue(2)
    taken = take(DirectoryEntry, at=ca.NOW)
    with ldap.connect(place()) as there:
        there.put(contents(taken)[taken[0].pk].entry)

    publish(at=ca.NOW + MINUTE)  # somebody may still be at them
    assert [found["dn"][0].decode() for found in directory.search(BRANCH, USERS)] == [of(first)]
    publish(at=ca.NOW + 5 * MINUTE)

    names = {found["dn"][0].decode() for found in directory.search(BRANCH, USERS)}
    assert names == {of(first), of(second)}


def test_a_connection_that_breaks_keeps_what_was_put_before(authorities, directory, settings):
    publish(at=ca.NOW - MINUTE)  # authorities
    issued = [ca.issue(number).id for number in range(3)]
    with cut_off(directory.url, after=3) as broken:  # signed in, two put
        settings.LDAP_URL = broken
        publish(at=ca.NOW)
    settings.LDAP_URL = directory.url

    assert [bool(directory_entry(one).published_at) for one in issued] == [True, True, False]
    assert "连接中断" in alarms()["directory_down"]
    publish(at=ca.NOW + HOUR)
    assert directory_entry(issued[2]).published_at
    assert len(directory.search(BRANCH, USERS)) == 3


def test_a_wrong_password_is_said_clearly_and_is_not_tried_all_the_time(
    authorities, directory, settings, tmp_path
):
    wrong = tmp_path / "password"
    wrong.write_text("not this one")
    wrong.chmod(0o600)
    settings.LDAP_PASSFILE = str(wrong)

    publish(at=ca.NOW)
    publish(at=ca.NOW + timedelta(seconds=30))
    publish(at=ca.NOW + timedelta(seconds=60))

    report = DirectoryReport.objects.get()
    assert (report.fault, report.tries, report.since) == ("credentials", 2, ca.NOW)
    assert "登录名或口令不对" in alarms()["directory_down"]
    with pytest.raises(CommandError, match="credentials"):
        compare()


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_the_way_to_the_directory_is_encrypted_and_its_certificate_is_looked_at(
    authorities, settings, tmp_path_factory, scheme
):
    """STARTTLS and ldaps; whose certificates are believed says a file."""
    with encrypted(tmp_path_factory.mktemp("tls"), scheme) as (server, believed):
        server.set_up(settings)
        settings.LDAP_TLS, settings.LDAP_CA = True, ""
        issued = ca.issue(1)
        publish(at=ca.NOW)
        assert "TLS" in alarms()["directory_down"]

        settings.LDAP_CA = str(believed)
        publish(at=ca.NOW + HOUR)

        assert directory_entry(issued.id).published_at
        settings.LDAP_URL = server.url.replace("127.0.0.1", "localhost")  # not what it is called
        ca.issue(2)
        publish(at=ca.NOW + 2 * HOUR)
        assert DirectoryReport.objects.get().fault == "tls"


def test_a_password_that_others_can_read_is_not_used(authorities, directory, settings, tmp_path):
    seen = tmp_path / "password"
    seen.write_text("seen")
    seen.chmod(0o644)
    settings.LDAP_PASSFILE = str(seen)

    publish(at=ca.NOW)

    assert "口令文件不能读取" in alarms()["directory_down"]


def test_the_password_goes_to_no_server_that_another_names(authorities, directory):
    """A referral is not followed."""
    ca.issue(1)
    publish(at=ca.NOW)
    second = ca.issue(2)
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        port = elsewhere.getsockname()[1]
        name = of(second)
        directory.put(
            f"dn: {name}\nobjectClass: referral\nobjectClass: extensibleObject\n"
            f"ref: ldap://127.0.0.1:{port}/{name}\n"
        )
        publish(at=ca.NOW)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()

    assert directory_entry(second.id).error == "ldap 10"


def test_an_entry_that_is_not_taken_holds_up_nobody_and_is_tried_again(authorities, directory):
    good, bad = ca.issue(1), ca.issue(2)
    kept = bytes(ca.row(bad.id).der)
    Certificate.objects.filter(pk=bad.id).update(der=b"no certificate")

    publish(at=ca.NOW)

    assert directory_entry(good.id).published_at
    assert directory_entry(bad.id).error == "ldap 21"
    assert overview(ca.NOW).directory.failed == 1
    Certificate.objects.filter(pk=bad.id).update(der=kept)
    assert publish(at=ca.NOW + timedelta(seconds=59)) == 0
    assert publish(at=ca.NOW + MINUTE) == 1


def test_what_is_refused_again_and_again_delays_neither_lists_nor_the_next_certificates(
    authorities, directory, monkeypatch
):
    """CPS-2.2, CPS-4.4.2, CPS-4.9.7: and takes a bounded part of each run."""
    monkeypatch.setattr(outbox, "BATCH", 2)
    bad = [ca.issue(number).id for number in range(3)]
    Certificate.objects.filter(pk__in=bad).update(der=b"no certificate")
    refused = DirectoryEntry.objects.filter(certificate__in=bad)
    refused.update(state="failed", error="ldap 21", due_at=ca.NOW - HOUR, made_at=ca.NOW - HOUR)
    good = ca.issue(4)
    issue_due_crls(at=ca.NOW)

    publish(at=ca.NOW)

    assert not DirectoryEntry.objects.exclude(certificate__in=bad).exclude(state="published")
    assert directory_entry(good.id).published_at
    assert directory.search(f"cn=crl,{BRANCH}")
    assert sorted(refused.values_list("tries", flat=True)) == [0, 1, 1]


def test_tries_are_counted_to_an_end(authorities, directory):
    """An entry refused for two years is still tried, and the column still holds the number."""
    issued = ca.issue(1)
    Certificate.objects.filter(pk=issued.id).update(der=b"no certificate")
    entry = DirectoryEntry.objects.filter(certificate=issued.id)
    entry.update(state="failed", tries=32_767, due_at=ca.NOW)

    publish(at=ca.NOW)

    assert (entry.get().error, entry.get().tries) == ("ldap 21", outbox.MOST_TRIES)


@pytest.mark.parametrize(("hours", "alarmed"), [(19, False), (20, True), (25, True)])
def test_before_the_24_hours_are_over_somebody_is_told(authorities, settings, hours, alarmed):
    """CPS-2.2b, CPS-4.4.2"""
    settings.LDAP_URL = "ldap://127.0.0.1:1"
    ca.issue(1)

    found = alarms(ca.NOW + hours * HOUR)

    assert ("directory_waits" in found) is alarmed


def test_without_a_directory_one_line_says_so_and_certificates_are_issued(authorities, settings):
    settings.LDAP_URL = ""
    issued = ca.issue(1)

    assert publish(at=ca.NOW) == 0

    assert ca.row(issued.id).state == "valid"
    assert overview(ca.NOW).directory.address == ""
    assert "directory_waits" not in alarms(ca.NOW + 30 * HOUR)
    with pytest.raises(CommandError, match="ANXIN_LDAP_URL"):
        compare()


def test_a_newer_list_replaces_the_older_one(authorities, directory):
    """CPS-2.2a"""
    issue_due_crls(at=ca.NOW - 13 * HOUR)
    publish(at=ca.NOW - 13 * HOUR)
    issue_due_crls(at=ca.NOW)

    assert publish(at=ca.NOW) == len(authorities)

    (found,) = directory.search(f"cn=crl,{BRANCH}")
    numbers = [crls.parse(der).number for der in found["certificateRevocationList;binary"]]
    assert numbers == [2]


def test_the_command_finds_every_difference_and_has_it_put_right(authorities, directory):
    missing, changed, withheld, right = (ca.issue(number) for number in range(4))
    issue_due_crls(at=ca.NOW)
    publish(at=ca.NOW)
    assert compare().startswith("equal: 4, waiting to be published: 0\n")
    directory.remove(of(missing))
    directory.change(of(changed), VALUE, right.parsed.der)
    directory.change(f"cn=crl,{BRANCH}", "certificateRevocationList;binary", _old_list())
    Certificate.objects.filter(pk=withheld.id).update(profile=OPERATOR.code)
    directory.put(_stranger(right))

    with pytest.raises(CommandError, match="differs"):
        compare()
    with pytest.raises(CommandError, match="differs"):
        compare("--repair")  # what nobody knows stays, and so does the difference
    publish(at=ca.NOW + 24 * HOUR)

    directory.remove(f"serialNumber=ab,{BRANCH}")
    assert compare() == "equal: 3, waiting to be published: 0\n"
    removed = Entry.objects.get(action="ca.directory_removed")
    assert removed.subject == f"ca.certificate:{withheld.id}"
    assert directory.search("c=CN", f"(serialNumber={withheld.parsed.serial:x})") == []


def test_what_was_issued_before_there_were_rows_is_entered_by_the_repair(authorities, directory):
    issued = ca.issue(1)
    DirectoryEntry.objects.all().delete()

    compare("--repair")
    publish(at=ca.NOW + HOUR)

    assert directory.search(of(issued))
    assert compare() == "equal: 1, waiting to be published: 0\n"


def _old_list() -> bytes:
    """Another authority's."""
    return lists.list_file("anxin-rsa").der


def _stranger(right: ca.Issued) -> str:
    value = b64encode(right.parsed.der).decode()
    return (
        f"dn: serialNumber=ab,{BRANCH}\nobjectClass: device\nobjectClass: pkiUser\n"
        f"serialNumber: ab\ncn: nobody\n{VALUE}:: {value}\n"
    )


def test_workers_write_and_sites_only_look(authorities, directory, in_role):
    """CPS-2.3: no write without an authorised role."""
    waiting = ca.put_on_order(1)
    with in_role("worker"):
        ca.sign_all()
        assert publish(at=ca.NOW) == len(authorities) + 1
    with in_role("staff"):
        assert directory_entry(waiting).published_at == ca.NOW
        assert overview(ca.NOW).directory.reachable
        with pytest.raises(ProgrammingError, match="permission denied"):
            DirectoryEntry.objects.update(due_at=ca.NOW)
