"""One-time devices: bound to a person, asked for codes. Every try is journalled (CPS 5.2.3)."""

import secrets
from datetime import datetime
from functools import partial

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.sealing import sealer
from audit.log import record
from people.accounts import codes, services
from people.accounts.models import OneTimeDevice
from people.accounts.rules import Purpose


@transaction.atomic
def enrol_device(person_id: int, key: bytes, *, name: str = "", actor: Actor, at: datetime) -> int:
    """Bind an authenticator with this key (20 random bytes) to a person, in place of the last.

    Returns the device's id. The key is stored sealed only.
    """
    if len(key) < codes.KEY_SIZE:
        raise ValueError(f"a key has at least {codes.KEY_SIZE} bytes")
    device = _sealed(person_id, key, name=name)
    confirm_device(device, actor=actor, at=at)
    return int(device.pk)


def begin_device(person_id: int) -> tuple[OneTimeDevice, bytes]:
    """A device with a new key, which counts for nothing before its first code; and the key."""
    key = secrets.token_bytes(codes.KEY_SIZE)
    return _sealed(person_id, key), key


def _sealed(person_id: int, key: bytes, *, name: str = "") -> OneTimeDevice:
    device: OneTimeDevice
    device = OneTimeDevice.objects.create(
        user_id=person_id, name=name, sealed_key=b"", confirmed=False
    )
    device.sealed_key = sealer().seal(device.key_context(), key)
    device.save(update_fields=["sealed_key"])
    return device


def confirm_device(device: OneTimeDevice, *, actor: Actor, at: datetime) -> None:
    """From here on the person's device, and no other."""
    person_id = device.user_id
    OneTimeDevice.objects.filter(user=person_id, confirmed=True).update(confirmed=False)
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    record(
        "people.device_enrolled",
        f"people.staffmember:{person_id}",
        actor=actor,
        at=at,
        device=device.pk,
    )


@transaction.atomic
def reseal_devices(*, actor: Actor, at: datetime) -> int:
    """Seal the keys of all devices in use anew, where an older key sealed them; how many."""
    rows = OneTimeDevice.objects.select_for_update().filter(confirmed=True)
    stale = [row for row in rows if not sealer().is_current(bytes(row.sealed_key))]
    for row in stale:
        key = sealer().unseal(row.key_context(), bytes(row.sealed_key))
        row.sealed_key = sealer().seal(row.key_context(), key)
    OneTimeDevice.objects.bulk_update(stale, ["sealed_key"], batch_size=500)
    if stale:
        subject = "people.onetimedevice"
        record("people.devices_resealed", subject, actor=actor, at=at, devices=len(stale))
    return len(stale)


def check_code(
    person_id: int, code: str, *, purpose: Purpose = Purpose.SIGN_IN, address: str, at: datetime
) -> OneTimeDevice:
    """Second factor, after the first; returns the device that made the code.

    Refuses like `check_password`. A code counts once; wrong ones count like wrong passwords.
    """
    spend = partial(_spend_code, person_id, code, at=at)
    return services.check_factor(person_id, "code", spend, purpose=purpose, address=address, at=at)


def _spend_code(person_id: int, code: str, *, at: datetime) -> OneTimeDevice | None:
    found: OneTimeDevice | None
    found = OneTimeDevice.objects.filter(user=person_id, confirmed=True).first()
    if found is None:
        return None
    return found if spend(found, code, at=at) else None


def spend(device: OneTimeDevice, code: str, *, at: datetime) -> bool:
    """Whether this device shows this code now; then it counts no more."""
    key = sealer().unseal(device.key_context(), bytes(device.sealed_key))
    step = codes.matching_step(key, code, after=device.last_step, at=at)
    if step is None:
        return False
    device.last_step = step
    device.save(update_fields=["last_step"])
    return True
