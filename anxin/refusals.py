"""Refusals of what was typed: beside the field they are about, or above the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.forms import Form
from django.utils.module_loading import import_string

from anxin.kernel.errors import Refusal, Refusals


@contextmanager
def refusals_on(form: Form, *, above: bool = False, **renamed: str) -> Iterator[None]:
    """A refusal that names a field of the form ends the block and is said there; several, each.

    Any other stands `above` the form, or goes on to the page of refusals. `renamed`: what a rule
    calls a field -> what the form calls it.
    """
    try:
        yield
    except Refusal as refusal:
        several = refusal.items if isinstance(refusal, Refusals) else [refusal]
        said = [(renamed.get(one.field, one.field), one) for one in several]
        if not above and any(field not in form.fields for field, _ in said):
            raise
        for field, one in said:
            form.add_error(field if field in form.fields else None, _told(one))


@contextmanager
def refusals_in(context: dict[str, Any]) -> Iterator[None]:
    """A refusal ends the block and is `refused` in what the page is drawn from."""
    try:
        yield
    except Refusal as refusal:
        context["refused"] = _told(refusal)


def _told(refusal: Refusal) -> str:
    """By name: the sentences of all houses are above whoever asks for one."""
    return str(import_string(settings.TOLD)(refusal))
