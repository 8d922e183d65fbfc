"""What the public site remembers of a visitor for a while, in the signed session."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

SHOWN_FOR = timedelta(minutes=30)  # the status page and the files, after the codes were right
STATUS, PICKED, SENDING = "status", "picked", "sending"

View = Callable[..., HttpResponse]


def remember(request: HttpRequest, what: str, value: object) -> None:
    request.session[what] = value
    request.session.set_expiry(SHOWN_FOR)


def knowing(what: str, otherwise: str = "portal-status") -> Callable[[View], View]:
    """The view gets what is remembered; who has nothing of the kind is led to `otherwise`."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            known = request.session.get(what)
            if known is None:
                return redirect(otherwise)
            return view(request, known, *args, **kwargs)

        return guarded

    return guard
