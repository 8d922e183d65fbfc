"""Finance's pages (CPS 9.1); the second person decides on the page of approvals."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.refusals import refusals_on
from ca.api import PROFILES
from people.api import Role
from people.gates import actor_of, only
from ra.applications.rules import TERMS
from ra.fees import agreed, prices, queries, services, waivers
from ra.fees.forms import AgreementForm, PaymentForm, ScheduleForm, WaiverForm

VIEWS = ("unpaid", "refunds", "all")


@only(Role.FINANCE, Role.CA_ADMIN)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("view", "")
    which = which if which in VIEWS else VIEWS[0]
    context = {
        "rows": queries.orders(which, actor_of(request)),
        "which": which,
        "proposed": queries.proposed(),
    }
    return render(request, "ra/fees/list.html", context)


@only(Role.FINANCE, Role.CA_ADMIN)
@never_cache
@require_GET
def order(request: HttpRequest, number: str) -> HttpResponse:
    return _order(request, number, PaymentForm())


@only(Role.FINANCE)
@never_cache
@require_POST
def pay(request: HttpRequest, number: str) -> HttpResponse:
    form = PaymentForm(request.POST)
    if form.is_valid():
        with refusals_on(form, fen="amount"):
            services.take_payment(
                queries.order(number, actor_of(request)).id,
                form.fen(),
                method=form.cleaned_data["method"],
                receipt=form.cleaned_data["receipt"],
                actor=actor_of(request),
                at=timezone.now(),
            )
            return redirect("fee-order", number)
    return _order(request, number, form, status=422)


@only(Role.FINANCE)
@require_POST
def ask_refund(request: HttpRequest, number: str) -> HttpResponse:
    order_id = queries.order(number, actor_of(request)).id
    services.ask_refund(order_id, actor=actor_of(request), at=timezone.now())
    return redirect("fee-order", number)


@only(Role.FINANCE)
@require_POST
def ask_waiver(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    cause = request.POST.get("cause", "")
    waivers.ask_waiver(queries.order(number, actor).id, cause, actor=actor, at=timezone.now())
    return redirect("fee-order", number)


@only(Role.FINANCE, Role.CA_ADMIN)
@never_cache
@require_http_methods(["GET", "POST"])
def agreements(request: HttpRequest) -> HttpResponse:
    """What was agreed with whom; posting asks for another price (CPS 9.1.1)."""
    actor, at = actor_of(request), timezone.now()
    form = AgreementForm(_names(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, above=True, fen="amount"):
            prices.propose_agreement(
                agreed.subscriber_of(form.cleaned_data["number"], actor),
                form.price(),
                valid_from=form.cleaned_data["valid_from"],
                valid_until=form.cleaned_data["valid_until"],
                actor=actor,
                at=at,
            )
            messages.success(request, _("已提请，等另一人审批。"))
            return redirect("fee-agreements")
    context = {
        "lines": agreed.lines(actor, at=at),
        "form": form if Role.FINANCE in actor.roles else None,
    }
    status = 422 if form.errors else 200
    return render(request, "ra/fees/agreements.html", context, status=status)


@only(Role.FINANCE, Role.CA_ADMIN)
@never_cache
@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest) -> HttpResponse:
    """The list in force, the one that waits, and a form for the next."""
    actor, at = actor_of(request), timezone.now()
    current, known = queries.schedule(at), queries.known_prices(at)
    form = ScheduleForm(_names(), known, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, fen="amount"):
            prices.propose_schedule(
                form.prices(), valid_from=form.cleaned_data["valid_from"], actor=actor, at=at
            )
            messages.success(request, _("已提请，等另一人审批。"))
            return redirect("fee-schedule")
    context = {
        "schedule": current,
        "proposed": queries.proposed(),
        "years": TERMS,
        "form": form if queries.makes_price_lists(actor) else None,
        "may_decide": Role.CA_ADMIN in actor.roles,
    }
    return render(request, "ra/fees/schedule.html", context, status=422 if form.errors else 200)


def _names() -> dict[str, str]:
    """What is offered, by code."""
    return {code: str(PROFILES.get(code, code)) for code in queries.profiles()}


def _order(
    request: HttpRequest, number: str, form: PaymentForm, *, status: int = 200
) -> HttpResponse:
    roles = actor_of(request).roles
    context = {
        "order": queries.order(number, actor_of(request)),
        "form": form,
        "waiver_form": WaiverForm(),
        "is_finance": Role.FINANCE in roles,
        "may_decide": Role.CA_ADMIN in roles,
    }
    return render(request, "ra/fees/order.html", context, status=status)
