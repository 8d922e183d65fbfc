"""The people of a demo: their passwords and keys in one file, for the sign-in page to fill in.

Everything here does nothing unless the installation is a demo (`settings.DEMO`), whatever files
lie about. The secrets are drawn anew for each installation and are never in the repository.
"""

import json
import secrets
import string
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from people.accounts import codes, queries
from pki import durable


@dataclass(frozen=True, slots=True)
class DemoAccount:
    login: str
    name: str
    roles: tuple[str, ...]
    password: str
    key: str  # of the one-time device, hexadecimal


def new_account(login: str, name: str, roles: Iterable[str]) -> DemoAccount:
    """An account with a password within the policy and a device key, both random."""
    letters = "".join(secrets.choice(string.ascii_letters) for _ in range(14))
    password = f"{letters}-{secrets.randbelow(900) + 100}"
    return DemoAccount(login, name, tuple(roles), password, secrets.token_hex(codes.KEY_SIZE))


def write_accounts(accounts: Iterable[DemoAccount]) -> None:
    """Keep the accounts for the sign-in page, readable by this user alone."""
    _require_demo()
    text = json.dumps([asdict(account) for account in accounts], ensure_ascii=False, indent=1)
    durable.replace(_path(), text.encode())


def accounts() -> tuple[DemoAccount, ...]:
    """The demo's people; none outside a demo."""
    if not settings.DEMO or not _path().exists():
        return ()
    rows = json.loads(_path().read_text(encoding="utf-8"))
    return tuple(DemoAccount(**{**row, "roles": tuple(row["roles"])}) for row in rows)


def account(login: str) -> DemoAccount | None:
    """The demo person with this login; nobody outside a demo."""
    return next((one for one in accounts() if one.login == login), None)


def current_code(one: DemoAccount, *, after: int, at: datetime) -> str:
    """What the person's device shows; the next code when the current one was used."""
    _require_demo()
    return codes.code(bytes.fromhex(one.key), after=after, at=at)


def shown(person_id: int, *, at: datetime) -> dict[str, str]:
    """What the device of a demo person shows, for a form to be filled in; nothing elsewhere."""
    one = account(queries.login_of(person_id)) if settings.DEMO else None
    if one is None:
        return {}
    return {"code": current_code(one, after=queries.last_step(person_id), at=at)}


def password(person_id: int) -> str:
    """Of a person of the demo, for a form to be filled in; empty elsewhere."""
    one = account(queries.login_of(person_id)) if settings.DEMO else None
    return one.password if one else ""


def _require_demo() -> None:
    if not settings.DEMO:
        raise ImproperlyConfigured("demo accounts exist in demo mode only")


def _path() -> Path:
    return Path(settings.HOME) / "demo-accounts.json"
