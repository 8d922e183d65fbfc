"""A copy of a CA key in a second PKCS#11 token, by way of a key-encryption key (CPS 6.2.4, 6.2.6).

Each key has a KEK of its own, the sum of three components, placed in both tokens by the security
officer, who alone can mark it as trusted. A key made for backup can leave its token only under a
trusted KEK. NEVER_EXTRACTABLE stays false for good, and the minutes of the backup say so.

One token is open at a time: whoever recovers a lost token closes the others of the process.

Vendors' SM2 keys know no trusted KEK: those are backed up with the vendor's cards.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
from pkcs11 import exceptions as trouble
from pkcs11.constants import DEFAULT
from pkcs11.mechanisms import Mechanism
from pkcs11.util.ec import decode_ec_public_key
from pkcs11.util.rsa import decode_rsa_public_key

from pki import der, publickeys
from pki.errors import Malformed, PkiError, Refused, TokenError
from pki.hsm import interface
from pki.hsm.interface import Token

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pkcs11

    from pki.hsm.cryptoki import Cryptoki
    from pki.publickeys import PublicKey

PEOPLE = 3  # CPS 6.2.4: at least so many
_KEK, _KEK_OCTETS, _CHECK_OCTETS = "anxin-backup", 32, 5
_WHAT, _TRIAL = "anxin key backup 1", "anxin-trial"
_KEY_TYPES = {"rsa": KeyType.RSA, "ec-p256": KeyType.EC}
_MESSAGE = b"AnXin restore of a key: these words are no certificate."
# The binding names every capability; tokens refuse those that a private key cannot have.
_NOT_FOR_PRIVATE_KEYS = dict.fromkeys(
    (Attribute.ENCRYPT, Attribute.WRAP, Attribute.VERIFY), DEFAULT
)


class Opened(Token, Protocol):
    """A PKCS#11 token, open."""

    device: Cryptoki


