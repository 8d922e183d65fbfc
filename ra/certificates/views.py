"""Handing certificates over, looking them up, finding anything by what is on a piece of paper."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from people.api import Role
from people.gates import actor_of, only
from ra.applications.queries import id_of
from ra.certificates import queries
from ra.handover import replacement, services
from ra.handover.forms import ReplaceForm
from ra.review.queries import Filters, View, queue, search


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def handover(request: HttpRequest) -> HttpResponse:
    """What is being made, and what waits to be fetched."""
    actor, at = actor_of(request), timezone.now()
    after = request.GET.get("after", "")
    context = {
        "issued": queue(actor, View.ISSUED, Filters(), after=after, at=at),
        "issuing": queue(actor, View.ISSUING, Filters(), at=at),
        "now": at,
    }
    part = "handover_lists" if web.wants_part(request) else "handover"
    return render(request, f"ra/certificates/{part}.html", context)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def handover_page(request: HttpRequest, number: str) -> HttpResponse:
    return _handover_page(request, number, ReplaceForm())


def _handover_page(
    request: HttpRequest, number: str, form: ReplaceForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "held": queries.holding(number, actor),
        "form": form,
        "may_hand_over": Role.OPERATOR in actor.roles,
        "public_url": settings.PUBLIC_URL,
    }
    part = "handover_state" if web.wants_part(request) else "handover_page"
    return render(request, f"ra/certificates/{part}.html", context, status=status)


@only(Role.OPERATOR)
@never_cache
@require_POST
def codes(request: HttpRequest, number: str) -> HttpResponse:
    """Both codes for picking up, shown this once."""
    actor = actor_of(request)
    told = services.issue_download_codes(id_of(number, actor), actor=actor, at=timezone.now())
    context = {"number": number, "codes": told, "public_url": settings.PUBLIC_URL}
    return render(request, "ra/certificates/codes.html", context)


@only(Role.OPERATOR)
@never_cache
@require_POST
def replace_codes(request: HttpRequest, number: str) -> HttpResponse:
    """Codes were lost, seen or locked: they die now, and another person is asked for new ones."""
    actor, form = actor_of(request), ReplaceForm(request.POST)
    if not form.is_valid():
        return _handover_page(request, number, form, status=422)
    replacement.ask_replacement(
        id_of(number, actor), **form.cleaned_data, actor=actor, at=timezone.now()
    )
    messages.success(request, _("原凭证已作废，补发等另一人审批。"))
    return redirect("handover-page", number)


@only(Role.OPERATOR)
@never_cache
@require_POST
def access_code(request: HttpRequest, number: str) -> HttpResponse:
    """A new code for the status page, because the receipt was lost; shown this once."""
    actor = actor_of(request)
    code = services.renew_access_code(id_of(number, actor), actor=actor, at=timezone.now())
    context = {"number": number, "access_code": code, "public_url": settings.PUBLIC_URL}
    return render(request, "ra/certificates/access_code.html", context)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def certificate(request: HttpRequest, certificate_id: int) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "held": queries.holding_of(certificate_id, actor),
        "may_ask": Role.OPERATOR in actor.roles,
    }
    return render(request, "ra/certificates/certificate.html", context)


@only(Role.OPERATOR, Role.REVIEWER)
@require_GET
def download(request: HttpRequest, certificate_id: int, form: str) -> HttpResponse:
    """The certificate alone, DER or PEM; it holds nothing secret."""
    held = queries.holding_of(certificate_id, actor_of(request))
    der = held.certificate.der if held.certificate else b""
    name = held.certificate.serial if held.certificate else ""
    return web.certificate(der, name, form)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """By number, name, document, telephone or serial number; straight there when only one fits.

    Names and numbers of people are posted: addresses are kept by browsers and by proxies' logs.
    """
    given = request.POST if request.method == "POST" else request.GET
    actor, text = actor_of(request), given.get("q", "").strip()
    if certificate_id := queries.by_serial(text, actor):
        return redirect("certificate", certificate_id)
    rows = search(actor, text, at=timezone.now()) if text else []
    context = {"text": text, "rows": rows}
    return render(request, "ra/certificates/search.html", context)
