import pytest

from anxin.kernel.errors import Refusal
from ca.profiles import delivered, rules
from ca.profiles.rules import Bearer
from ca.wording import PROFILES, WORDING
from pki import keys, names, publickeys

PERSON = (("C", "CN"), ("CN", "王小明"))
SM2, RSA, P256 = (keys.generate(name).public for name in ("sm2", "rsa-2048", "ec-p256"))
PROFILE = delivered.PROFILES["personal-sm2-sign"]


names_of = names.build


def refusal(*, subject=PERSON, key=SM2, days=365, profile=PROFILE) -> Refusal:
    with pytest.raises(Refusal) as refused:
        rules.check_order(profile, names.build(subject), key, days)
    assert refused.value.rule in WORDING
    return refused.value


def test_an_order_inside_its_profile_passes():
    for profile, key in (("personal-sm2-sign", SM2), ("personal-rsa-sign", RSA)):
        found = delivered.PROFILES[profile]
        for days in found.days:
            rules.check_order(found, names.build(PERSON), key, days)


@pytest.mark.parametrize("days", [0, -365, 364, 366, 2190])
def test_only_the_terms_on_offer_can_be_ordered(days):
    """CPS-1.5.2"""
    assert refusal(days=days).rule == "profile.days"


@pytest.mark.parametrize("key", [RSA, P256])
def test_a_profile_certifies_keys_of_its_own_kind(key):
    """CPS-6.1.5"""
    assert refusal(key=key).rule == "profile.key_algorithm"


@pytest.mark.parametrize(
    ("subject", "rule"),
    [
        ((("CN", "王小明"),), "profile.attribute_missing"),
        ((("C", "CN"), ("O", "某公司")), "profile.attribute_missing"),
        ((*PERSON, ("UID", "17")), "profile.attribute_foreign"),
        ((*PERSON, ("emailAddress", "a@example.cn")), "profile.attribute_foreign"),
        ((*PERSON, ("CN", "王小红")), "profile.attribute_twice"),
        ((("C", "CN"), ("CN", "匿名")), "profile.placeholder"),
        ((("C", "CN"), ("CN", "ＴＥＳＴ")), "profile.placeholder"),
        ((("C", "CN"), ("CN", "Anonymous")), "profile.placeholder"),
    ],
)
def test_subjects_are_named_as_the_profile_says(subject, rule):
    """CPS-3.1.1, CPS-3.1.2, CPS-3.1.3, CPS-7.1.3/4"""
    assert refusal(subject=subject).rule == rule


SERVER = (("C", "CN"), ("O", "栖原云帆科技有限公司"), ("CN", "www.example.cn"))


@pytest.mark.parametrize(
    ("profile", "names", "rule"),
    [
        ("server-sm2-sign", (), "profile.names_missing"),
        ("server-sm2-sign", ("mail.example.cn",), "profile.names_other"),
        ("personal-sm2-sign", ("www.example.cn",), "profile.names_foreign"),
    ],
)
def test_a_server_is_called_by_one_of_its_names_and_nobody_else_has_any(profile, names, rule):
    """CPS-1.5.2, CPS-3.1.2"""
    found = delivered.PROFILES[profile]
    subject = names_of(SERVER if found.server else PERSON)
    with pytest.raises(Refusal) as refused:
        rules.check_order(found, subject, SM2, 365, names)
    assert (refused.value.rule, refused.value.cps) == (rule, "3.1.2")
    assert rule in WORDING


def test_units_may_be_several():
    rules.check_order(PROFILE, names.build((*PERSON, ("OU", "一"), ("OU", "二"))), SM2, 365)


@pytest.mark.parametrize(
    ("bearer", "key", "years"),
    [
        (Bearer.ROOT, SM2, 30),
        (Bearer.ROOT, RSA, 30),
        (Bearer.CA, SM2, 15),
        (Bearer.CA, RSA, 15),
        (Bearer.SUBSCRIBER, SM2, 10),
        (Bearer.SUBSCRIBER, RSA, 10),
    ],
)
def test_keys_live_as_long_as_the_cps_says(bearer, key, years):
    """CPS-6.3.2"""
    assert rules.longest_key_years(bearer, key) == years


def test_short_rsa_keys_have_their_own_terms_and_no_others():
    """CPS-6.3.2"""
    old = publickeys.PublicKey("rsa", 1024, b"", b"", lambda *_: False)
    odd = publickeys.PublicKey("ec-p384", 384, b"", b"", lambda *_: False)

    assert rules.longest_key_years(Bearer.ROOT, old) == 25
    assert rules.longest_key_years(Bearer.SUBSCRIBER, old) == 6
    for bearer, key in ((Bearer.CA, old), (Bearer.SUBSCRIBER, odd)):
        with pytest.raises(Refusal, match="no term"):
            rules.longest_key_years(bearer, key)


def test_no_profile_offers_more_than_its_keys_may_live():
    """CPS-6.3.2"""
    keys = {"sm2": SM2, "rsa": RSA}
    for profile in delivered.PROFILES.values():
        key = keys[profile.key_algorithm]
        longest = rules.longest_key_years(Bearer.SUBSCRIBER, key) * rules.DAYS_OF_A_YEAR
        assert max(profile.days) <= longest


def test_every_profile_has_a_name_on_screen():
    assert {*delivered.PROFILES, delivered.MEASURED.code, delivered.OPERATOR.code} == set(PROFILES)


def test_the_measured_profile_is_not_on_offer():
    assert delivered.MEASURED.code not in delivered.PROFILES
    assert not delivered.MEASURED.offered
