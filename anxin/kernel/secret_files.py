"""Secrets come from files that only this process's user can read, never from the environment."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@cache
def secret(name: str) -> bytes:
    """The content of `secrets/<name>` in the state directory, stripped.

    Raises ImproperlyConfigured when this process was not given it: the public site, for one,
    never gets the key-encryption key.
    """
    if name not in settings.SECRETS_FOR_SITE:
        raise ImproperlyConfigured(f"the {settings.SITE} site has no business with {name}")
    path = settings.SECRETS_DIR / name
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"secret {name}: {error.strerror} ({path})") from error
