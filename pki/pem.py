"""PEM armour (RFC 7468): take it off, put it on."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from pki.errors import Malformed

_ARMOUR = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n([A-Za-z0-9+/=\s]*)-----END \1-----")


class Armoured(NamedTuple):
    """What stood between BEGIN and END, and under which label."""

    label: str
    content: bytes


def read(data: bytes) -> Armoured | None:
    """The one armoured object in `data`; None if there is no armour. Raises Malformed `pem.*`."""
    if (count := data.count(b"-----BEGIN ")) == 0:
        return None
    armour = _ARMOUR.search(data)  # text around it is allowed, RFC 7468 section 2
    if armour is None or count > 1:
        raise Malformed("pem.armour", "The PEM armour is damaged or holds more than one object.")
    try:
        content = base64.b64decode(b"".join(armour[2].split()), validate=True)
    except binascii.Error:
        raise Malformed("pem.base64", "The PEM armour holds no base64.") from None
    return Armoured(armour[1].decode(), content)


def write(label: str, content: bytes) -> bytes:
    text = base64.b64encode(content)
    lines = (text[at : at + 64] + b"\n" for at in range(0, len(text), 64))
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (
        label.encode(),
        b"".join(lines),
        label.encode(),
    )


def to_der(data: bytes, label: str, *, area: str) -> bytes:
    """`data` itself if it begins like DER, else what one armour of this label holds.

    Raises Malformed `<area>.not_pem_or_der`. "NEW CERTIFICATE REQUEST" is a label in use, too.
    """
    if data[:1] == b"\x30":
        return data
    try:
        armour = read(data)
    except Malformed as problem:
        raise Malformed(f"{area}.not_pem_or_der", problem.reason) from problem
    if armour is None or armour.label.removeprefix("NEW ") != label:
        raise Malformed(f"{area}.not_pem_or_der", f"This is neither DER nor a PEM {label}.")
    return armour.content
