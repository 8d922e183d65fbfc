"""Keys in a PKCS#11 device. Messages are hashed here; the device signs the digest.

RSA and P-256 keys are made in the device and cannot leave it. So are SM2 keys where the vendor's
profile has SM2 mechanisms. Elsewhere (PKCS#11 itself has none) an SM2 key is a software key that
an AES key of the device seals at rest, and is called so: `interface.WRAPPED`.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
from pkcs11 import exceptions as trouble
from pkcs11.mechanisms import GCMParams, Mechanism
from pkcs11.util.ec import encode_named_curve_parameters

from pki import der, oids, publickeys
from pki.errors import Refused, TokenError
from pki.hsm import backup, forms, interface
from pki.hsm.software import SoftwareToken
from pki.sm import selftest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pkcs11

    from pki.hsm.cryptoki import Cryptoki, Seat
    from pki.hsm.interface import About, Answer, Custody
    from pki.hsm.vendors import Profile, Sm2Numbers

_SIGNING = MechanismFlag.SIGN | MechanismFlag.VERIFY
_NEVER_OUT = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
_TO_WRAP = {**_NEVER_OUT, Attribute.EXTRACTABLE: True, Attribute.WRAP_WITH_TRUSTED: True}
_GUARDS = (
    *(Attribute.LOCAL, Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE, Attribute.EXTRACTABLE),
    *(Attribute.NEVER_EXTRACTABLE, Attribute.WRAP_WITH_TRUSTED),
)
_UNTOLD = (  # not every device knows them all, and some say so in their own way
    trouble.AttributeTypeInvalid,
    trouble.AttributeSensitive,
    trouble.FunctionFailed,
)
_WRAPPING_KEY = "anxin-wrapping"
_NONCE, _POINT, _RANDOM_BITS = 12, 65, 256
_SHA256_OF_ABC = bytes.fromhex(  # FIPS 180-4, example
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
)
_EMULATORS = ("softhsm", "xihsm", "xipki")
_SM2_CURVE = der.oid(oids.CURVE_SM2)


class Pkcs11Token:
    """One logged-in token; `directory` holds the SM2 keys it wraps, if it must."""

    def __init__(
        self, device: Cryptoki, directory: Path, vendor: Profile, *, for_backup: bool = False
    ) -> None:
        """`for_backup`: its keys are made so that a second token can have them."""
        self.device, self._directory, self._for_backup = device, directory, for_backup
        self._sm2 = _Sm2Mechanisms(vendor.sm2) if vendor.sm2 else None
        emulated = any(name in device.maker.lower() for name in _EMULATORS)
        self._custody = interface.EMULATED if emulated else interface.DEVICE
        self._wrapped = self._open_store() if directory.exists() else None

    @property
    def description(self) -> Custody:
        return self._custody

    def custody(self, label: str) -> Custody:
        return interface.WRAPPED if self.keeper(label) else self._custody

    def generate(self, label: str, algorithm: str, *, for_backup: bool | None = None) -> bytes:
        """`for_backup`: it may leave the device under a trusted KEK, see `pki.hsm.backup`.

        Raises Refused `backup.algorithm` for SM2.
        """
        interface.check_request(label, algorithm)
        if for_backup and algorithm == "sm2":
            raise Refused("backup.algorithm", "SM2 keys are backed up with the vendor's means.")
        leaves = self._for_backup if for_backup is None else for_backup
        if self.keeper(label) or self.device.run(lambda seat: _exists(seat.session, label)):
            raise interface.label_taken(label)
        if algorithm == "sm2" and self._sm2 is None:
            return self.store().generate(label, algorithm)
        with self.device.writable() as session:
            public = self._make(session, label, algorithm, _TO_WRAP if leaves else _NEVER_OUT)
            return _spki(public, is_sm2=algorithm == "sm2")

    def guard(self, label: str) -> Mapping[str, bool]:
        """PKCS#11 v2.40 4.8, 4.9: `CKA_NEVER_EXTRACTABLE` is false of a key made for backup."""
        if self.keeper(label):
            return {}

        def read_back(seat: Seat) -> dict[str, bool]:
            said, (_public, private) = {}, self._find(seat, label)
            for one in _GUARDS:
                with suppress(*_UNTOLD):
                    said[one.name] = bool(private[one])
            return said

        return self.device.run(read_back)

    def public_key(self, label: str) -> bytes:
        if keeper := self.keeper(label):
            return keeper.public_key(label)
        return self.device.run(lambda seat: self._find(seat, label)[0].spki)

    def sign(self, label: str, message: bytes) -> bytes:
        if keeper := self.keeper(label):
            return keeper.sign(label, message)

        def work(seat: Seat) -> bytes:
            public, private = self._find(seat, label)
            if public.algorithm == "rsa":
                info = forms.digest_info(message)
                return bytes(private.sign(info, mechanism=Mechanism.RSA_PKCS))
            if public.algorithm == "sm2":
                assert self._sm2 is not None
                digest = public.sm2.digest(message)
                return forms.signature_der(private.sign(digest, mechanism=self._sm2.sign_digest))
            digest = hashlib.sha256(message).digest()
            return forms.signature_der(private.sign(digest, mechanism=Mechanism.ECDSA))

        return self.device.run(work)

    def destroy(self, label: str) -> None:
        if keeper := self.keeper(label):
            return keeper.destroy(label)
        with self.device.writable() as session:
            for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
                for found in session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: label}):
                    found.destroy()
        return None

    def remains(self, label: str, public_key: bytes | None) -> tuple[str, ...]:
        beside = self._wrapped.remains(label, public_key) if self._wrapped is not None else ()
        return (*backup.remains(self, label, public_key), *beside)

    def lock(self) -> None:
        if self._wrapped is not None:
            self._wrapped.lock()
        self.device.lock()

    def labels(self) -> tuple[str, ...]:
        def work(seat: Seat) -> list[str]:
            found = seat.session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            return [str(key[Attribute.LABEL]) for key in found]

        wrapped = self._wrapped.labels() if self._wrapped is not None else ()
        return (*wrapped, *sorted(self.device.run(work)))

    def about(self) -> About:
        return self.device.about()

    def answers(self) -> Iterator[Answer]:
        def digest(mechanism: Any) -> bytes:
            try:
                found = self.device.run(lambda to: to.session.digest(b"abc", mechanism=mechanism))
            except TokenError as error:
                if isinstance(error.__cause__, trouble.MechanismInvalid):
                    raise interface.unsupported("such digest") from None
                raise
            return bytes(found)

        def number() -> bytes:
            return self.device.run(lambda to: bytes(to.session.generate_random(_RANDOM_BITS)))

        yield "SHA-256", lambda: digest(Mechanism.SHA256) == _SHA256_OF_ABC
        if self._sm2 is not None and (sm3 := self._sm2.sm3) is not None:
            yield "SM3", lambda: digest(sm3) == selftest.SM3_OF_ABC
        yield "random numbers", lambda: number() != number()

    # -- inside -------------------------------------------------------------------------------

    def keeper(self, label: str) -> SoftwareToken | None:
        """The store of wrapped keys, if this key is there."""
        return self._wrapped if self._wrapped is not None and label in self._wrapped else None

    def store(self) -> SoftwareToken:
        """Keys that an AES key of the device seals at rest; made on first use."""
        self._wrapped = self._wrapped or self._open_store()
        return self._wrapped

    def _open_store(self) -> SoftwareToken:
        return SoftwareToken(self._directory, _DeviceSealer(self.device), interface.WRAPPED)

    def _find(self, seat: Seat, label: str) -> tuple[publickeys.PublicKey, Any]:
        """Public key and private handle, looked up once for each session."""
        pair = seat.found.get(label)
        if pair is None:
            try:
                public = seat.session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
                private = seat.session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
            except trouble.NoSuchKey:
                raise interface.no_such_key(label) from None
            is_sm2 = self._sm2 is not None and public.key_type == self._sm2.key_type
            pair = seat.found[label] = (publickeys.parse(_spki(public, is_sm2=is_sm2)), private)
        return pair

    def _make(
        self, session: pkcs11.Session, label: str, algorithm: str, guard: dict[Attribute, bool]
    ) -> Any:
        common: dict[str, Any] = {
            "id": secrets.token_bytes(16),
            "label": label,
            "store": True,
            "capabilities": _SIGNING,
        }
        if algorithm.startswith("rsa"):
            size = int(algorithm.partition("-")[2])
            pair = session.generate_keypair(KeyType.RSA, size, private_template=guard, **common)
        elif algorithm == "sm2":
            assert self._sm2 is not None
            pair = self._sm2.generate(session, common)
        else:
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
            domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
            pair = domain.generate_keypair(private_template=guard, **common)
        return pair[0]


