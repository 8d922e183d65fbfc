"""What views of every house do with a request and an answer."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect

from anxin.kernel.proxies import client_of
from pki import pem

YEAR = timedelta(days=365)
View = Callable[..., HttpResponse]
CERTIFICATE, PEM, PDF = "application/pkix-cert", "application/x-pem-file", "application/pdf"


def address(request: HttpRequest) -> str:
    """Where the request comes from, for journal, sessions and limits (settings.TRUSTED_PROXIES)."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    return client_of(peer, request.headers.get("X-Forwarded-For", ""), settings.TRUSTED_PROXIES)


def taking_files(check_body: Callable[[int], None]) -> Callable[[View], View]:
    """For a view that takes files: reads the body only now, if `check_body` lets so many bytes in.

    Outside stand `csrf_exempt`, because to check that is to read the body, and a gate if any.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def taking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            length = request.META.get("CONTENT_LENGTH") or "0"
            check_body(int(length) if length.isdecimal() else 0)
            request.takes_files = True  # type: ignore[attr-defined]  # read by `anxin.uploads`
            return csrf_protect(view)(request, *args, **kwargs)

        return taking

    return decorated


def wants_json(request: HttpRequest) -> bool:
    """A script asked, not a browser that shows pages."""
    return "application/json" in request.headers.get("Accept", "")


def wants_part(request: HttpRequest) -> bool:
    """The script htmx asked: a part of the page is enough."""
    return bool(request.headers.get("HX-Request"))


def is_unattended(request: HttpRequest) -> bool:
    """A page refreshed itself; nobody need be in front of it."""
    return bool(request.headers.get("X-Unattended"))


def certificate(der: bytes, serial: str, form: str) -> HttpResponse:
    """A certificate to be saved; `form` is the ending, `pem` or one that means DER."""
    if form == "pem":
        return file(pem.write("CERTIFICATE", der), f"{serial}.pem", PEM)
    return file(der, f"{serial}.{form}", CERTIFICATE)


def file(body: bytes, name: str, kind: str, *, inline: bool = False) -> HttpResponse:
    """A file to be saved under this name (ASCII), or to be looked at in the browser."""
    how = "inline" if inline else "attachment"
    disposition = {"Content-Disposition": f'{how}; filename="{name}"'}
    return HttpResponse(body, content_type=kind, headers=disposition)


def next_page(request: HttpRequest) -> str:
    """Where the person was going, if that is on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else "/"


def back_to(page: str, key: object, part: str) -> HttpResponse:
    """To the page of this name, where the person was on it."""
    return redirect(f"{reverse(page, args=[key])}#{part}")


def speaking(response: HttpResponse, language: str) -> HttpResponse:
    """The answer, and every page after it in this browser, in this language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
