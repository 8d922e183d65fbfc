"""The key-encryption key of a backup, and what is written of one. No device is asked.

`pki.hsm.backup` loads the binding for PKCS#11, which the process of the tests never does.
"""

import json

import pytest

from pki.errors import Malformed, PkiError, Refused
from tests.support.signer import forked


def in_child(act) -> None:
    def child() -> str:
        from pki.hsm import backup

        act(backup)
        return "fine"

    said = forked(child)()
    assert said == "fine", said


def refused(act, kind: type[PkiError]) -> str:
    with pytest.raises(kind) as refused:
        act()
    return refused.value.rule


def test_every_component_is_needed():
    def act(backup):
        first, second, third = backup.new_components()
        whole = backup.combined([first, second, third])

        assert len({first, second, third, whole}) == 4
        assert whole == backup.combined([third, first, second])
        assert bytes(a ^ b for a, b in zip(first, second, strict=True)) != whole
        for wrong in (
            [first, second],
            [first, second, second],
            [first, second, bytes(32)],
            [first, second, third[:16]],
        ):
            rule = refused(lambda wrong=wrong: backup.combined(wrong), Refused)
            assert rule == "backup.components"

    in_child(act)


def test_a_check_value_is_an_aes_cmac_of_zeros():
    """AES-256 under the key of NIST SP 800-38B, D.3; computed by OpenSSL."""

    def act(backup):
        key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
        assert backup.check_value(key) == "1a0b2df267"

    in_child(act)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"what": "anxin key backup 1"}', b"1"]
)
def test_what_is_no_backup_is_told(content):
    def act(backup):
        made = backup.Backup("issuing", b"spki", b"wrapped", "00112233")
        assert backup.Backup.from_json(made.as_json()) == made
        other = json.dumps(json.loads(made.as_json()) | {"what": "another thing"}).encode()
        for bad in (content, other):
            rule = refused(lambda bad=bad: backup.Backup.from_json(bad), Malformed)
            assert rule == "backup.form"

    in_child(act)
