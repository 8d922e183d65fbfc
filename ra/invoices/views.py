"""Invoices: asked for at the counter, noted by finance (CPS 9.1)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.fees import queries as fees
from ra.invoices import queries, services
from ra.invoices.forms import DeclineForm, InvoiceForm, IssuedForm, ReversedForm
from ra.invoices.rules import LIVE, State


@only(Role.FINANCE)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("view", "")
    which = which if which in set(State) else State.ASKED.value
    rows = queries.invoices(which, actor_of(request))
    context = {"rows": rows, "which": which, "states": [state.value for state in State]}
    return render(request, "ra/invoices/list.html", context)


@only(Role.OPERATOR, Role.FINANCE)
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """`number` of the fee order."""
    actor = actor_of(request)
    form = InvoiceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, above=True):
            made = services.ask(
                number,
                form.cleaned_data["kind"],
                form.cleaned_data["buyer"],
                form.details(),
                actor=actor,
                at=timezone.now(),
            )
            messages.success(request, _("%(number)s 已提交，等财务开具。") % {"number": made})
            return redirect("invoice-ask", number)
    rows = queries.of_order(number, actor)
    context = {
        "form": form,
        "order": fees.order(number, actor),
        "rows": rows,
        "live": any(row.state in LIVE for row in rows),
        "may_open": Role.FINANCE in actor.roles,
    }
    status = 422 if form.errors else 200
    return render(request, "ra/invoices/ask.html", context, status=status)


@only(Role.FINANCE)
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


@only(Role.FINANCE)
@require_POST
def issued(request: HttpRequest, number: str) -> HttpResponse:
    return _note(request, number, IssuedForm(request.POST), "issued_form", services.note_issued)


@only(Role.FINANCE)
@require_POST
def reverse(request: HttpRequest, number: str) -> HttpResponse:
    form = ReversedForm(request.POST)
    return _note(request, number, form, "reversed_form", services.note_reversed)


@only(Role.FINANCE)
@require_POST
def decline(request: HttpRequest, number: str) -> HttpResponse:
    return _note(request, number, DeclineForm(request.POST), "decline_form", services.decline)


def _note(
    request: HttpRequest, number: str, form: Form, name: str, act: Callable[..., None]
) -> HttpResponse:
    """The form's fields are what the act takes."""
    if form.is_valid():
        with refusals_on(form):
            act(number, **form.cleaned_data, actor=actor_of(request), at=timezone.now())
            messages.success(request, _("已记录。"))
            return redirect("invoice", number)
    return _page(request, number, **{name: form})


def _page(request: HttpRequest, number: str, **given: Form) -> HttpResponse:
    actor = actor_of(request)
    context: dict[str, Any] = {
        "invoice": queries.invoice(number, actor),
        "details": services.open_details(number, actor=actor, at=timezone.now()),
        "issued_form": IssuedForm(),
        "reversed_form": ReversedForm(),
        "decline_form": DeclineForm(),
        **given,
    }
    return render(request, "ra/invoices/page.html", context, status=422 if given else 200)
