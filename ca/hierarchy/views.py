from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from anxin.kernel import web
from ca.hierarchy import queries
from pki import pem


@require_safe
def certificate_der(request: HttpRequest, code: str) -> HttpResponse:
    """The address in every certificate's caIssuers (RFC 5280 4.2.2.1): a single DER certificate."""
    return web.file(queries.certificate_of(code), f"{code}.cer", web.CERTIFICATE)


@require_safe
def certificate_pem(request: HttpRequest, code: str) -> HttpResponse:
    text = pem.write("CERTIFICATE", queries.certificate_of(code))
    return web.file(text, f"{code}.pem", web.PEM)
