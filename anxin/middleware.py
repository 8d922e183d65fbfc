"""Language, and the one place where a refusal becomes an HTTP answer."""

import logging
import secrets
from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone, translation

from anxin.kernel import web
from anxin.kernel.errors import STATUS, Kind, Refusal
from anxin.logs import named
from anxin.wording import sentence
from audit.log import note_refusal

log = logging.getLogger(__name__)

NEXT = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Chinese unless the person chose otherwise; the browser's wish is not asked."""

    def __init__(self, get_response: NEXT) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


class RefusalMiddleware:
    """Shows refusals, and unexpected errors with a number the operations people can search."""

    def __init__(self, get_response: NEXT) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._senseless(request) or self.get_response(request)
        if settings.SITE != "public":  # what staff see is on nobody's disk
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Refusal):
            return self._refused(request, error)
        if isinstance(error, OperationalError):
            log.error("database unavailable: %s", named(error))
            return self._page(request, "database.unavailable", 503)
        number = f"E-{secrets.token_hex(4).upper()}"
        log.error("unexpected error %s at %s", number, request.path, exc_info=error)
        return self._page(request, "server.error", 500, number=number)

    def _senseless(self, request: HttpRequest) -> HttpResponse | None:
        """A NUL is in nothing that people type, and no database looks for it."""
        if "\0" in request.path_info:
            return render(request, "404.html", status=404)
        form = request.content_type == "application/x-www-form-urlencoded"
        sent = request.META.get("QUERY_STRING", "").encode() + (request.body if form else b"")
        return render(request, "400.html", status=400) if b"%00" in sent or b"\0" in sent else None

    def _refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        if refusal.kind is Kind.FORBIDDEN and settings.SITE != "public":
            note_refusal(request, refusal, at=timezone.now())
        if web.wants_json(request):
            body = {
                "error": refusal.kind,
                "rule": refusal.rule,
                "field": refusal.field,
                "cps": refusal.cps,
                "reason": sentence(refusal),
            }
            return JsonResponse(body, status=STATUS[refusal.kind])
        return render(
            request,
            "errors/refusal.html",
            {"refusal": refusal, "sentence": sentence(refusal)},
            status=STATUS[refusal.kind],
        )

    def _page(
        self, request: HttpRequest, rule: str, status: int, *, number: str = ""
    ) -> HttpResponse:
        refusal = Refusal(Kind.NOT_READY, rule, rule, number=number)
        if web.wants_json(request):
            return JsonResponse({"error": rule, "reason": sentence(refusal)}, status=status)
        context = {"refusal": refusal, "sentence": sentence(refusal)}
        return render(request, "errors/refusal.html", context, status=status)
