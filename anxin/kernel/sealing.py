"""Sealing for houses below the KMC: the sealer's name is in settings, the import goes down."""

from functools import cache
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class Sealer(Protocol):
    """Authenticated encryption bound to a context such as `people.one_time_device:7:key`."""

    def seal(self, context: str, plaintext: bytes) -> bytes: ...
    def unseal(self, context: str, sealed: bytes) -> bytes: ...
    def is_current(self, sealed: bytes) -> bool: ...


@cache
def sealer() -> Sealer:
    """The KMC's sealer for small secrets that belong to no data subject."""
    return cast("Sealer", import_string(settings.SEALER)())
