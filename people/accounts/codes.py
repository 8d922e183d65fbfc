"""One-time codes (RFC 6238: SHA-1, 30 seconds, 6 digits), as authenticator apps make them."""

from base64 import b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

from django_otp.oath import TOTP

KEY_SIZE = 20  # bytes, RFC 4226 section 4
DIGITS = 6
DRIFT = 1  # steps a person's clock may be off, RFC 6238 section 5.2


def uri(key: bytes, login: str) -> str:
    """What authenticator apps read from a picture."""
    said = {"secret": b32encode(key).decode(), "issuer": "AnXin", "digits": DIGITS, "period": 30}
    return f"otpauth://totp/AnXin:{quote(login)}?{urlencode(said)}"


def matching_step(key: bytes, code: str, *, after: int, at: datetime) -> int | None:
    """The time step whose code this is; only steps later than `after`, so none counts twice."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    clock = _clock(key, at)
    if not clock.verify(int(code), tolerance=DRIFT, min_t=after + 1):
        return None
    return int(clock.t())


def code(key: bytes, *, after: int, at: datetime) -> str:
    """The code a device shows now, or the next one when that was used already."""
    clock = _clock(key, at)
    clock.drift = max(0, min(after + 1 - clock.t(), DRIFT))
    return f"{clock.token():0{DIGITS}}"


def _clock(key: bytes, at: datetime) -> TOTP:
    clock = TOTP(key, digits=DIGITS)
    clock.time = at.timestamp()
    return clock
