"""Finance's pages (CPS 9.1); the second person decides on the page of approvals."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.refusals import refusals_on
from ca.api import PROFILES
from people.api import Role
from people.gates import actor_of, only
from ra.fees import prices, queries, rules, services
from ra.fees.forms import PaymentForm, ScheduleForm

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


@only(Role.FINANCE, Role.CA_ADMIN)
@never_cache
@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest) -> HttpResponse:
    """The list in force, the one that waits, and a form for the next."""
    actor, at = actor_of(request), timezone.now()
    current, known = queries.schedule(at), queries.known_prices(at)
    names = {code: str(PROFILES.get(code, code)) for code in queries.profiles()}
    form = ScheduleForm(names, known, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, fen="amount"):
            prices.propose_schedule(
                form.prices(), valid_from=form.cleaned_data["valid_from"], actor=actor, at=at
            )
            return redirect("fee-schedule")
    context = {
        "schedule": current,
        "proposed": queries.proposed(),
        "years": rules.YEARS,
        "form": form if Role.FINANCE in actor.roles else None,
        "may_decide": Role.CA_ADMIN in actor.roles,
    }
    return render(request, "ra/fees/schedule.html", context, status=422 if form.errors else 200)


def _order(
    request: HttpRequest, number: str, form: PaymentForm, *, status: int = 200
) -> HttpResponse:
    roles = actor_of(request).roles
    context = {
        "order": queries.order(number, actor_of(request)),
        "form": form,
        "is_finance": Role.FINANCE in roles,
        "may_decide": Role.CA_ADMIN in roles,
    }
    return render(request, "ra/fees/order.html", context, status=status)
