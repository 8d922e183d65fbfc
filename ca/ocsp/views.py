"""The responder's door: RFC 6960 Appendix A over HTTP, cached as RFC 5019 6 asks."""

import base64
import hashlib
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from ca.ocsp import queries, rules
from ca.ocsp.queries import Answer


@csrf_exempt
@require_POST
def post(request: HttpRequest) -> HttpResponse:
    answer = queries.answer(request.body, at=timezone.now())
    return HttpResponse(answer.der, content_type="application/ocsp-response")


@require_GET
def get(request: HttpRequest, question: str) -> HttpResponse:
    """`question` is the base64 of a request, percent-encoded or not."""
    try:
        asked = base64.b64decode(unquote(question), validate=True)
    except ValueError:  # binascii.Error among them
        asked = b""
    return _cacheable(request, queries.answer(asked, at=timezone.now()))


def _cacheable(request: HttpRequest, answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.der, content_type="application/ocsp-response")
    if answer.produced_at is None or answer.next_update is None:
        response["Cache-Control"] = "no-store"
        return response
    response["Cache-Control"] = (
        f"max-age={rules.CACHE_SECONDS}, public, no-transform, must-revalidate"
    )
    etag = f'"{hashlib.sha256(answer.der).hexdigest()}"'
    modified = int(answer.produced_at.timestamp())
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["Expires"] = http_date(answer.next_update.timestamp())
    return get_conditional_response(request, etag, modified, response) or response
