"""A CA key in two tokens: out under a key of three people, in again, and gone from both.

The module is loaded in a child, never in the process of the tests.
"""

import os
import subprocess
from pathlib import Path

import pytest

from pki import publickeys
from pki.errors import PkiError
from pki.signatures import default_algorithm
from tests.signer.conftest import PIN, SOFTHSM
from tests.support.signer import forked

OFFICERS_PIN = "86427531"


class Site:
    """In the child: the module, two tokens, and whoever logs in."""

    def __init__(self, home: Path) -> None:
        from pki.hsm import backup

        self.home, self.backup = home, backup

    def officer(self, token: str):
        from pki.hsm.cryptoki import Cryptoki

        return Cryptoki(SOFTHSM, token, bytearray(OFFICERS_PIN.encode()), officer=True)

    def user(self, token: str):
        from pki.hsm import vendors
        from pki.hsm.cryptoki import Cryptoki
        from pki.hsm.pkcs11 import Pkcs11Token

        device = Cryptoki(SOFTHSM, token, bytearray(PIN.encode()))
        return Pkcs11Token(device, self.home / token, vendors.PROFILES["standard"])

    def place(self, components, *tokens: str, label: str = "issuing") -> set[str]:
        checks = set()
        for token in tokens:
            officer = self.officer(token)
            checks.add(self.backup.place_kek(officer, components, label))
            officer.lock()
        return checks

    def uses_up(self, place: str, spki: bytes) -> None:
        """A key that signs, leaves no second device, and is nowhere when it is destroyed."""
        token = self.user(place)
        there = ("PRIVATE_KEY issuing", "PUBLIC_KEY issuing")
        assert holds(token, "issuing", spki)
        if place == "vault":
            assert self.rule_of(lambda: self.backup.wrap(token, "issuing")) == "backup.locked_in"
        kek = "SECRET_KEY anxin-backup-issuing"
        assert self.backup.remains(token, "issuing", spki) == (*there, kek)
        token.destroy("issuing")
        assert self.backup.remains(token, "issuing", spki) == (kek,)
        self.backup.remove_keks(token.device, "issuing")
        assert self.backup.remains(token, "issuing", spki) == ()
        assert self.rule_of(lambda: token.sign("issuing", b"message")) == "token.no_such_key"
        token.lock()
        assert self.rule_of(lambda: self.backup.remains(token, "issuing", spki)) == "token.locked"

    def rule_of(self, act) -> str:
        try:
            act()
        except PkiError as error:
            return error.rule
        return "nothing was refused"


@pytest.fixture
def at_site(softhsm, tmp_path):
    """at_site(act) -> runs `act(site)` in a child; fails with what went wrong there."""
    subprocess.run(
        (
            *("softhsm2-util", "--init-token", "--free", "--label", "vault"),
            *("--so-pin", OFFICERS_PIN, "--pin", PIN),
        ),
        check=True,
        capture_output=True,
        env={**os.environ, **softhsm.environment},
    )

    def run(act) -> None:
        def child() -> str:
            os.environ.update(softhsm.environment)
            act(Site(tmp_path))
            return "fine"

        said = forked(child)()
        assert said == "fine", said

    return run


def holds(token, label: str, spki: bytes) -> bool:
    public = publickeys.parse(spki)
    signature = token.sign(label, b"message")
    return public.verify(b"message", signature, default_algorithm(public.algorithm))


@pytest.mark.parametrize("algorithm", ["ec-p256", "rsa-2048"])
def test_a_restored_key_signs_and_is_gone_from_both_when_destroyed(at_site, algorithm):
    def act(site):
        backup = site.backup
        components = backup.new_components()
        assert site.place(components, "lab", "vault") == {
            backup.check_value(backup.combined(components))
        }
        token = site.user("lab")
        spki = token.generate("issuing", algorithm, for_backup=True)
        kept = backup.wrap(token, "issuing").as_json()
        token.lock()

        token = site.user("vault")
        backup.restore(token, backup.Backup.from_json(kept))
        assert token.public_key("issuing") == spki
        token.lock()

        for place in ("lab", "vault"):
            site.uses_up(place, spki)

    at_site(act)


def test_an_ordinary_key_does_not_leave_its_token(at_site):
    def act(site):
        site.place(site.backup.new_components(), "lab")
        token = site.user("lab")
        token.generate("issuing", "ec-p256")

        assert site.rule_of(lambda: site.backup.wrap(token, "issuing")) == "backup.locked_in"

    at_site(act)


