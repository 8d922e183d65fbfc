"""What applicants see: how things stand, and their certificate. No staff page is linked."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.kernel.limits import check_rate
from anxin.kernel.web import address
from anxin.refusals import refusals_in
from ca import api as ca
from ra.applications.rules import TERMS, UNDECIDED
from ra.domains.queries import told_to_applicant
from ra.fees.queries import refund_of, schedule
from ra.fees.rules import FULL_REFUND
from ra.handover import queries, rules, services
from ra.handover.forms import PickUpForm, StatusForm
from ra.online.queries import asked_of
from ra.online.rules import ASKABLE
from ra.portal.progress import progress
from ra.portal.visits import PICKED, SENDING, SHOWN_FOR, STATUS, knowing, remember
from ra.revocations.rules import KEY_TERM, OTHER_TERM
from ra.revocations.wording import CAUSE_QUESTIONS

HOUR = timedelta(hours=1)


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "ra/portal/home.html")


@require_GET
def price_list(request: HttpRequest) -> HttpResponse:
    """The price list in force (CPS 2.1, 9.1)."""
    context = {"schedule": schedule(timezone.now()), "years": TERMS, "full_refund": FULL_REFUND}
    return render(request, "ra/fees/public.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Number and access code; the same answer to everything that does not fit."""
    form = StatusForm(request.POST or None, initial={"number": request.GET.get("number", "")})
    context: dict[str, Any] = {"form": form, "tries": rules.TRIES, "pause": rules.ACCESS_LOCKED_FOR}
    if request.method == "POST" and form.is_valid():
        check_rate(STATUS, address(request), rules.ASKED)
        with refusals_in(context):
            number = services.let_in(
                **form.cleaned_data, address=address(request), at=timezone.now()
            )
            remember(request, STATUS, number)
            return redirect("portal-progress")
    code = 200 if request.method == "GET" else 422
    return render(request, "ra/portal/status_form.html", context, status=code)


@never_cache
@require_GET
@knowing(STATUS)
def current(request: HttpRequest, number: str) -> HttpResponse:
    """The page somebody has opened with a code a moment ago."""
    if not queries.has_application(number):
        remember(request, SENDING, number)
        return redirect("portal-sent")
    view = queries.status(number)
    names = told_to_applicant(view.number) if view.state in UNDECIDED else []
    context = {
        "status": view,
        "progress": progress(view),
        "names": names,
        "asked": asked_of(view.number),
        "askable": ASKABLE.get(view.certificate_state, ()),
        "refund": refund_of(view.number),
    }
    return render(request, "ra/portal/status.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def pick_up(request: HttpRequest) -> HttpResponse:
    """Reference number and authorisation code; taking the certificate accepts it (CPS 4.4.1)."""
    form = PickUpForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "tries": rules.TRIES}
    if request.method == "POST" and form.is_valid():
        check_rate(PICKED, address(request), rules.ASKED)
        with refusals_in(context):
            picked = services.pick_up(
                **form.cleaned_data, address=address(request), at=timezone.now()
            )
            kept = {
                "certificate": picked.certificate.id,
                "number": picked.number,
                "at": picked.accepted_at.isoformat(),
            }
            remember(request, PICKED, kept)
            return redirect("portal-picked-up")
    code = 200 if request.method == "GET" else 422
    return render(request, "ra/portal/pick_up.html", context, status=code)


@never_cache
@require_GET
@knowing(PICKED, "portal-pick-up")
def picked_up(request: HttpRequest, picked: dict[str, Any]) -> HttpResponse:
    certificate = ca.certificate(picked["certificate"])
    context = {
        "number": picked["number"],
        "accepted_at": datetime.fromisoformat(picked["at"]),
        "certificate": certificate,
        "minutes": SHOWN_FOR // timedelta(minutes=1),
    }
    return render(request, "ra/portal/picked_up.html", context)


@never_cache
@require_GET
@knowing(PICKED, "portal-pick-up")
def file(_request: HttpRequest, picked: dict[str, Any], form: str) -> HttpResponse:
    """The certificate that was just picked up, DER or PEM."""
    certificate = ca.certificate(picked["certificate"])
    return web.certificate(certificate.der, certificate.serial, form)


@require_GET
def revocation(request: HttpRequest) -> HttpResponse:
    context = {
        "causes": CAUSE_QUESTIONS.values(),
        "key_hours": KEY_TERM // HOUR,
        "other_hours": OTHER_TERM // HOUR,
        "crl_hours": ca.LISTED_AT_LATEST // HOUR,
    }
    return render(request, "ra/portal/revocation.html", context)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    wanted, response = request.POST.get("language", ""), redirect(web.next_page(request))
    return web.speaking(response, wanted) if wanted in dict(settings.LANGUAGES) else response
