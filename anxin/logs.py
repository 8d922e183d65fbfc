"""What the logs say when the database refuses: which rule, never whose row.

The message of a violated constraint quotes the row in its DETAIL: names, numbers.
"""

import logging
from collections.abc import Iterator

import psycopg
from django.db import Error


def named(error: BaseException) -> str:
    """Class and SQLSTATE of an error of the database, such as `IntegrityError 23505`."""
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    return f"{type(error).__name__} {state or 'without SQLSTATE'}"


class WithoutRows(logging.Formatter):
    """Puts `named` in place of what the database said, wherever an error brings it in."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for error in _chain(record.exc_info[1] if record.exc_info else None):
            said = str(error)
            if said and isinstance(error, (Error, psycopg.Error)):
                for form in (said, repr(said)[1:-1]):
                    text = text.replace(form, named(error))
        return text


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