class _Sm2Mechanisms:
    """A vendor's numbers, made known to python-pkcs11, whose enumerations are closed."""

    def __init__(self, numbers: Sm2Numbers) -> None:
        self.key_type = _member(KeyType, numbers.key_type)
        self._generate = _member(Mechanism, numbers.generate)
        self.sign_digest = _member(Mechanism, numbers.sign_digest)
        self.sm3 = _member(Mechanism, numbers.sm3) if numbers.sm3 is not None else None

    def generate(self, session: pkcs11.Session, common: dict[str, Any]) -> Any:
        kind = {Attribute.KEY_TYPE: self.key_type}
        return session.generate_keypair(
            self.key_type,
            mechanism=self._generate,
            public_template={**kind, Attribute.EC_PARAMS: _SM2_CURVE},
            private_template={**kind, **_NEVER_OUT},
            **common,
        )


def _member(enumeration: Any, number: int) -> Any:
    known = enumeration._value2member_map_.get(number)
    if known is not None:
        return known
    member = int.__new__(enumeration, number)
    member._name_, member._value_ = f"VENDOR_{number:08X}", number
    enumeration._member_map_[member._name_] = member
    enumeration._value2member_map_[number] = member
    return member


class _DeviceSealer:
    """AES-256-GCM by a key that cannot leave the device; made on first use."""

    def __init__(self, device: Cryptoki) -> None:
        self._device = device
        if not device.run(lambda seat: _exists(seat.session, _WRAPPING_KEY)):
            with device.writable() as session:
                session.generate_key(
                    KeyType.AES,
                    256,
                    label=_WRAPPING_KEY,
                    store=True,
                    capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                    template=_NEVER_OUT,
                )

    def seal(self, plaintext: bytes, bound_to: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._use(nonce, bound_to, lambda key, how: key.encrypt(plaintext, **how))

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
        return self._use(nonce, bound_to, lambda key, how: key.decrypt(rest, **how))

    def _use(
        self, nonce: bytes, bound_to: bytes, act: Callable[[Any, dict[str, Any]], bytes]
    ) -> bytes:
        how = {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, bound_to)}

        def work(seat: Seat) -> bytes:
            key = seat.session.get_key(object_class=ObjectClass.SECRET_KEY, label=_WRAPPING_KEY)
            return bytes(act(key, how))

        return self._device.run(work)


def _exists(session: pkcs11.Session, label: str) -> bool:
    return any(True for _ in session.get_objects({Attribute.LABEL: label}))


def _spki(public: Any, *, is_sm2: bool) -> bytes:
    """The SubjectPublicKeyInfo of a public key object."""
    if not is_sm2 and public.key_type == KeyType.RSA:
        exponent, modulus = (
            int.from_bytes(public[name], "big")
            for name in (Attribute.PUBLIC_EXPONENT, Attribute.MODULUS)
        )
        return forms.rsa_spki(modulus, exponent)
    point = bytes(public[Attribute.EC_POINT])
    if len(point) != _POINT:  # some give the bare point, most the OCTET STRING
        point = der.Reader(point).octet_string()
    return forms.sm2_spki(point) if is_sm2 else forms.p256_spki(point)
