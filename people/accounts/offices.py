"""Offices belong to a house above; `settings.OFFICE_WORKS` names the query that knows them."""

from django.conf import settings
from django.utils.module_loading import import_string


def check_office(code: str) -> None:
    """Refuses, in the words of that house, an office that is not there or has stopped its work.

    It does not stop before this transaction ends. Headquarters, the empty code, are always there.
    """
    if code:
        import_string(settings.OFFICE_WORKS)(code)
