"""Refusals as RFC 9457 problem details, in the language the request asks for."""

from typing import Any

from django.utils import timezone
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.response import Response

from anxin.kernel.errors import STATUS, Kind, Refusal, Refusals
from anxin.templatetags.ui import told
from audit.log import note_refusal
from ra.partners.rules import UNPROVEN

TYPE = "application/problem+json"


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """The framework's exception handler: None leaves an error to `anxin.middleware`."""
    refusal = _refusal(error)
    if refusal is None:
        return None
    request = context["request"]._request
    unproven = refusal.rule in UNPROVEN
    if refusal.kind is Kind.FORBIDDEN and not unproven:
        note_refusal(request, refusal, at=timezone.now())
    status = 401 if unproven else _status(error, refusal)
    answer = Response(_body(refusal, status), status=status, content_type=TYPE)
    if unproven:
        answer["WWW-Authenticate"] = 'Signature realm="anxin"'
    if isinstance(error, MethodNotAllowed):
        answer["Allow"] = ", ".join(context["view"].allowed_methods)
    return answer


def _status(error: Exception, refusal: Refusal) -> int:
    """What the framework has a number of its own for keeps it: 405, 415."""
    if isinstance(error, APIException) and not isinstance(error, ValidationError):
        return int(error.status_code)
    return STATUS[refusal.kind]


def _refusal(error: Exception) -> Refusal | None:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationError):
        return Refusals([_malformed(field, said) for field, said in _faults(error.detail)])
    if isinstance(error, APIException):
        said = str(error.detail)
        rule = _FRAMEWORK.get(type(error), "partners.malformed")
        return Refusal(Kind.INVALID, rule, said, said=said)
    return None


_FRAMEWORK = {
    MethodNotAllowed: "partners.method",
    NotAcceptable: "partners.media_type",
    UnsupportedMediaType: "partners.media_type",
}


def _malformed(field: str, said: str) -> Refusal:
    return Refusal(Kind.INVALID, "partners.malformed", said, field=field, said=said)


def _faults(detail: Any, field: str = "") -> list[tuple[str, str]]:
    """Every field at fault with what is wrong, out of the framework's nested lists."""
    if isinstance(detail, dict):
        parts = [(f"{field}.{name}".strip("."), one) for name, one in detail.items()]
    elif isinstance(detail, list):
        parts = [(field, one) for one in detail]
    else:
        return [(field, str(detail))]
    return [found for name, one in parts for found in _faults(one, name)]


def _body(refusal: Refusal, status: int) -> dict[str, Any]:
    wrong = refusal.items if isinstance(refusal, Refusals) else [refusal]
    return {
        "type": "about:blank",
        "title": refusal.kind,
        "status": status,
        "detail": told(refusal),
        "rule": refusal.rule,
        "errors": [entry(one) for one in wrong],
    }


def entry(refusal: Refusal) -> dict[str, str]:
    """One thing that is wrong."""
    return {
        "rule": refusal.rule,
        "field": refusal.field,
        "cps": refusal.cps,
        "detail": told(refusal),
    }