@dataclass(frozen=True, slots=True)
class Backup:
    """A wrapped key. It is worth nothing without the KEK whose check value is `kek`."""

    label: str
    public_key: bytes
    wrapped: bytes
    kek: str

    def as_json(self) -> bytes:
        texts = {"what": _WHAT, "label": self.label, "kek": self.kek}
        octets = {"public_key": self.public_key, "wrapped": self.wrapped}
        encoded = {name: base64.b64encode(value).decode() for name, value in octets.items()}
        return json.dumps(texts | encoded, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Backup:
        """Raises Malformed `backup.form`."""
        try:
            found = json.loads(content)
            public_key, wrapped = (
                base64.b64decode(found[name], validate=True) for name in ("public_key", "wrapped")
            )
            if found["what"] == _WHAT:
                return cls(str(found["label"]), public_key, wrapped, str(found["kek"]))
        except (ValueError, KeyError, TypeError):
            pass
        raise Malformed("backup.form", "This is no backup of a key.")


# -- the key-encryption key --------------------------------------------------------------------


def new_components() -> tuple[bytes, ...]:
    """One for each custodian; together they are the KEK, and two of them are nothing."""
    return tuple(secrets.token_bytes(_KEK_OCTETS) for _ in range(PEOPLE))


def check_value(key: bytes) -> str:
    """Of a component or of the KEK, to be read aloud: AES-CMAC over a block of zeros, cut short.

    ANSI X9.24-1-2017, Annex A.
    """
    mac = CMAC(AES(key))
    mac.update(bytes(AES.block_size // 8))
    return mac.finalize()[:_CHECK_OCTETS].hex()


def combined(components: Sequence[bytes]) -> bytes:
    """Raises Refused `backup.components`."""
    if len(components) < PEOPLE or len(set(components)) != len(components):
        raise Refused("backup.components", f"A KEK is made of {PEOPLE} different components.")
    if any(len(one) != _KEK_OCTETS or not any(one) for one in components):
        raise Refused("backup.components", f"A component has {_KEK_OCTETS} random octets.")
    total = 0
    for one in components:
        total ^= int.from_bytes(one, "big")
    return total.to_bytes(_KEK_OCTETS, "big")


def kek_of(label: str) -> str:
    """What the KEK of a key is called in a token."""
    return f"{_KEK}-{label}"


def place_kek(officer: Cryptoki, components: Sequence[bytes], label: str) -> str:
    """Put a key's KEK into the token of the security officer's session; its check value.

    Beside that of an older copy, which is good until `remove_keks`. Raises Refused
    `backup.components`, `backup.kek_there`.
    """
    value = combined(components)
    check = check_value(value)
    with officer.writable() as session:
        same = {Attribute.LABEL: kek_of(label), Attribute.ID: bytes.fromhex(check)}
        if any(True for _ in session.get_objects(same)):
            raise Refused("backup.kek_there", f"The token has this KEK for {label} already.")
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.SECRET_KEY,
                Attribute.KEY_TYPE: KeyType.AES,
                Attribute.LABEL: kek_of(label),
                Attribute.ID: bytes.fromhex(check),  # tells KEKs apart, and nothing about them
                Attribute.VALUE: value,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,  # the officer sees no private objects
                Attribute.TRUSTED: True,
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.WRAP: True,
                Attribute.UNWRAP: True,
            }
        )
    return check


def remove_keks(device: Cryptoki, label: str, *, but: str = "") -> None:
    """From a token that keeps the key itself, no part of it any more, or an older copy's KEK.

    `but`: the check value of the one that stays.
    """
    with device.writable() as session:
        for found in list(session.get_objects({Attribute.LABEL: kek_of(label)})):
            if not but or found[Attribute.ID].hex() != but:
                found.destroy()


# -- out, and in again --------------------------------------------------------------------------


def wrap(token: Opened, label: str) -> Backup:
    """Raises TokenError `backup.locked_in` for a key that was not made for it."""
    spki = token.public_key(label)
    with token.device.writable() as session:
        kek, private = _kek(session, label), _private(session, label)
        try:
            wrapped = kek.wrap_key(private, mechanism=Mechanism.AES_KEY_WRAP_PAD)
        except (trouble.KeyUnextractable, trouble.KeyNotWrappable) as error:
            raise TokenError(
                "backup.locked_in", f"{label} does not leave its token.", permanent=True
            ) from error
        return Backup(label, spki, bytes(wrapped), kek[Attribute.ID].hex())


def restore(token: Opened, backup: Backup, *, named: str = "") -> None:
    """Into a token with the same KEK, locked in at once; the key has signed when this returns.

    `named`: another label than the key's own. Raises Refused `token.label_taken`,
    `backup.other_kek`, `backup.algorithm`, TokenError `backup.not_the_key`.
    """
    public, label = publickeys.parse(backup.public_key), named or backup.label
    if public.algorithm not in _KEY_TYPES:
        raise Refused("backup.algorithm", f"{public.algorithm} keys are not restored this way.")
    if label in token.labels():
        raise interface.label_taken(label)
    try:
        with token.device.writable() as session:
            kek = _kek(session, backup.label, backup.kek)
            _unwrap(session, kek, backup, public, label)
        _check_restored(token, label, public)
    except PkiError:
        token.destroy(label)  # no half of a key stays
        raise


def try_out(token: Opened, backup: Backup) -> None:
    """That it opens here and is the key; nothing of it stays. Raises as `restore` does."""
    forget_trial(token, backup.label)
    restore(token, backup, named=_trial_of(backup.label))
    forget_trial(token, backup.label)


def forget_trial(token: Opened, label: str) -> None:
    """Also of a trial that was broken off."""
    token.destroy(_trial_of(label))


def _trial_of(label: str) -> str:
    return f"{_TRIAL}-{label}"


def keys_in(device: Cryptoki) -> tuple[str, ...]:
    """Labels of all private and secret keys that the login sees."""

    def work(seat: Any) -> tuple[str, ...]:
        kinds = (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY)
        found = [one for kind in kinds for one in seat.session.get_objects({Attribute.CLASS: kind})]
        return tuple(str(one[Attribute.LABEL]) for one in found)

    return device.run(work)


def remains(token: Opened, label: str, public_key: bytes | None) -> tuple[str, ...]:
    """What the token still has of a key, by its label, its public key or its KEK's label.

    () when all is gone.
    """

    def work(seat: Any) -> tuple[str, ...]:
        _check_login(seat.session)  # without, an empty answer proves nothing
        found = {
            f"{one.object_class.name} {one[Attribute.LABEL]}"
            for template in (
                {Attribute.LABEL: label},
                {Attribute.LABEL: kek_of(label)},
                *(_traces(public_key) if public_key is not None else ()),
            )
            for one in seat.session.get_objects(template)
        }
        return tuple(sorted(found))

    return token.device.run(work)


# -- inside -------------------------------------------------------------------------------------


def _kek(session: pkcs11.Session, label: str, check: str = "") -> Any:
    """That with the check value; without one, the only one."""
    template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: kek_of(label)}
    found = list(session.get_objects(template))
    if not found:
        raise TokenError("backup.no_kek", "The token has no KEK.", permanent=True)
    fitting = [one for one in found if not check or one[Attribute.ID].hex() == check]
    if len(fitting) != 1:
        raise Refused("backup.other_kek", "The token has another KEK than the backup's.")
    (kek,) = fitting
    if not kek[Attribute.TRUSTED]:
        raise TokenError(
            "backup.untrusted_kek", "The KEK is not the security officer's.", permanent=True
        )
    return kek


