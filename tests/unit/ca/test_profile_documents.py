"""Profiles as documents: what the product is delivered with, and what a text says."""

import pytest

from ca.profiles import delivered
from ca.profiles.documents import digest_of, profile_from, text_of
from ra.applicants.kinds import kind_of, offered

# What certificates of version 1 were issued by. A change here would change what they say they are.
VERSION_1 = {
    "personal-sm2-sign": "4456e3fc",
    "personal-rsa-sign": "c3e60b0b",
    "organization-sm2-sign": "2d8912df",
    "organization-rsa-sign": "38debc44",
    "device-sm2-sign": "b1502ca7",
    "server-sm2-sign": "c8590eba",
    "server-rsa": "9aff858c",
    "operator-p256": "5930553b",
    "bench-p256-sign": "02bc9da0",
}


def test_what_version_1_says_never_changes():
    """CPS-1.5.1"""
    assert {code: digest[:8] for code, digest in delivered.DIGESTS.items()} == VERSION_1


@pytest.mark.parametrize("profile", delivered.EVERYTHING, ids=lambda one: one.code)
def test_a_profile_is_read_from_its_text_as_it_was_written(profile):
    text = text_of(profile)

    assert profile_from(text, profile.version) == profile
    assert text_of(profile_from(text, 7)) == text
    assert digest_of(text) == delivered.DIGESTS[profile.code]


@pytest.mark.parametrize("profile", delivered.EVERYTHING, ids=lambda one: one.code)
def test_the_documents_a_profile_asks_for_have_their_places_at_the_counter(profile):
    """CPS-3.2.2, CPS-3.2.3: version 1 asks for what each kind of applicant has to bring."""
    if not offered(profile.code):
        assert profile.evidence == ()
        return
    slots = kind_of(profile.code).slots.values()
    assert profile.evidence == tuple((slot.code, slot.when.value) for slot in slots)
