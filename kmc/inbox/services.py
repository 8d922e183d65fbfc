"""What the public site hands inside and cannot read again: HPKE (RFC 9180), base mode.

DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; the context is HPKE's `info`.
"""

from contextlib import suppress
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.secret_files import secret
from audit.log import record
from kmc.envelopes.rules import seal_broken
from kmc.inbox.models import InboxKey

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@transaction.atomic
def publish_inbox_key(*, actor: Actor, at: datetime) -> bool:
    """Put the public half of the newest `inbox-key`, its first line, where the public site looks.

    Whether that was new. Only the tables' owner may: whoever changes it would read what comes in.
    """
    public = _private()[0].public_key().public_bytes_raw()
    row, made = InboxKey.objects.get_or_create(public=public, defaults={"published_at": at})
    if made:
        record("kmc.publish_inbox_key", f"kmc.inboxkey:{row.pk}", actor=actor, at=at)
    return made


def seal_inwards(context: str, plaintext: bytes) -> bytes:
    """Sealed to the newest inbox key. Refuses `kmc.inbox_closed` before there is one."""
    row = InboxKey.objects.order_by("-pk").first()
    if row is None:
        raise Refusal(Kind.NOT_READY, "kmc.inbox_closed", "no inbox key is published")
    public = X25519PublicKey.from_public_bytes(bytes(row.public))
    return _SUITE.encrypt(plaintext, public, info=context.encode())


def open_inwards(context: str, sealed: bytes) -> bytes:
    """Refuses `kmc.seal_broken`: altered, or sealed for another context or key."""
    for key in _private():
        with suppress(InvalidTag, ValueError):
            return _SUITE.decrypt(sealed, key, info=context.encode())
    raise seal_broken(context)


def _private() -> list[X25519PrivateKey]:
    """The newest key, and the older ones for what still waits under them."""
    lines = secret("inbox-key").decode().split()
    return [X25519PrivateKey.from_private_bytes(bytes.fromhex(line)) for line in lines]
