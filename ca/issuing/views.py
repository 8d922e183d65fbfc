from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from anxin.kernel import web
from anxin.kernel.errors import Refusal
from anxin.kernel.limits import check_rate
from ca.issuing import checking, queries, rules
from ca.issuing.forms import CheckForm


@csrf_exempt  # `taking_files` checks it: to check it is to read the body
@require_http_methods(["GET", "HEAD", "POST"])
@web.taking_files(rules.check_body)
def check(request: HttpRequest) -> HttpResponse:
    """Public: a verdict on a serial number, or on a certificate handed in (CPS 2.3, 4.5.2)."""
    serial, found, refused = request.GET.get("serial", ""), None, None
    posted = request.method == "POST"
    form = CheckForm(*((request.POST, request.FILES) if posted else ()))
    if serial or posted:
        check_rate("serial", web.address(request), rules.LOOK_UPS)
    if serial and not posted:
        found = checking.by_serial(serial, at=timezone.now())
    if posted and form.is_valid():
        try:
            found = checking.of_file(form.certificate(), at=timezone.now())
        except Refusal as refusal:
            refused = refusal
    context = {"serial": "" if posted else serial, "found": found, "form": form, "refused": refused}
    status = 422 if refused or form.errors else 200
    return render(request, "ca/public/check.html", context, status=status)


@require_safe
def download(request: HttpRequest, serial: str) -> HttpResponse:
    """Public: a certificate of a published profile (CPS 4.4.2)."""
    check_rate("serial", web.address(request), rules.LOOK_UPS)
    found = queries.published(serial)
    return web.file(found.der, f"{found.serial}.cer", web.CERTIFICATE)
