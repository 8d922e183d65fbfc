from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from anxin.kernel import web
from anxin.kernel.limits import check_rate
from ca.issuing import queries
from ca.issuing.rules import LOOK_UPS


@require_safe
def look_up(request: HttpRequest) -> HttpResponse:
    """Public: what is known of a serial number, with a verdict (CPS 2.3, 4.5.2)."""
    serial = request.GET.get("serial", "")
    if serial:
        check_rate("serial", web.address(request), LOOK_UPS)
    context = {"serial": serial, "found": queries.verdict(serial, at=timezone.now())}
    return render(request, "ca/public/look_up.html", context)


@require_safe
def download(request: HttpRequest, serial: str) -> HttpResponse:
    """Public: a certificate of a published profile (CPS 4.4.2)."""
    check_rate("serial", web.address(request), LOOK_UPS)
    found = queries.published(serial)
    return web.file(found.der, f"{found.serial}.cer", web.CERTIFICATE)
