"""Secrets come from files that only this process's user can read, never from the environment."""

import os
import stat
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@cache
def secret(name: str) -> bytes:
    """The content of the secret file `name`, stripped.

    Raises ImproperlyConfigured when this process was not given it: the public site, for one,
    never gets the key-encryption key.
    """
    if name not in settings.SECRETS_FOR_SITE:
        raise ImproperlyConfigured(f"the {settings.SITE} site has no business with {name}")
    return read_private(settings.SECRETS_DIR / name)


def read_private(path: Path) -> bytes:
    """What is in a file that is ours (or root's) and that nobody else can read, stripped.

    Raises ImproperlyConfigured for any other.
    """
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            content = file.read().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"secret {path}: {error.strerror}") from error
    if found.st_uid not in {os.geteuid(), 0}:
        raise ImproperlyConfigured(f"secret {path} belongs to user {found.st_uid}, not to us")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ImproperlyConfigured(f"secret {path} can be read by others: chmod 600")
    return content
