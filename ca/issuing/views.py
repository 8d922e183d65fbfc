from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ca.issuing import queries


@require_safe
def look_up(request: HttpRequest) -> HttpResponse:
    """Public: what is known of a serial number, with a verdict (CPS 2.3, 4.5.2)."""
    serial = request.GET.get("serial", "")
    context = {"serial": serial, "found": queries.verdict(serial, at=timezone.now())}
    return render(request, "ca/public/look_up.html", context)


@require_safe
def download(request: HttpRequest, serial: str) -> HttpResponse:
    """Public: a certificate of a published profile (CPS 4.4.2)."""
    found = queries.published(serial)
    response = HttpResponse(found.der, content_type="application/pkix-cert")
    response["Content-Disposition"] = f'attachment; filename="{found.serial}.cer"'
    return response
