"""In what vendors' SDF libraries (GM/T 0018) differ: sizes of fields, numbers of errors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pki.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pki.hsm.device_file import DeviceFile

ECC_BITS, RSA_BITS = (256, 512), (2048, 4096)  # sizes of fields, not of keys

# What an answer means for us; all others are worth one fresh session.
NO_KEY, NO_SUPPORT, NO_CONNECTION = "no key", "no support", "no connection"

_BASE = 0x01000000  # SDR_BASE
_STANDARD_ERRORS = {  # GM/T 0018 Annex A
    _BASE + number: words
    for number, words in {
        0x01: "an unknown error",
        0x02: "this function is not supported",
        0x03: "no communication with the device",
        0x04: "the device does not answer",
        0x05: "the device cannot be opened",
        0x06: "no session can be opened",
        0x07: "no right to use the private key",
        0x08: "there is no such key",
        0x09: "this algorithm is not supported",
        0x0A: "this mode is not supported",
        0x0B: "the operation with the public key failed",
        0x0C: "the operation with the private key failed",
        0x0D: "signing failed",
        0x0E: "the signature does not hold",
        0x0F: "the symmetric operation failed",
        0x10: "a step was left out",
        0x11: "the file is too long",
        0x12: "there is no such file",
        0x13: "the place in the file is wrong",
        0x14: "the key is of another type",
        0x15: "the key is wrong",
        0x16: "the encrypted data are wrong",
        0x17: "no random number could be made",
        0x18: "the right to the private key was not granted",
        0x19: "the MAC failed",
        0x1A: "the file exists already",
        0x1B: "the file cannot be written",
        0x1C: "there is no room",
        0x1D: "an argument is wrong",
        0x1E: "an output argument is wrong",
    }.items()
}
_STANDARD_KINDS = {
    _BASE + 0x02: NO_SUPPORT,
    _BASE + 0x03: NO_CONNECTION,
    _BASE + 0x04: NO_CONNECTION,
    _BASE + 0x05: NO_CONNECTION,
    _BASE + 0x06: NO_CONNECTION,
    _BASE + 0x08: NO_KEY,
    _BASE + 0x09: NO_SUPPORT,
    _BASE + 0x0A: NO_SUPPORT,
}

# swsds.h: the same again for the card below (…2…), and for the way to it (…1…)
_SANSEC_ERRORS = {
    0x01010100: "the machine did not answer in time",
    0x01010101: "no connection to the machine",
    0x01010104: "sending to the machine failed",
    0x01010105: "receiving from the machine failed",
    0x01010106: "the machine closed the connection",
    0x01010200: "the machine was busy for too long",
    0x01010201: "no machine can be reached",
    0x01010202: "the machine has no working module",
    0x01010301: "the library's configuration file is wrong",
    0x01020002: "the card does not support this function",
    0x01020003: "no communication with the card",
    0x01020004: "the card does not answer",
    0x01020005: "the card cannot be opened",
    0x01020006: "the card opens no session",
    0x01020007: "no right to use the private key",
    0x01020008: "there is no such key",
    0x01020009: "this algorithm is not supported",
    0x01020013: "signing failed",
    0x01020014: "the signature does not hold",
    0x01021002: "the card does not permit this operation",
    0x01021003: "the card is not in a state for this operation",
}
_SANSEC_KINDS = {
    **dict.fromkeys((0x01020002, 0x01020009), NO_SUPPORT),
    **dict.fromkeys(range(0x01020003, 0x01020007), NO_CONNECTION),
    **dict.fromkeys(range(0x01010100, 0x01010107), NO_CONNECTION),
    **dict.fromkeys((0x01010200, 0x01010201, 0x01010202), NO_CONNECTION),
    0x01020008: NO_KEY,
}


@dataclass(frozen=True, slots=True)
class SdfProfile:
    """One family of libraries. Sizes are of the fixed fields in the structures, in bits.

    `sm2_sign` is the number of the SM2 signature algorithm (SGD_SM2_1).
    """

    name: str
    zh: str
    ecc_bits: int = 512
    rsa_bits: int = 2048
    sm2_sign: int = 0x00020200
    errors: Mapping[int, str] = field(default_factory=dict)
    kinds: Mapping[int, str] = field(default_factory=dict)

    def words(self, answer: int) -> str:
        """What an answer means, in a few words."""
        known = self.errors.get(answer) or _STANDARD_ERRORS.get(answer)
        return known or "an answer that neither the standard nor this profile knows"

    def kind(self, answer: int) -> str:
        """One of the constants above, or an empty text."""
        return self.kinds.get(answer) or _STANDARD_KINDS.get(answer, "")


PROFILES = {
    profile.name: profile
    for profile in (
        SdfProfile("standard", "GM/T 0018 标准设备"),
        SdfProfile("narrow", "GM/T 0018，256 位字段", ecc_bits=256),
        SdfProfile(
            "sansec",
            "三未信安",
            ecc_bits=256,
            rsa_bits=4096,
            sm2_sign=0x00020100,
            errors=_SANSEC_ERRORS,
            kinds=_SANSEC_KINDS,
        ),
    )
}


def profile(name: str, changes: DeviceFile) -> SdfProfile:
    """The profile by that name with what the device's file changes of it.

    Raises Refused `token.vendor`, `token.device_file`.
    """
    try:
        found = PROFILES[name]
    except KeyError:
        raise Refused("token.vendor", f"{name} is none of {', '.join(PROFILES)}.") from None
    return replace(
        found,
        ecc_bits=changes.number("ecc_bits", found.ecc_bits, among=ECC_BITS),
        rsa_bits=changes.number("rsa_bits", found.rsa_bits, among=RSA_BITS),
        sm2_sign=changes.number("sm2_sign", found.sm2_sign),
        errors={**found.errors, **changes.named_numbers("errors")},
    )