def test_only_the_officers_key_takes_a_key_out(at_site):
    """Neither a missing KEK nor one that the user made by that name."""

    def act(site):
        from pkcs11 import Attribute, KeyType, MechanismFlag

        token = site.user("lab")
        token.generate("issuing", "ec-p256", for_backup=True)
        assert site.rule_of(lambda: site.backup.wrap(token, "issuing")) == "backup.no_kek"
        with token.device.writable() as session:
            session.generate_key(
                KeyType.AES,
                256,
                label="anxin-backup-issuing",
                store=True,
                capabilities=MechanismFlag.WRAP | MechanismFlag.UNWRAP,
                template={Attribute.PRIVATE: False, Attribute.EXTRACTABLE: False},
            )

        assert site.rule_of(lambda: site.backup.wrap(token, "issuing")) == "backup.untrusted_kek"

    at_site(act)


def test_a_kek_is_placed_once_and_its_value_is_not_read(at_site):
    def act(site):
        from pkcs11 import Attribute
        from pkcs11.exceptions import AttributeSensitive

        backup = site.backup
        components, again = backup.new_components(), backup.new_components()
        site.place(components, "lab")
        officer = site.officer("lab")
        twice = site.rule_of(lambda: backup.place_kek(officer, components, "issuing"))
        assert twice == "backup.kek_there"
        with officer.writable() as session:
            (kek,) = session.get_objects({Attribute.LABEL: "anxin-backup-issuing"})
            with pytest.raises(AttributeSensitive):
                kek[Attribute.VALUE]
        backup.remove_keks(officer, "issuing")
        assert backup.place_kek(officer, again, "issuing") == backup.check_value(
            backup.combined(again)
        )

    at_site(act)


def test_a_backup_opens_under_its_own_kek_and_unchanged_only(at_site):
    def act(site):
        backup = site.backup
        components = backup.new_components()
        site.place(components, "lab", "vault")
        site.place(components, "lab", label="other")
        first = site.user("lab")
        spki = first.generate("issuing", "rsa-2048", for_backup=True)
        other = first.generate("other", "rsa-2048", for_backup=True)
        kept, swapped = backup.wrap(first, "issuing"), backup.wrap(first, "other")
        first.lock()
        second = site.user("vault")

        broken = bytes([kept.wrapped[0] ^ 1]) + kept.wrapped[1:]
        for bad, rule in (
            (backup.Backup("issuing", spki, broken, kept.kek), "token.device"),
            (backup.Backup("issuing", spki, kept.wrapped, "0" * 10), "backup.other_kek"),
            (backup.Backup("issuing", spki, swapped.wrapped, kept.kek), "backup.not_the_key"),
        ):
            assert site.rule_of(lambda bad=bad: backup.restore(second, bad)) == rule
            assert backup.remains(second, "issuing", spki) == ("SECRET_KEY anxin-backup-issuing",)
            assert backup.remains(second, "other", other) == ()
        backup.restore(second, kept)
        assert site.rule_of(lambda: backup.restore(second, kept)) == "token.label_taken"
        assert holds(second, "issuing", spki)

    at_site(act)


def test_a_key_under_another_name_remains(at_site):
    def act(site):
        from pkcs11 import Attribute

        token = site.user("lab")
        spki = token.generate("issuing", "rsa-2048")
        with token.device.writable() as session:
            for found in list(session.get_objects({Attribute.LABEL: "issuing"})):
                found[Attribute.LABEL] = "harmless"
        token.destroy("issuing")

        assert site.backup.remains(token, "issuing", spki) == (
            "PRIVATE_KEY harmless",
            "PUBLIC_KEY harmless",
        )

    at_site(act)


def test_a_token_that_lost_its_login_proves_nothing_by_showing_nothing(at_site):
    def act(site):
        token = site.user("lab")
        spki = token.generate("issuing", "ec-p256")
        token.device._calls.logout(token.device._anchor.handle)  # as another user of the module may

        assert "PRIVATE_KEY issuing" in site.backup.remains(token, "issuing", spki)

    at_site(act)


def test_sm2_keys_are_not_made_for_a_backup(at_site):
    def act(site):
        token = site.user("lab")
        rule = site.rule_of(lambda: token.generate("issuing", "sm2", for_backup=True))
        assert rule == "backup.algorithm"

    at_site(act)
