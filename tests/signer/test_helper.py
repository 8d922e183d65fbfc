"""Two signers on one token: the home signer keeps the books, its helper signs what needs none."""

import pytest

from pki import certificates, keys, publickeys
from pki.errors import PkiError, TokenError
from pki.signer.client import Signer
from tests.support.signer import AS_RESPONDER, activate, answer_tbs, found, hand_out, script
from tests.support.tunnel import tunnel

USER = keys.generate("sm2").public
ALGORITHMS = {"ec-p256": "ecdsa-sha256", "sm2": "sm2-sm3"}


def rule_of(act) -> str:
    with pytest.raises(PkiError) as refused:
        act()
    return refused.value.rule


@pytest.fixture
def home(hsm_signer):
    return hsm_signer("home").start()


@pytest.fixture
def offices(home):
    return {each: found(home.client(), each, each) for each in ALGORITHMS}


@pytest.fixture
def helper(home, offices, short_dir):
    one = home.help_with(short_dir / "helper").start()
    yield one
    one.end()


def test_both_sign_with_the_same_keys(home, offices, helper):
    """CPS-6.2.8"""
    for label, algorithm in ALGORITHMS.items():
        tbs = offices[label].tbs(USER)
        for client in (home.client(), helper.client()):
            signature = client.sign_one(label, "certificate", tbs)
            assert offices[label].public.verify(tbs, signature, algorithm)
    assert helper.client().health()["helper"]
    assert not home.client().health()["helper"]
    assert helper.client().self_test()["passed"]


def test_a_helper_signs_no_list_so_none_can_forget_what_the_last_one_said(home, offices, helper):
    """CPS-4.9.7"""
    office = offices["sm2"]
    home.client().sign_list("sm2", office.list_tbs(number=7))

    assert rule_of(lambda: helper.client().sign_list("sm2", office.list_tbs(number=8, entries=[])))
    refused = [
        rule_of(lambda: helper.client().sign_list("sm2", office.list_tbs(number=8))),
        rule_of(lambda: helper.client().sign_one("sm2", "ca-certificate", b"")),
        rule_of(lambda: helper.client().sign_one("sm2", "request", b"")),
        rule_of(lambda: helper.client().last_list("sm2")),
        rule_of(lambda: helper.client().generate("new", "sm2", ["certificate"])),
        rule_of(lambda: helper.client().install_certificate("sm2", b"")),
        rule_of(lambda: helper.client().note_head(1, "0" * 64)),
        rule_of(lambda: list(helper.client().heads())),
        rule_of(lambda: hand_out(helper.client())),
        rule_of(
            lambda: activate(
                helper.client(), home.custodians[:2], "ceremony", script("backup", "issuing")
            )
        ),
        rule_of(lambda: activate(helper.client(), home.custodians[:2], "resplit")),
    ]
    assert set(refused) == {"signer.helper"}


def test_each_is_activated_and_sealed_by_itself(home, offices, helper):
    """CPS-6.2.8: sealed after its start, opened by two custodians for itself alone."""
    tbs = offices["sm2"].tbs(USER)
    helper.terminate()
    helper.purpose = ""
    helper.start()

    assert rule_of(lambda: helper.client().sign_one("sm2", "certificate", tbs)) == "signer.sealed"
    assert home.client().sign_one("sm2", "certificate", tbs)
    helper.activate("activate")
    home.client().lock()
    assert helper.client().sign_one("sm2", "certificate", tbs)
    assert rule_of(lambda: home.client().sign_one("sm2", "certificate", tbs)) == "signer.sealed"
    offer = home.client().offer("activate", hours=1, signatures=1)
    other = helper.client().offer("activate", hours=1, signatures=1)
    assert offer["statement"] != other["statement"]


def test_a_helper_on_another_host_is_opened_and_signs_through_a_tunnel(home, offices, helper):
    """CPS-6.2.8: over TCP, both in batches and one by one; without the tunnel it is unreachable."""
    office, tbs = offices["sm2"], offices["sm2"].tbs(USER)
    helper.client().lock()
    with tunnel(helper.path) as near:
        far = Signer(near)
        helper.clients.append(far)
        assert rule_of(lambda: far.sign_one("sm2", "certificate", tbs)) == "signer.sealed"
        activate(far, helper.custodians[:2], "activate")
        assert office.public.verify(tbs, far.sign_one("sm2", "certificate", tbs), "sm2-sm3")
        made = list(far.sign("sm2", "certificate", [tbs] * 250))
        assert len(made) == 250
        assert all(office.public.verify(tbs, each, "sm2-sm3") for each in made)
    with pytest.raises(TokenError):
        Signer(near).health()


def test_a_helper_answers_about_certificates(home, offices, short_dir):
    client, office = home.client(), offices["sm2"]
    key = client.generate("answers", "sm2", ["ocsp"])
    responder = publickeys.parse(key.public_key)
    tbs = office.tbs(responder, *AS_RESPONDER)
    made = certificates.assemble(tbs, client.sign_one("sm2", "certificate", tbs))
    client.install_certificate("answers", made)
    one = home.help_with(short_dir / "later").start()
    try:
        answer = answer_tbs(office, responder)
        signature = one.client().sign_one("answers", "ocsp", answer)
        assert responder.verify(answer, signature, "sm2-sm3")
    finally:
        one.end()
