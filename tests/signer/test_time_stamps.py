"""Tokens of RFC 3161 by the real signer, read by programs that we did not write. CPS-6.8."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from pki import certificates, cms, oids, publickeys, timestamps
from pki.certificates import Certificate
from pki.errors import Refused, TokenError
from pki.signer.client import Signer
from pki.sm.sm3 import sm3
from tests.oracles.refusals import OracleRefused
from tests.support import signer as made
from tests.support.signer import STAMPED, Office, found

DIGESTS = {
    oids.SM3: sm3(STAMPED),
    oids.SHA256: hashlib.sha256(STAMPED).digest(),
    oids.SHA384: hashlib.sha384(STAMPED).digest(),
    oids.SHA512: hashlib.sha512(STAMPED).digest(),
}
each_algorithm = pytest.mark.parametrize("algorithm", ["sm2", "rsa-2048", "ec-p256"])


@pytest.fixture(params=["software", "softhsm"])
def client(request, new_signer) -> Signer:
    """In a ceremony: of the signer with keys in files, and of the one with keys in a token."""
    if request.param == "software":
        return new_signer().start().client()
    return request.getfixturevalue("hsm_signer")().start().client()


def stamper(client: Signer, office: Office, algorithm: str) -> Certificate:
    """The certificate of a new key for time stamps, `tsa`."""
    key = client.generate("tsa", algorithm, ["time-stamp"])
    tbs = office.tbs(publickeys.parse(key.public_key), *made.AS_STAMPER)
    made_now = certificates.assemble(tbs, client.sign_one(office.label, "certificate", tbs))
    client.install_certificate("tsa", made_now)
    return certificates.parse(made_now)


def stamp(**changes: object) -> bytes:
    return timestamps.encode(made.stamp(**({"at": datetime.now(UTC)} | changes)))


def stamped(client: Signer, **changes: object) -> tuple[bytes, bytes]:
    """A time stamp and its signature. Of a busy machine it is asked anew, as a service does."""
    for _ in range(10):
        said = stamp(**changes)
        (answer,) = client.sign("tsa", "time-stamp", [said])
        if isinstance(answer, bytes):
            return said, answer
        assert answer.rule == "policy.gen_time"
    pytest.fail("a second is not enough here")


def token(client: Signer, by: Certificate, digest: str) -> bytes:
    said = stamped(client, imprint=timestamps.imprint(digest, DIGESTS[digest]))
    return timestamps.assemble(*said, by, sent=[by.der])


@each_algorithm
def test_others_verify_our_tokens(client, bouncycastle, openssl, algorithm):
    """CPS-6.8"""
    office = found(client, "issuing", algorithm)
    by = stamper(client, office, algorithm)
    before = datetime.now(UTC).replace(microsecond=0)

    for digest, imprint in DIGESTS.items():
        whole = token(client, by, digest)
        facts = bouncycastle.verify_stamp(whole, office.certificate.der)
        assert facts["digest"] == digest
        assert facts["imprint"] == imprint.hex()
        assert (facts["serial"], facts["nonce"]) == (str(made.SERIAL), str(1 << 63))
        assert before <= datetime.fromisoformat(facts["at"]) <= datetime.now(UTC)
        if algorithm != "sm2" and digest != oids.SM3:
            anchor = office.certificate.der
            openssl.verify_stamp(whole, STAMPED, anchor, at=made.NOW + timedelta(seconds=1))
    counted = client.health()["counters"]["tsa"]["time-stamp"]
    assert counted["signed"] == len(DIGESTS)


@each_algorithm
def test_others_refuse_other_data_and_another_certificate_of_the_same_key(
    signer, bouncycastle, openssl, algorithm
):
    """CPS-6.8"""
    client = signer.client()
    office = found(client, "issuing", algorithm)
    by, digest = stamper(client, office, algorithm), oids.SHA256
    said, signature = stamped(client, imprint=timestamps.imprint(digest, DIGESTS[digest]))
    ending = made.NOW + 300 * made.DAY  # all else is the same, name and number too
    other = office.tbs(by.public_key, *made.AS_STAMPER, not_after=ending)
    twin = certificates.assemble(other, client.sign_one("issuing", "certificate", other))
    attributes = timestamps.signed_attributes(said, by.der, office.algorithm)

    changed = timestamps.assemble(said, signature, by, sent=[by.der]).replace(
        DIGESTS[digest], bytes(32)
    )
    by_twin = cms.assemble(
        *(oids.TST_INFO, said, attributes, signature, certificates.parse(twin)), sent=[twin]
    )

    for bad, reason in ((changed, "digest"), (by_twin, "certificate hash")):
        with pytest.raises(OracleRefused, match=reason):
            bouncycastle.verify_stamp(bad, office.certificate.der)
        if algorithm != "sm2":
            with pytest.raises(OracleRefused):
                openssl.verify_stamp(bad, STAMPED, office.certificate.der, at=made.NOW)


def test_the_signer_stamps_by_its_own_clock_and_says_why_not(signer):
    """CPS-6.8: whoever asks, a token is not dated back."""
    client = signer.client()
    office = found(client, "issuing")
    stamper(client, office, "sm2")
    now = datetime.now(UTC)
    wanted = [
        stamp(at=now - timedelta(minutes=1)),
        stamp(at=now + timedelta(minutes=1)),
        stamp(accuracy=timedelta(seconds=2)),
        stamp(ordering=True),
        office.tbs(office.public),
        b"",
    ]

    answers = client.sign("tsa", "time-stamp", wanted)

    assert [one.rule for one in answers] == [
        *("policy.gen_time", "policy.gen_time", "policy.accuracy", "policy.ordering"),
        *("der.unexpected", "der.truncated"),
    ]
    assert stamped(client)


def test_a_key_for_time_stamps_signs_nothing_else_and_no_other_key_stamps(signer):
    """CPS-6.8"""
    client = signer.client()
    office = found(client, "issuing")
    stamper(client, office, "sm2")

    for label, kind in [
        *(("tsa", kind) for kind in ("certificate", "crl", "ocsp", "ca-certificate", "request")),
        ("issuing", "time-stamp"),
    ]:
        with pytest.raises(Refused) as refused:
            client.sign_one(label, kind, stamp())
        assert refused.value.rule in {"policy.kind", "signer.ceremony"}, (label, kind)


def test_only_a_key_of_the_signer_is_certified_for_time_stamps(signer):
    """CPS-6.8: a worker in other hands makes itself no authority beside ours."""
    client = signer.client()
    office = found(client, "issuing")

    with pytest.raises(Refused) as refused:
        client.sign_one("issuing", "certificate", office.tbs(office.public, *made.AS_STAMPER))

    assert refused.value.rule == "policy.stamper"


def test_a_helper_stamps_and_a_sealed_signer_does_not(hsm_signer, short_dir):
    """CPS-6.8, CPS-6.2.8: time stamps need none of the books that the home signer keeps."""
    home = hsm_signer("home").start()
    by = stamper(home.client(), found(home.client(), "issuing", "ec-p256"), "ec-p256")
    helper = home.help_with(short_dir / "helper").start()
    try:
        said, signature = stamped(helper.client())
        attributes = timestamps.signed_attributes(said, by.der, "ecdsa-sha256")
        assert by.public_key.verify(attributes, signature, "ecdsa-sha256")
    finally:
        helper.end()
    home.client().lock()
    with pytest.raises(TokenError) as refused:
        home.client().sign_one("tsa", "time-stamp", stamp())
    assert refused.value.rule == "signer.sealed"
