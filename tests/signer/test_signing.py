"""Everything a CA signs, through a real signer and checked from outside."""

import pytest

from pki import certificates, crls, extensions, keys, ocsp, publickeys
from pki.errors import BadSignature, Refused, TokenError
from tests.support import signer as made
from tests.support.signer import NOW, found

USER = keys.generate("sm2").public


@pytest.mark.parametrize("algorithm", ["sm2", "rsa-2048", "ec-p256"])
def test_certificates_lists_and_answers_hold(signer, algorithm):
    client = signer.client()
    office = found(client, "issuing", algorithm)
    responder = publickeys.parse(client.generate("responder", algorithm, ["ocsp"]).public_key)

    tbs = office.tbs(USER)
    person = certificates.parse(
        certificates.assemble(tbs, client.sign_one("issuing", "certificate", tbs))
    )
    tbs = office.list_tbs()
    listed = crls.parse(crls.assemble(tbs, client.sign_one("issuing", "crl", tbs)))
    tbs = office.tbs(responder, *made.AS_RESPONDER)
    by = certificates.assemble(tbs, client.sign_one("issuing", "certificate", tbs))
    client.install_certificate("responder", by)
    tbs = made.answer_tbs(office, responder)
    answer = ocsp.assemble_response(
        tbs, client.sign_one("responder", "ocsp", tbs), office.algorithm, [by]
    )

    certificates.verify(person, office.certificate, NOW)
    crls.verify(listed, office.certificate, NOW)
    ocsp.verify_response(ocsp.parse_response(answer), office.certificate, at=NOW)
    with pytest.raises(BadSignature):
        certificates.verify(person, certificates.parse(by), NOW)


def test_refusals_reach_the_caller_one_by_one(signer):
    client = signer.client()
    office = found(client, "issuing", "ec-p256")
    good, bad = office.tbs(USER), office.tbs(USER, extensions.basic_constraints(True))

    results = client.sign("issuing", "certificate", [good, bad, good])

    assert isinstance(results[1], Refused)
    assert results[1].rule == "policy.ca"
    for signature in (results[0], results[2]):
        assert office.public.verify(good, signature, "ecdsa-sha256")
    with pytest.raises(Refused) as refused:
        client.sign_one("issuing", "certificate", bad)
    assert refused.value.rule == "policy.ca"


def test_more_than_a_frame_holds_is_split_and_put_together_again(signer):
    client = signer.client()
    office = found(client, "issuing", "ec-p256")
    batch = [office.tbs(USER, serial=made.SERIAL + place) for place in range(600)]

    results = client.sign("issuing", "certificate", batch)

    assert len(results) == 600
    for place in (0, 255, 256, 511, 512, 599):
        assert office.public.verify(batch[place], results[place], "ecdsa-sha256")
    counted = client.health()["counters"]["issuing"]["certificate"]
    assert counted["signed"] == 600


def test_a_list_of_a_hundred_thousand_is_signed(signer):
    client = signer.client()
    office = found(client, "issuing")
    entry = crls.Entry(made.SERIAL, NOW, "superseded").der
    tbs = office.list_tbs(entries=[entry] * 100_000)

    signature = client.sign_one("issuing", "crl", tbs)

    assert office.public.verify(tbs, signature, "sm2-sm3")


def test_outside_a_ceremony_there_are_no_new_keys_and_no_new_cas(signer):
    """CPS-6.1.1a"""
    client = signer.client()
    office = found(client, "issuing")
    signer.activate("activate")
    again = certificates.encode(made.ca_plan(office.public, office.name))

    with pytest.raises(Refused) as refused:
        client.sign_one("issuing", "ca-certificate", again)
    assert refused.value.rule == "policy.ceremony"
    with pytest.raises(Refused) as refused:
        client.generate("another", "sm2", ["crl"])
    assert refused.value.rule == "signer.ceremony"
    assert client.sign_one("issuing", "certificate", office.tbs(USER))


def test_a_sealed_signer_stays_sealed_until_two_custodians_come(signer):
    """CPS-6.2.8, CPS-6.2.9"""
    client = signer.client()
    office = found(client, "issuing")
    client.lock()

    with pytest.raises(TokenError) as refused:
        client.sign_one("issuing", "certificate", office.tbs(USER))
    assert refused.value.rule == "signer.sealed"
    assert not refused.value.permanent
    assert client.health()["unlocked"] is False
    signer.activate()
    assert client.sign_one("issuing", "certificate", office.tbs(USER))


def test_health_says_that_the_signer_is_active_and_how_it_is_guarded(signer):
    health = signer.client().health()

    assert health["driver"] == "software"
    assert health["activation"]["state"] == "active"
    assert health["activation"]["signer"] == signer.custodians[0].signer
    assert health["custody"] == {"code": "software", "zh": "软件密钥", "en": "software key"}
    assert health["pid"] == signer.process.pid
    guarded = {name for name, granted in health["hardening"].items() if granted}
    assert {"not_dumpable", "no_core_dumps", "no_new_privileges"} <= guarded
