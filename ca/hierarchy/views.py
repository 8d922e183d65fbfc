from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ca.hierarchy import queries
from pki import pem


@require_safe
def certificate_der(request: HttpRequest, code: str) -> HttpResponse:
    """The address in every certificate's caIssuers (RFC 5280 4.2.2.1): a single DER certificate."""
    response = HttpResponse(queries.certificate_of(code), content_type="application/pkix-cert")
    response["Content-Disposition"] = f'attachment; filename="{code}.cer"'
    return response


@require_safe
def certificate_pem(request: HttpRequest, code: str) -> HttpResponse:
    text = pem.write("CERTIFICATE", queries.certificate_of(code))
    response = HttpResponse(text, content_type="application/x-pem-file")
    response["Content-Disposition"] = f'attachment; filename="{code}.pem"'
    return response
