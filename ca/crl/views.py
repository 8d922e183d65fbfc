from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from anxin.kernel import web
from ca.crl import queries, rules, services
from ca.keys import queries as keys
from people.api import Role
from people.gates import actor_of, only


@require_POST
@only(Role.CA_OPERATOR)
def demand(request: HttpRequest, ca_id: int) -> HttpResponse:
    """Staff: a list at once (CPS 4.9.7)."""
    services.request_crl(ca_id, actor=actor_of(request), at=timezone.now())
    if keys.is_sealed():
        messages.warning(request, _("已记下要求。签名服务是封存的：密钥启用后几秒内签发 CRL。"))
    else:
        messages.success(request, _("已要求立即签发 CRL，几秒后即可在本页看到新的编号。"))
    return redirect("ca-overview")


@require_safe
def fetch(request: HttpRequest, code: str) -> HttpResponse:
    """Public: the latest list, RFC 5280 4.2.1.13, RFC 2585 for its type."""
    found = queries.list_file(code)
    response = web.file(found.der, f"{code}.crl", "application/pkix-crl")
    etag, modified = f'"{found.sm3}"', int(found.this_update.timestamp())
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = f"max-age={rules.CACHE_SECONDS}, public, must-revalidate"
    return get_conditional_response(request, etag, modified, response) or response


@require_safe
def repository(request: HttpRequest) -> HttpResponse:
    """Public: CA certificates with fingerprints, and the lists (CPS 2.1, 6.1.4)."""
    context = {"page": queries.repository(timezone.now())}
    return render(request, "ca/public/repository.html", context)
