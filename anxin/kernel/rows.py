"""Base row for anything that has a state table."""

from typing import Any, ClassVar

from django.db import models

from anxin.kernel.states import Steps


class Stateful(models.Model):
    """`state` moves only through `audit.log.advance`, which writes the journal as well."""

    STEPS: ClassVar[Steps[Any]]

    state = models.CharField(max_length=20)

    class Meta:
        abstract = True
