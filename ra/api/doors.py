"""What every address of the interface has in common: signature, scope, language, one answer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.encoding import escape_uri_path
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from anxin.kernel import web
from anxin.kernel.actors import Actor
from ra.api import problems
from ra.partners import callers, rules, signatures
from ra.partners.callers import Caller
from ra.partners.rules import Scope

WRITES = frozenset({"POST", "PUT"})
JSON_MOST = 100 * 1024  # bytes of a body of JSON


class SignedByKey(BaseAuthentication):  # type: ignore[misc]  # the framework has no types
    """Knows the caller before it reads the body, which the signature names by its digest."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        http: HttpRequest = request._request
        said = _components(http)
        signed = signatures.read(said, http.headers, writes=http.method in WRITES)
        caller = callers.recognise(signed, address=web.address(http), at=timezone.now())
        http.actor = caller.actor  # type: ignore[attr-defined]  # read by `audit.log.note_refusal`
        if http.method in WRITES:
            signatures.check_digest(said["content-digest"], _read(http, _most(request)))
        return caller, None


def _components(http: HttpRequest) -> dict[str, str]:
    named = {name: http.headers.get(name, "") for name in signatures.WRITING if name[0] != "@"}
    return named | {
        "@method": http.method or "",
        "@path": escape_uri_path(http.path),
        "@query": f"?{http.META.get('QUERY_STRING', '')}",
    }


def _most(request: Request) -> int:
    return int(request.parser_context["view"].most)


def _read(http: HttpRequest, most: int) -> bytes:
    """The body, which Django alone would not read when it is a document's."""
    if not hasattr(http, "_body"):
        http._body = http.read(most + 1)
    if len(http.body) > most:
        raise rules.too_large(most)
    return http.body


class WithinScope(BasePermission):  # type: ignore[misc]
    def has_permission(self, request: Request, view: Any) -> bool:
        scope = view.scopes.get(request.method)
        if scope:  # no such method otherwise, which is told next
            rules.check_scope(scope, request.user.scopes)
        return True


class Door(APIView):  # type: ignore[misc]
    """One address; `scopes` by method."""

    http_method_names = ("get", "post", "put")
    scopes: ClassVar[Mapping[str, Scope]]
    most: ClassVar[int] = JSON_MOST
    codes: ClassVar[bool] = False  # the answer to what it does has codes in it
    authentication_classes = (SignedByKey,)
    permission_classes = (WithinScope,)
    renderer_classes = (JSONRenderer,)
    parser_classes: tuple[type[BaseParser], ...] = (JSONParser,)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """In the language of Accept-Language: there is no browser, and no cookie."""
        with translation.override(translation.get_language_from_request(request)):
            request.LANGUAGE_CODE = translation.get_language()
            answer: HttpResponse = super().dispatch(request, *args, **kwargs)
            answer["Content-Language"] = translation.get_language()
            return answer.render()  # type: ignore[attr-defined, no-any-return]

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return problems.handle

    def once(
        self, request: Request, status: int, act: Callable[[Actor, datetime], object]
    ) -> Response:
        """Do it once for this Idempotency-Key; `act`, by whom and when, answers the body."""
        http: HttpRequest = request._request
        actor, at = request.user.actor, timezone.now()
        answer = callers.once(
            request.user,
            http.headers["Idempotency-Key"],
            b"\0".join([(http.method or "").encode(), http.path.encode(), http.body]),
            lambda: (status, act(actor, at)),
            codes=self.codes,
            at=at,
        )
        told = {"Idempotent-Replay": "true"} if answer.told_again else {}
        return Response(answer.body, status=answer.status, headers=told)
