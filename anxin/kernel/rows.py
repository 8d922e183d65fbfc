"""Rows with a state table, and what the tables forbid."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db import IntegrityError, models, transaction

from anxin.kernel.errors import Refusal
from anxin.kernel.states import Steps


class Stateful(models.Model):
    """`state` moves only through `audit.log.advance`, which writes the journal as well."""

    STEPS: ClassVar[Steps[Any]]

    state = models.CharField(max_length=20)

    class Meta:
        abstract = True


@contextmanager
def guarded(refusal: Refusal, *, by: str = "") -> Iterator[None]:
    """What is written here and a constraint forbids (the one named `by`, or any) is refused."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if by not in str(error):
            raise
        raise refusal from error
