"""SM2, SM3 and SM4 against the answers their standards print (CPS-6.1)."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import Malformed, Refused, SelfTestFailed
from pki.sm import selftest, sm2, sm4
from pki.sm.sm3 import sm3

ANSWERS = json.loads((Path(__file__).parents[2] / "vectors" / "gm.json").read_text())
SIGN = ANSWERS["sm2"]["sign"]
KEY = sm2.PrivateKey.from_scalar(bytes.fromhex(SIGN["d"]))


def of(answers: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(answers[name]) for name in names]


@pytest.mark.parametrize("answer", ANSWERS["sm3"])
def test_sm3_gives_the_digests_of_its_standard(answer):
    message, digest = of(answer, "input", "digest")

    assert sm3(message) == digest
    assert sm3(message[:1], message[1:]) == digest


def test_sm4_gives_the_block_of_its_standard():
    key, plaintext, ciphertext = of(ANSWERS["sm4"]["block"], "key", "plaintext", "ciphertext")

    assert sm4.encrypt_ecb(key, plaintext) == ciphertext
    assert sm4.decrypt_ecb(key, ciphertext) == plaintext


def test_sm4_cbc_gives_the_published_blocks_before_its_padding():
    names = ("key", "iv", "plaintext", "ciphertext")
    key, iv, plaintext, ciphertext = of(ANSWERS["sm4"]["cbc"], *names)

    sealed = sm4.encrypt_cbc(key, iv, plaintext)

    assert sealed[: len(ciphertext)] == ciphertext
    assert sm4.decrypt_cbc(key, iv, sealed) == plaintext


def test_sm4_without_padding_takes_whole_blocks_only():
    with pytest.raises(Malformed, match=r"sm4\.blocks"):
        sm4.encrypt_ecb(bytes(16), bytes(15))
    with pytest.raises(Malformed, match=r"sm4\.blocks"):
        sm4.decrypt_cbc(bytes(16), bytes(16), bytes(17))


def test_a_wrong_cbc_key_shows_in_the_padding():
    sealed = sm4.encrypt_cbc(bytes(16), bytes(16), b"secret")

    with pytest.raises(Malformed, match=r"sm4\.padding"):
        sm4.decrypt_cbc(b"\x01" * 16, bytes(16), sealed)


def test_sm2_gives_key_z_and_digest_of_its_standard():
    x, y, z, e = of(SIGN, "px", "py", "Z", "e")

    assert KEY.public.point == b"\x04" + x + y
    assert KEY.public.z(sm2.DEFAULT_ID) == z
    assert KEY.public.digest(SIGN["msg"].encode()) == e


def test_the_signature_of_the_standard_holds():
    message, (signature,) = SIGN["msg"].encode(), of(SIGN, "sig_der")

    assert KEY.public.verify(message, signature)
    assert not KEY.public.verify(message + b"!", signature)
    assert not KEY.public.verify(message, signature, identity=b"ALICE123@YAHOO.COM")
    assert not KEY.public.verify(message, signature + b"\x00")


def test_the_ciphertext_of_the_standard_opens():
    (ciphertext,) = of(ANSWERS["sm2"]["encrypt"], "sm2cipher_der")

    assert KEY.decrypt(ciphertext) == ANSWERS["sm2"]["encrypt"]["msg"].encode()


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_is_signed_verifies_under_its_own_identity_alone(message, identity):
    signature = KEY.sign(message, identity)

    assert KEY.public.verify(message, signature, identity)
    assert not KEY.public.verify(message, signature, identity + b".")
    assert not KEY.public.verify(message + b".", signature, identity)


@given(st.binary(min_size=1, max_size=300))
def test_what_is_encrypted_opens(message):
    assert KEY.decrypt(KEY.public.encrypt(message)) == message


@given(st.binary(max_size=200))
def test_no_bytes_at_all_are_a_signature_or_a_ciphertext(noise):
    assert not KEY.public.verify(b"message", noise)
    with pytest.raises(Malformed, match=r"sm2\.ciphertext"):
        KEY.decrypt(noise)


def test_a_ciphertext_with_a_wrong_checksum_does_not_open():
    ciphertext = bytearray(KEY.public.encrypt(b"secret"))
    ciphertext[-1] ^= 1

    with pytest.raises(Malformed, match=r"sm2\.ciphertext"):
        KEY.decrypt(bytes(ciphertext))


def test_nothing_is_not_encrypted():
    with pytest.raises(Refused, match=r"sm2\.empty"):
        KEY.public.encrypt(b"")


@pytest.mark.parametrize("size", [31, 33])
def test_only_a_digest_of_32_octets_is_signed(size):
    with pytest.raises(Malformed, match=r"sm2\.digest"):
        KEY.sign_digest(bytes(size))
    assert not KEY.public.verify_digest(bytes(size), bytes.fromhex(SIGN["sig_der"]))


@pytest.mark.parametrize("scalar", [1, 2, sm2.ORDER - 2])
def test_private_keys_are_1_to_n_minus_2(scalar):
    key = sm2.PrivateKey.from_scalar(scalar.to_bytes(32, "big"))

    assert key.scalar == scalar.to_bytes(32, "big")
    assert key.public.verify(b"message", key.sign(b"message"))


@pytest.mark.parametrize("scalar", [0, sm2.ORDER - 1, sm2.ORDER, 2**256 - 1])
def test_other_numbers_are_no_private_keys(scalar):
    with pytest.raises(Malformed, match=r"key\.scalar_out_of_range"):
        sm2.PrivateKey.from_scalar(scalar.to_bytes(32, "big"))


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\x04" + bytes(64),
        b"\x04" + b"\x01" * 64,
        KEY.public.point[:-1] + bytes([KEY.public.point[-1] ^ 1]),
        KEY.public.point + b"\x00",
        b"\x02" + KEY.public.point[1:33],
    ],
)
def test_a_point_off_the_curve_is_no_key(point):
    with pytest.raises(Malformed, match=r"key\.point_off_curve"):
        sm2.PublicKey(point)


def test_two_generated_keys_differ():
    assert sm2.PrivateKey.generate().scalar != sm2.PrivateKey.generate().scalar


def test_many_threads_may_share_a_key():
    def sign_and_verify(number: int) -> bool:
        message = number.to_bytes(4, "big")
        return KEY.public.verify(message, KEY.sign(message))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(sign_and_verify, range(400)))


@pytest.mark.parametrize(
    "answer", ["SM3_OF_ABC", "_SM4_BLOCK", "_POINT", "_E", "_SIGNATURE", "_CIPHERTEXT"]
)
def test_a_process_whose_known_answer_is_wrong_does_not_start(monkeypatch, answer):
    wrong = bytearray(getattr(selftest, answer))
    wrong[-1] ^= 1
    monkeypatch.setattr(selftest, answer, bytes(wrong))

    with pytest.raises(SelfTestFailed):
        selftest.self_test()
