"""What vendors' PKCS#11 modules call SM2. PKCS#11 up to 3.2 has no SM2, so the numbers differ.

A device that is not in the table gets its numbers from the device's file: those of the vendor's
header, as `"sm2": {"key_type": "0x80000004", "generate": …, "sign_digest": …}`.

Only the raw-hash mechanism is used, over e = SM3(Z‖M) computed here: whether a vendor's
"SM2 with SM3" includes Z is anybody's guess, and theirs differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pki.errors import Refused

if TYPE_CHECKING:
    from pki.hsm.device_file import DeviceFile


@dataclass(frozen=True, slots=True)
class Sm2Numbers:
    """The vendor's CKK_… and CKM_… values for SM2, and that of SM3 if it has one."""

    key_type: int
    generate: int
    sign_digest: int
    sm3: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One family of devices. `sm2` is None where the device cannot sign with SM2."""

    name: str
    zh: str
    sm2: Sm2Numbers | None = None


# From the vendors' headers and the tables of the XiPKI project (Apache-2.0).
PROFILES = {
    profile.name: profile
    for profile in (
        Profile("standard", "标准 PKCS#11 设备（无国密签名）"),
        Profile("generic", "通用国密编号", Sm2Numbers(0xFFFFF001, 0xFFFFF001, 0xFFFFF002)),
        Profile("sansec", "三未信安", Sm2Numbers(0x80000004, 0x80008001, 0x80008104, 0x80009001)),
        Profile("tass", "江南天安", Sm2Numbers(0x80000004, 0x80008001, 0x80008000)),
        Profile("koal", "格尔软件", Sm2Numbers(0x80000004, 0x80008001, 0x80008104)),
        Profile("ibm-ep11", "IBM EP11", Sm2Numbers(0x80050002, 0x8005000A, 0x8005000B, 0x8005000E)),
        Profile(
            "xihsm", "XiHSM 模拟设备", Sm2Numbers(0xFFFF0001, 0xFFFF0001, 0xFFFF0002, 0xFFFF0005)
        ),
    )
}


def profile(name: str, changes: DeviceFile) -> Profile:
    """The profile by that name, with the numbers of the device's file if it has any.

    Raises Refused `token.vendor`, `token.device_file`.
    """
    try:
        found = PROFILES[name]
    except KeyError:
        raise Refused("token.vendor", f"{name} is none of {', '.join(PROFILES)}.") from None
    own = changes.numbers("sm2", among=("key_type", "generate", "sign_digest", "sm3"))
    if not own:
        return found
    if found.sm2 is None and not own.keys() >= {"key_type", "generate", "sign_digest"}:
        raise Refused("token.device_file", "`sm2` needs key_type, generate and sign_digest.")
    return replace(found, sm2=replace(found.sm2, **own) if found.sm2 else Sm2Numbers(**own))