def _private(session: pkcs11.Session, label: str) -> Any:
    try:
        return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
    except trouble.NoSuchKey:
        raise interface.no_such_key(label) from None


def _unwrap(
    session: pkcs11.Session, kek: Any, backup: Backup, public: PublicKey, label: str
) -> None:
    common = {Attribute.ID: secrets.token_bytes(16), Attribute.LABEL: label}
    kek.unwrap_key(
        ObjectClass.PRIVATE_KEY,
        _KEY_TYPES[public.algorithm],
        backup.wrapped,
        mechanism=Mechanism.AES_KEY_WRAP_PAD,
        store=True,
        capabilities=MechanismFlag.SIGN,
        template={
            **common,
            **_NOT_FOR_PRIVATE_KEYS,
            Attribute.PRIVATE: True,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
        },
    )
    written = {Attribute.TOKEN: True, Attribute.PRIVATE: False, Attribute.VERIFY: True}
    session.create_object(_public_attributes(public) | common | written)


def _public_attributes(public: PublicKey) -> dict[Any, Any]:
    if public.algorithm == "rsa":
        return decode_rsa_public_key(public.key, MechanismFlag.VERIFY)
    return decode_ec_public_key(public.spki)


def _traces(public_key: bytes) -> list[dict[Any, Any]]:
    """By what a key is found under another label. A private EC key tells nothing of itself."""
    public = publickeys.parse(public_key)
    if public.algorithm == "sm2":
        return [{Attribute.EC_POINT: der.octet_string(public.key)}]
    by = (Attribute.CLASS, Attribute.MODULUS, Attribute.EC_POINT)
    known = {name: value for name, value in _public_attributes(public).items() if name in by}
    private = {**known, Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    return [known, private] if public.algorithm == "rsa" else [known]


def _check_login(session: pkcs11.Session) -> None:
    """Only who is logged in may make a private object, and sees the others."""
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.DATA,
            Attribute.PRIVATE: True,
            Attribute.TOKEN: False,
            Attribute.LABEL: "anxin-login-check",
        }
    ).destroy()


def _check_restored(token: Opened, label: str, public: PublicKey) -> None:
    signature = token.sign(label, _MESSAGE)
    if not interface.signs(public, _MESSAGE, signature):
        raise TokenError(
            "backup.not_the_key", "What came out of the backup is another key.", permanent=True
        )
