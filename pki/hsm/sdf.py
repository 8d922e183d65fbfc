"""Keys in a cryptographic machine with an SDF library (GM/T 0018).

The interface has no function that makes, destroys or backs up a key of the device; people do that
with the vendor's tool. So a key is *registered* here: its index is looked up in the device's file,
the public key is exported, and a signature proves that the device has the private one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pki import publickeys
from pki.errors import Malformed, Refused, TokenError
from pki.hsm import forms, interface
from pki.hsm.interface import About, Answer
from pki.hsm.registrations import Registration, Registrations
from pki.hsm.sdf_calls import SdfError
from pki.hsm.sdf_profiles import NO_KEY
from pki.sm import selftest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pki.hsm.interface import Custody
    from pki.hsm.sdf_calls import Info
    from pki.hsm.sdf_device import SdfDevice
    from pki.publickeys import PublicKey

_DEVICES_OWN = 0  # the index of the device's own key
_EMULATORS = ("soft", "simulat", "emulat", "test")
_STANDARDS = {1: "GM/T 0018-2012", 2: "GM/T 0018-2023"}
_ASYMMETRIC = {0x00010000: "RSA", 0x00020000: "SM2"}  # GM/T 0006
_SYMMETRIC = {0x0100: "SM1", 0x0200: "SSF33", 0x0400: "SM4", 0x0800: "ZUC", 0x2000: "SM4"}
_HASHES = {1: "SM3", 2: "SHA-1", 4: "SHA-256"}


class SdfToken:
    """`indexes` says at which index of the device the key of a label is or will be."""

    def __init__(self, device: SdfDevice, directory: Path, indexes: Mapping[str, int]) -> None:
        """`directory` keeps what was registered. Raises TokenError, so for a wrong password."""
        self._device, self._indexes = device, indexes
        self._registrations = Registrations(directory)
        self._checked: dict[str, PublicKey] = {}
        self._info: Info = device.run(device.calls.info)
        self._name = f"{self._info.issuer} {self._info.name} {self._info.serial}"
        emulated = any(name in self._name.lower() for name in _EMULATORS)
        self._custody = interface.EMULATED if emulated else interface.DEVICE
        self._hold_all()

    @property
    def description(self) -> Custody:
        return self._custody

    def custody(self, label: str) -> Custody:
        self._registrations.of(label)
        return self._custody

    def guard(self, label: str) -> Mapping[str, bool]:  # noqa: ARG002 -- GM/T 0018 does not tell
        return {}

    def generate(self, label: str, algorithm: str) -> bytes:
        """Register the key that people made at the index meant for `label`.

        Raises Refused `token.no_index`, `token.index_taken`, `token.key_taken`, `token.algorithm`,
        TokenError `token.possession`.
        """
        index = self._index_for(label, algorithm)
        public = publickeys.parse(self._exported(index, algorithm))
        if public.kind != algorithm:
            raise Refused("token.algorithm", f"The key at index {index} has {public.bits} bits.")
        self._registrations.check_key(public.spki)
        statement = (
            f"Possession of the key at index {index} of {self._name}, registered as {label}, "
            f"SM3 of its public key {public.fingerprint}"
        )
        signature = self._signed(index, public, statement.encode())
        if not interface.signs(public, statement.encode(), signature):
            reason = f"The device does not sign with the key at index {index}."
            raise TokenError("token.possession", reason, permanent=True)
        self._registrations.add(
            Registration(label, self._name, index, algorithm, public.spki, statement, signature)
        )
        return public.spki

    def public_key(self, label: str) -> bytes:
        """As the device has it now."""
        known = self._registrations.of(label)
        return self._exported(known.index, known.algorithm)

    def sign(self, label: str, message: bytes) -> bytes:
        return self._signed(self._registrations.of(label).index, self._public(label), message)

    def remains(self, label: str, public_key: bytes | None) -> tuple[str, ...]:
        """What is registered: a key is struck off once the device says that it is gone."""
        same = (one for one in self.labels() if self.public_key(one) == public_key)
        return tuple(sorted({*same, *({label} & set(self.labels()))}))

    def destroy(self, label: str) -> None:
        """Strike the key off, once the device says that it is gone; only people can destroy it.

        Raises TokenError `token.other_device`, `token.destroy_by_hand`.
        """
        known = self._registrations.of(label)
        if known.device != self._name:  # that one has no such key, but proves nothing
            raise TokenError(
                "token.other_device",
                f"{label} was registered in {known.device}; this is {self._name}.",
                permanent=True,
            )
        try:
            self._exported(known.index, known.algorithm)
        except _NoKey:
            self._registrations.remove(label)
            self._checked.pop(label, None)
            return
        raise TokenError(
            "token.destroy_by_hand",
            f"SDF has no function that destroys a key. Two persons destroy the key at index "
            f"{known.index} of {self._name} and its backups with the device's own tool, and write "
            f"the minutes. Then ask once more: {label} is struck off when the device says that "
            f"there is no such key.",
            permanent=True,
        )

    def lock(self) -> None:
        self._device.lock()

    # -- what the self-test asks --------------------------------------------------------------

    def labels(self) -> tuple[str, ...]:
        return tuple(self._registrations)

    def about(self) -> About:
        info = self._device.run(self._device.calls.info)
        facts = {
            "issuer": info.issuer,
            "model": info.name,
            "serial": info.serial,
            "version": f"{info.version:#010x}",
            "standard": _STANDARDS.get(info.standard, f"GM/T 0018, {info.standard}"),
            "sizes": f"{info.asymmetric_sizes:#x}",
            "storage": str(info.storage),
        }
        abilities = (
            *_named(info.asymmetric, _ASYMMETRIC),
            *_named(info.symmetric, _SYMMETRIC),
            *_named(info.hashes, _HASHES),
        )
        return About(facts, abilities)

    def answers(self) -> Iterator[Answer]:
        calls, run = self._device.calls, self._device.run
        known = selftest.SM2_ANSWER
        yield "SM3", lambda: run(lambda to: calls.sm3(to, b"abc")) == selftest.SM3_OF_ABC

        def verifies(digest: bytes) -> bool:
            try:
                run(lambda to: calls.verify(to, known.point, digest, known.pair))
            except SdfError as error:
                if error.kind:
                    raise
                return False
            return True

        yield "SM2 verification", lambda: verifies(known.digest) and not verifies(bytes(32))
        yield (
            "random numbers",
            lambda: len({run(lambda to: calls.random(to, 32)) for _ in "ab"}) > 1,
        )

    # -- inside -------------------------------------------------------------------------------

    def _hold_all(self) -> None:
        """A wrong password is told at the start; a key that is gone is the register's business."""
        for label in self._registrations:
            index = self._registrations.of(label).index
            with suppress(_NoKey):
                self._hold(index)

    def _hold(self, index: int) -> None:
        try:
            self._device.run(lambda to: self._device.hold(to, index))
        except SdfError as error:
            raise _NoKey(index) if error.kind == NO_KEY else error from error

    def _index_for(self, label: str, algorithm: str) -> int:
        interface.check_request(label, algorithm)
        if algorithm not in ("sm2", "rsa-2048", "rsa-3072"):
            raise Refused("token.algorithm", "SDF devices have SM2 and RSA keys.")
        if label in self._registrations:
            raise interface.label_taken(label)
        index = self._indexes.get(label, _DEVICES_OWN)
        if index == _DEVICES_OWN:
            raise Refused(
                "token.no_index",
                f"`indexes` of the device's file has no index for {label}; they begin with 1.",
            )
        self._registrations.check_index(index)
        return index

    def _exported(self, index: int, algorithm: str) -> bytes:
        """The SubjectPublicKeyInfo at `index`, checked. Raises _NoKey."""
        calls, run = self._device.calls, self._device.run
        try:
            if algorithm == "sm2":
                spki = forms.sm2_spki(run(lambda to: calls.ecc_key(to, index)))
            else:
                spki = forms.rsa_spki(*run(lambda to: calls.rsa_key(to, index)))
            return publickeys.parse(spki).spki
        except SdfError as error:
            raise _NoKey(index) if error.kind == NO_KEY else error from error
        except (Malformed, Refused, ValueError) as error:
            raise TokenError(
                "token.public_key",
                f"What the device has at index {index} is no key for {algorithm} ({error}); are "
                f"the sizes in the device's file right?",
                permanent=True,
            ) from error

    def _public(self, label: str) -> PublicKey:
        """The registered key, compared once with the one in the device: Z is made of it."""
        found = self._checked.get(label)
        if found is None:
            known = self._registrations.of(label)
            if self.public_key(label) != known.public_key:
                raise TokenError(
                    "token.key_changed",
                    f"Index {known.index} holds another key than the one registered as {label}.",
                    permanent=True,
                )
            found = self._checked[label] = publickeys.parse(known.public_key)
        return found

    def _signed(self, index: int, public: PublicKey, message: bytes) -> bytes:
        calls, hold = self._device.calls, self._device.hold

        def work(session: int) -> bytes:
            hold(session, index)
            if public.algorithm == "rsa":
                return calls.rsa_private(session, index, forms.padded(message, public.bits // 8))
            return calls.sign(session, index, public.sm2.digest(message))

        made = self._device.run(work)
        return made if public.algorithm == "rsa" else forms.signature_der(made)


def _named(bits: int, names: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for bit, name in names.items() if bits & bit))


class _NoKey(TokenError):
    def __init__(self, index: int) -> None:
        super().__init__(
            "token.no_such_key",
            f"The device has no such key at index {index}; people make it there with its own tool.",
            permanent=True,
        )
