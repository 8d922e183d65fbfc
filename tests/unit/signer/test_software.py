"""Software keys: sealed on disk, gone when locked."""

import json
import shutil
import stat

import pytest

from pki import publickeys
from pki.errors import PkiError, Refused, TokenError
from pki.hsm import interface
from pki.hsm.software import SecretSealer, SoftwareToken
from pki.signatures import default_algorithm

SECRET = b"correct horse battery staple"


def opened(directory, secret: bytes = SECRET) -> SoftwareToken:
    return SoftwareToken(directory, SecretSealer.for_directory(directory, secret))


def rule_of(act) -> str:
    with pytest.raises(PkiError) as refused:
        act()
    return refused.value.rule


@pytest.mark.parametrize("algorithm", interface.ALGORITHMS)
def test_a_key_signs_and_comes_back_after_a_restart(tmp_path, algorithm):
    spki = opened(tmp_path).generate("issuing", algorithm)
    again = opened(tmp_path)
    public = publickeys.parse(again.public_key("issuing"))
    name = default_algorithm(public.algorithm)

    assert public.spki == spki
    assert public.verify(b"message", again.sign("issuing", b"message"), name)
    assert not public.verify(b"another", again.sign("issuing", b"message"), name)
    assert again.custody("issuing") == again.description == interface.SOFTWARE


def test_nothing_on_disk_holds_the_key_or_the_secret(tmp_path):
    token = opened(tmp_path)
    token.generate("issuing", "sm2")
    scalar = token._keys["issuing"].key.scalar

    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for secret in (scalar, scalar.hex().encode(), SECRET):
            assert secret not in path.read_bytes()


def test_another_secret_opens_nothing(tmp_path):
    opened(tmp_path)

    assert rule_of(lambda: opened(tmp_path, b"correct horse battery stapler")) == "token.secret"


def test_a_key_file_under_another_name_is_not_opened(tmp_path):
    opened(tmp_path).generate("issuing", "sm2")
    shutil.copy(tmp_path / "issuing.key", tmp_path / "root.key")

    assert rule_of(lambda: opened(tmp_path)) == "token.secret"


@pytest.mark.parametrize("damage", ["", "{", "{}", "[]", '{"sealed": 1}', '{"sealed": "***"}'])
def test_a_damaged_key_file_is_told(tmp_path, damage):
    opened(tmp_path).generate("issuing", "sm2")
    (tmp_path / "issuing.key").write_text(damage)

    assert rule_of(lambda: opened(tmp_path)) in {"token.damaged", "token.secret"}


def test_a_flipped_bit_is_noticed(tmp_path):
    opened(tmp_path).generate("issuing", "sm2")
    place = tmp_path / "issuing.key"
    content = json.loads(place.read_text())
    first = "B" if content["sealed"][40] == "A" else "A"
    content["sealed"] = content["sealed"][:40] + first + content["sealed"][41:]
    place.write_text(json.dumps(content))

    assert rule_of(lambda: opened(tmp_path)) == "token.secret"


def test_a_label_is_given_once(tmp_path):
    token = opened(tmp_path)
    token.generate("issuing", "sm2")

    assert rule_of(lambda: token.generate("issuing", "ec-p256")) == "token.label_taken"


@pytest.mark.parametrize("label", ["", "../root", "A", "a/b", "a b", ".hidden", "a" * 64, "密钥"])
def test_a_label_is_no_path(tmp_path, label):
    with pytest.raises(Refused) as refused:
        opened(tmp_path).generate(label, "sm2")

    assert refused.value.rule == "token.label"


def test_no_weak_or_unknown_algorithm(tmp_path):
    for algorithm in ("rsa-1024", "ec-p224", "SM2", ""):
        assert rule_of(lambda a=algorithm: opened(tmp_path).generate("k", a)) == "token.algorithm"


def test_a_destroyed_key_is_gone_for_good(tmp_path):
    token = opened(tmp_path)
    token.generate("issuing", "ec-p256")
    token.destroy("issuing")

    assert rule_of(lambda: token.sign("issuing", b"x")) == "token.no_such_key"
    assert rule_of(lambda: opened(tmp_path).sign("issuing", b"x")) == "token.no_such_key"


def test_a_locked_token_signs_nothing(tmp_path):
    token = opened(tmp_path)
    token.generate("issuing", "ec-p256")
    token.lock()

    with pytest.raises(TokenError) as refused:
        token.sign("issuing", b"x")
    assert refused.value.rule == "token.locked"
    assert not refused.value.permanent
    assert rule_of(lambda: token.generate("other", "sm2")) == "token.locked"
    assert rule_of(token.labels) == "token.locked"


def test_a_token_that_is_locked_meanwhile_keeps_no_new_key(tmp_path):
    home = opened(tmp_path / "home")
    home.generate("issuing", "ec-p256")
    spare = home.twin(tmp_path / "spare")
    copy = home.copy_for(spare, "issuing")
    spare.lock()

    assert rule_of(lambda: spare.put("issuing", copy)) == "token.locked"
    assert not (tmp_path / "spare/issuing.key").exists()
